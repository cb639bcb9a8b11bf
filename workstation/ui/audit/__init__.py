"""The supervisor's audit on screen: the list, one call with its words and findings, coaching, search."""
