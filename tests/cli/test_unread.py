"""`idp … | head`: what happens when nobody reads any more what is printed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Office


@pytest.mark.parametrize("words", [("--help",), ("user", "list")])
def test_a_command_that_nobody_reads_ends_quietly(office: Office, words: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    where = {**os.environ, "MASUGATA_CONFIG": str(office.folder)}
    with open(writing, "wb") as unread:  # noqa: PTH123  a descriptor, no path
        command = [sys.executable, "-m", "idp", *words]
        done = subprocess.run(command, env=where, stdout=unread, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")
