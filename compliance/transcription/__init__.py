"""Words from audio. Nothing else imports Vosk."""
