"""The audit log as a chain: linked, signed, verified, cut from behind, handed out."""
