"""A process that speaks LDAP for us, see `idp.ldap.client`: asked one thing at a time, and ended when it is silent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import orjson

CLIENT: Final = Path(__file__).with_name("client.py")
# No secret of our environment is any business of it. The system's ldap.conf says whom the system trusts.
ENVIRONMENT: Final = ("PATH", "LANG", "PYTHONPATH")


class Clerk:
    """One process, from its start to its end."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> Self:
        """It is ready for a question. Raises OSError."""
        clerk = cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # what lies beside the file is not to be taken for a library
                str(CLIENT),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            )
        )
        await clerk._line()
        return clerk

    async def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `idp.ldap.client.answer` says. Who stops waiting ends the process. Raises OSError."""
        assert self._process.stdin
        self._process.stdin.write(orjson.dumps(request) + b"\n")
        return await self._line()

    async def end(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _line(self) -> Mapping[str, Any]:
        assert self._process.stdout
        try:
            line = await self._process.stdout.readline()
            if not line:
                raise ConnectionError("the LDAP client has ended")
        except BaseException:  # its next line would be the answer to another question
            await asyncio.shield(self.end())
            raise
        answer: Mapping[str, Any] = orjson.loads(line)
        return answer
