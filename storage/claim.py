"""One server for one file: a second one is refused, and a file that is gone is not silently made anew."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from storage.contract import StorageError, StorageUnwritable


def lock_of(path: Path) -> Path:
    """The file beside the database that says that a server has worked on it; locked while one does."""
    return path.with_name(f"{path.name}.lock")


def is_gone(path: Path) -> bool:
    """Whether there is no database although a server has worked on one here."""
    return lock_of(path).exists() and not path.exists()


class Claim:
    """Held by the process that made it, and by none that it forks, until it ends (fcntl(2), F_SETLK)."""

    def __init__(self, path: Path, *, makes_file: bool = True) -> None:
        """Raises `StorageError`. What is missing is made by the first server that comes, and never again."""
        lock = lock_of(path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if makes_file and not lock.exists():
                with contextlib.suppress(FileExistsError):
                    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._file = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageUnwritable(f"{path}: the database cannot be written: {error.strerror}") from error
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StorageError(
                f"{path}: another server works on it, process {holder}: only one may"
            ) from None
        with contextlib.suppress(OSError):  # a full disk: then the next one is not told who we are
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        """For what works on the database and goes on without it."""
        os.close(self._file)
