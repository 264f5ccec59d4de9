"""An element written apart while it passes, and what the signature of a whole document covers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from protocols.saml.metadata.canonical import Canonical
from protocols.saml.metadata.events import Tag
from protocols.saml.names import DS
from protocols.saml.signature import BadSignature, Promise, promise
from protocols.saml.xml import Unreadable, parse

SIGNATURE_BYTES: Final = 64 * 1024


class Capture:
    """One element written apart, from its start to its end."""

    def __init__(self, limit: int) -> None:
        self.written = bytearray()
        self._limit = limit
        self._depth = 0
        self._canonical = Canonical(self._write)

    def start(self, tag: Tag) -> None:
        self._depth += 1
        self._canonical.start(tag.name, tag.attributes, tag.scope)

    def end(self, tag: Tag) -> bool:
        """Whether that was the end of all."""
        self._depth -= 1
        self._canonical.end(tag.name)
        return not self._depth

    def text(self, data: str) -> None:
        self._canonical.text(data)

    def _write(self, data: bytes) -> None:
        self.written += data
        if len(self.written) > self._limit:
            raise Unreadable(f"an element is longer than {self._limit} bytes")


class Covered:
    """What the root's signature covers, hashed as it comes: the signature must be its first element (§3.1)."""

    def __init__(self, pinned: Collection[bytes]) -> None:
        self._pinned = pinned
        self._held: list[str] = []  # the white space before the signature, which says how to write it
        self._root: Tag | None = None
        self._signature: Capture | None = None
        self._promise: Promise | None = None
        self._digest: Any = None
        self._canonical = Canonical(lambda _: None)

    def start(self, tag: Tag) -> bool:
        """Whether this belongs to the signature itself."""
        if self._signature is not None:
            self._signature.start(tag)
            return True
        if self._root is None:
            self._root = tag
        elif self._promise is None:
            if (tag.namespace, tag.local) != (DS, "Signature"):
                raise BadSignature("the metadata is not signed, or its signature is not its first element")
            self._signature = Capture(SIGNATURE_BYTES)
            self._signature.start(tag)
            return True
        else:
            self._canonical.start(tag.name, tag.attributes, tag.scope)
        return False

    def end(self, tag: Tag) -> bool:
        if self._signature is None:
            if self._promise is not None:
                self._canonical.end(tag.name)
            return False
        if self._signature.end(tag):
            self._begin(bytes(self._signature.written))
            self._signature = None
        return True

    def text(self, data: str) -> bool:
        if self._signature is not None:
            self._signature.text(data)
            return True
        if self._promise is None:
            self._held.append(data)
        else:
            self._canonical.text(data)
        return False

    def _begin(self, signature: bytes) -> None:
        assert self._root is not None
        element = parse(signature, SIGNATURE_BYTES)
        self._promise = promise(element, self._root.find("ID") or "", self._pinned)
        self._digest = self._promise.digest(b"")
        self._canonical = Canonical(self._digest.update, self._promise.prefixes)
        self._canonical.start(self._root.name, self._root.attributes, self._root.scope)
        for data in self._held:
            self._canonical.text(data)

    def check(self) -> None:
        """Raises `BadSignature` unless everything was covered."""
        if self._promise is None:
            raise BadSignature("the metadata is not signed")
        self._promise.compare(self._digest)
