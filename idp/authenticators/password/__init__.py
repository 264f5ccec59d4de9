"""A password, kept as its Argon2id hash."""

from idp.authenticators.password.password import Password

__all__ = ["Password"]
