"""What was said, held against the rules."""
