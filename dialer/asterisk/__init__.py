"""A private Asterisk on loopback: get it, configure it, start and stop it."""
