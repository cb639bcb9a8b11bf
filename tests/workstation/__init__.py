"""Tests of the command, the settings and what puts the rooms together."""
