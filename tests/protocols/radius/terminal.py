"""A program at a terminal of its own, which asks and is answered: ssh, VPN clients and PAM ask nowhere else."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Self

PATIENCE_SECONDS = 60.0


class Terminal:
    """The text that came so far is `text`; `wait` looks at what came since the last answer."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._terminal, slave = pty.openpty()
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **(environment or {})},
        )  # fmt: skip
        os.close(slave)
        self.text, self._read = "", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()  # at a prompt openconnect may not hear a gentler signal
        self._process.wait(PATIENCE_SECONDS)
        os.close(self._terminal)

    @property
    def pid(self) -> int:
        """The program itself: setsid became it."""
        return self._process.pid

    def wait(self, pattern: str) -> str:
        """What came since the last answer, up to a match. Raises AssertionError when it does not come."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not (found := re.search(pattern, self.text[self._read :])):
            assert self._more(until), f"no {pattern} in {self.text!r}"
        said = self.text[self._read : self._read + found.end()]
        self._read += found.end()
        return said

    def answer(self, pattern: str, typed: str) -> str:
        """Type a line once the prompt has come; returns what stood before."""
        said = self.wait(pattern)
        os.write(self._terminal, f"{typed}\n".encode())
        return said

    def end(self) -> int:
        """Wait for the end; returns the exit status."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._more(until):
            pass
        return self._process.wait(PATIENCE_SECONDS)

    def _more(self, until: float) -> bool:
        """Read what is there; False at the end, or when the time is over."""
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, until - time.monotonic()))
        try:
            data = os.read(self._terminal, 4096) if ready else b""
        except OSError:  # Linux says so when the other side has closed
            data = b""
        self.text += data.decode("utf-8", "replace").replace("\r", "")
        return bool(data)
