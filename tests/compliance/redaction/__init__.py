"""Tests of finding and masking what must not be kept."""
