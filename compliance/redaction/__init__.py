"""Card data never enters: finding it in words and text, and what stands in its place (docs/redaction.md)."""
