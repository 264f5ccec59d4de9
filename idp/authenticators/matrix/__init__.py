"""The matrix one-time password: digits of a random table, read along a secret pattern."""

from idp.authenticators.matrix.matrix import Issued, Matrix

__all__ = ["Issued", "Matrix"]
