"""The practice line: scripted debtors and an agent's voice, with no phone at all."""
