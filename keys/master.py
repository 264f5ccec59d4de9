"""The master key: the one secret that lies outside the database."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Self

from keys.folder import to_disk

KEY_BYTES = 32
NAME_LETTERS = 16


class MasterKey:
    """32 bytes that wrap the tenants' data keys. It shows nothing of itself and cannot be pickled."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the master key must be {KEY_BYTES} bytes, it is {len(key)}")
        self._key = key

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """From base64 as a file, a variable or a command gives it; white space around it is allowed."""
        try:
            key = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            raise ValueError("the master key must be base64 of 32 bytes") from None
        return cls(key)

    @classmethod
    def read_or_create(cls, path: Path) -> Self:
        """From a file; where there is none, make one that only its owner reads (mode 0600).

        Raises ValueError for a file that is no key, or that others may read, and OSError.
        """
        with contextlib.suppress(FileNotFoundError):
            return cls._read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # A link appears whole or not at all, and never over another node's key.
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            to_disk(path.parent)
        finally:
            draft.unlink(missing_ok=True)
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> Self:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise ValueError(f"{path}: everybody may read the master key; chmod o= it")
            return cls.parse(file.read(1024))

    def reveal(self) -> bytes:
        """The bytes themselves, for `keys.seal` alone."""
        return self._key

    @property
    def name(self) -> str:
        """By which people tell one from another; of the key itself it says nothing."""
        return hmac.digest(self._key, b"masugata: the name of a master key", "sha256").hex()[:NAME_LETTERS]

    def __repr__(self) -> str:
        return "MasterKey(•••)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a master key is not written down")
