"""What an Access-Accept tells the NAS beside yes: attributes by group and rule."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.radius.clients import NAS
from protocols.radius.packet import Attribute
from storage.records import User


class MappingError(Exception):
    """An attribute cannot be made: the login is rejected, since a NAS would take less for more."""


def attributes(nas: NAS, user: User, amr: Sequence[str]) -> Sequence[Attribute]:  # noqa: ARG001
    """Of the first entry of `reply` that fits the user. Raises `MappingError`."""
    return ()
