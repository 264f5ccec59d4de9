"""The pages on which people see to their own proofs, sessions and services."""
