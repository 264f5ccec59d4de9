"""The token app: a page that a phone installs, its files, and what it asks of us."""
