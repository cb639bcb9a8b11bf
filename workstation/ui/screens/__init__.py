"""The workstation's screens. Each is made once, and set anew each time it is shown."""
