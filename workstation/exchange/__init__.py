"""Files and post, in and out."""
