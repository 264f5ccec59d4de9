"""The head of a backup: what it is of, readable by everybody, and bound to every chunk behind it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import BinaryIO, NamedTuple, Self

from keys.master import MasterKey
from keys.seal import Unsealable, unwrap, wrap

FORMAT = "masugata backup 1\n"
MOST_BYTES = 4096  # of a head
OWNER, KEY = "*backup", 1  # for whom the data key is sealed: no tenant has that name


class Refused(Exception):
    """A file that cannot be used; says why."""


class Header(NamedTuple):
    """Two lines: the format, and this as JSON."""

    at: str  # when it was begun, UTC, as in its name
    kind: str  # of the database
    schema: str  # its newest migration
    version: str  # of the program that made it
    master_key: str  # the name of the one that opens it
    data_key: str  # sealed under that one

    @classmethod
    def make(cls, at: str, kind: str, schema: str, version: str, master: MasterKey, data_key: bytes) -> Self:
        """For a file that `data_key` seals."""
        sealed = b64encode(wrap(data_key, master, OWNER, KEY)).decode()
        return cls(at, kind, schema, version, master.name, sealed)

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return f"{FORMAT}{json.dumps(self._asdict())}\n"

    def key(self, master: MasterKey) -> bytes:
        """The data key. Raises `Refused`."""
        if master.name != self.master_key:
            raise Refused(
                f"it is sealed under master key {self.master_key}, and the configuration names {master.name}: "
                "name the one from its safe place"
            )
        try:
            return unwrap(b64decode(self.data_key), master, OWNER, KEY)
        except (Unsealable, ValueError):
            raise Refused("its head was altered") from None


def read_header(file: BinaryIO) -> tuple[Header, bytes]:
    """The head, and its bytes as they stand there. Raises `Refused`."""
    form, line = file.readline(len(FORMAT)), file.readline(MOST_BYTES)
    if form != FORMAT.encode():
        raise Refused("it is no backup, or of a newer program")
    try:
        return Header(**{name: str(value) for name, value in json.loads(line).items()}), form + line
    except (ValueError, TypeError, AttributeError):
        raise Refused("its head was altered or cut") from None
