"""Backups: a database in a file that says what it is, and tells nothing more without the master key."""
