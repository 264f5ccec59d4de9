"""Secrets are asked for so that no screen and no shell keeps them, and a question can be left."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from tests.cli.conftest import Office

# A terminal of its own, as a shell gives one.
TERMINAL: Final = "import pty, sys; pty.spawn([sys.executable, '-c', sys.argv[1]])"
QUESTION: Final = """
import asyncio, click
from idp.cli.asking import ask

async def work():
    ask("password")

try:
    asyncio.run(work())
except click.Abort:
    print("left")
"""
SECONDS: Final = 120
CTRL_C: Final = b"\x03"


def test_one_ctrl_c_leaves_a_question() -> None:
    command = [sys.executable, "-c", TERMINAL, QUESTION]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asked:
        assert asked.stdin and asked.stdout
        said = b""
        while not said.endswith(b"Password: "):
            letter = asked.stdout.read(1)
            assert letter, said
            said += letter
        asked.stdin.write(CTRL_C)
        asked.stdin.flush()
        try:
            rest, _ = asked.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            asked.kill()
            raise
    assert b"left" in rest


def test_what_an_option_would_show_to_the_shell_can_be_asked_for(office: Office) -> None:
    office.run("user", "add", "alice")
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    words = ("credential", "set", "alice", "totp", "--secret", "-", "--pin", "-")
    assert secret not in office.run(*words, given=f"{secret}\n1234\n").output
    assert "a PIN has" in office.run(*words, given=f"{secret}\n1\n", status=1).stderr
    assert "the secret is expected on standard input" in office.run(*words, status=2).stderr
    (office.folder / "list.csv").write_text(f"serial,secret_base32\nT1,{secret}\n")
    office.run("token", "import", str(office.folder / "list.csv"))
    assign = ("token", "assign", "T1", "alice", "--pin", "-")
    assert "a PIN has" in office.run(*assign, given="1\n", status=1).stderr
    office.run(*assign, given="4321\n")
