"""Cryptography, and nothing of users: secrets, sealing, signing keys."""
