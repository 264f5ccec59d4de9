"""The RADIUS door: what a network access server asks (RFC 2865), answered by the same login as everywhere."""
