"""Labelled calls, and how well hearing and checks do on them."""
