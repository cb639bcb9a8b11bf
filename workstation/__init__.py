"""What people use, and where everything is put together."""
