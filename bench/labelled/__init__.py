"""Makes labelled calls (docs/labelled-calls.md) out of written ones: ``python -m bench.labelled FOLDER``."""
