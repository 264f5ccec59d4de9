"""A login on schedule, made as a client makes it: what is common to the doors."""

from __future__ import annotations


class Broken(Exception):
    """The login ends here; says why in words for the administrator, with no secret in them."""
