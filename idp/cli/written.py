"""Files that commands write: whole, or not at all; for their owner only, unless it is said otherwise."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import click

from idp.cli.wrong import words

PRIVATE: Final = 0o600  # whoever reads what stands there can sign in with it, or learns who did


@contextmanager
def new_file(path: Path, called: Path | None = None, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """A file that was not there, to write. It goes again if what is done meanwhile fails. Raises ClickException, in
    which it may be `called` otherwise.

    Whoever keeps something because it was written flushes before: a full disk is heard of then.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise click.ClickException(f"{path} is there already, name a new file") from None
    except OSError as error:
        raise unwritten(called or path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # whatever the umask says
            yield file
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritten(called or path, error) from None
        raise


@contextmanager
def replaced_file(path: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """To write what takes the place of an older file in one piece, or goes into a pipe. Raises ClickException."""
    try:
        if _is_pipe(path):
            with path.open("wb") as pipe:
                yield pipe
            return
        path = path.resolve()  # a link stays one
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)  # of a process that had this number before and was killed
        with new_file(draft, path, mode=mode) as file:
            yield file
            file.flush()
            draft.replace(path)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(path, error) from None


def _is_pipe(path: Path) -> bool:
    """Whether something else than a file is there. Raises OSError, also for a link that the system does not follow."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def unwritten(path: Path, error: OSError) -> click.ClickException:
    """What to tell of a file by the name under which it is known to who asked for it."""
    said = words(error).removeprefix(f"{error.filename}: ")
    return click.ClickException(f"cannot write {path}: {said}")
