"""Pages on which people look after what is theirs: their proofs, sessions and devices."""
