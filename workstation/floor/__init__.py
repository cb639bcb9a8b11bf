"""Long-running processes: the switchboard, its client, the work after a call."""
