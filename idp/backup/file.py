"""The file of a backup: written, and opened again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from idp.backup.header import Header, Refused, read_header
from keys.master import MasterKey
from keys.seal import Unsealable, new_data_key
from keys.stream import open_stream, seal_stream
from storage.copies import Dump


class Opened:
    """A file of which the head was read. It is read anew by each round of `chunks`."""

    def __init__(self, file: BinaryIO, master: MasterKey) -> None:
        """Raises `Refused`."""
        self._file = file
        self.header, self._head = read_header(file)
        self._key = self.header.key(master)

    def chunks(self) -> Iterator[bytes]:
        """What is in it. Raises `Refused` where that is not what was written: what came before is not all of it."""
        self._file.seek(len(self._head))
        try:
            yield from open_stream(self._file.read, self._key, self._head)
        except Unsealable:
            raise Refused("it was altered or cut: take another generation, or a copy of it") from None

    def check(self) -> None:
        """Open all of it. Raises `Refused`."""
        for _ in self.chunks():
            pass


@contextmanager
def opened(path: Path, master: MasterKey) -> Iterator[Opened]:
    """A backup, to be read. Raises `Refused`, which names it, and OSError."""
    with path.open("rb") as file:
        try:
            yield Opened(file, master)
        except Refused as error:
            raise Refused(f"{path}: {error}") from None


def write(file: BinaryIO, dump: Dump, at: str, kind: str, version: str, master: MasterKey) -> None:
    """Seal a dump. Raises OSError."""
    data_key = new_data_key()
    head = Header.make(at, kind, dump.schema, version, master, data_key).text.encode()
    file.write(head)
    file.writelines(seal_stream(dump.content.read, data_key, head))


def to_disk(file: BinaryIO) -> None:
    """Also forget what of it is in memory, so that who reads it again hears of the disk. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
