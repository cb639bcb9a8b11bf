"""Drives Asterisk: call state machine, engine, audio taps, recordings."""
