"""The pages on which people look after their own proofs, sessions and consents."""
