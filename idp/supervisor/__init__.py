"""One process owns the sockets and keeps the workers: no reload, restart or crash loses a connection."""
