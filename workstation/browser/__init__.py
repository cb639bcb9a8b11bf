"""The workstation in a web browser: a sign-in page of its own, then the same screens over textual-serve."""
