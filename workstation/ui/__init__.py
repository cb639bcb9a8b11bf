"""The terminal screens. Nothing else imports Textual."""
