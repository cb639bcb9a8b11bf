"""What to say: talk, excuses, voicemail. Only scripts.render imports Jinja2."""
