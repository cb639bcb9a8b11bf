"""Linters of what is written and left on machines: pure functions from text and facts to findings."""
