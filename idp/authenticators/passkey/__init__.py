"""Passkeys: key pairs of the user's devices and security keys, bound to our name (W3C WebAuthn Level 3)."""

from idp.authenticators.passkey.passkey import Passkey

__all__ = ["Passkey"]
