"""What may be done and said: gate, rulebook, transcription, checks."""
