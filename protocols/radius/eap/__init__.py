"""EAP inside RADIUS (RFC 3748, RFC 3579): the conversation of a peer with us, through the NAS."""
