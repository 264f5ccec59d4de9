"""libpam-radius-auth through pamtester: how Unix services, such as sshd, ask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people import PASSWORD
from tests.protocols.radius.conftest import DIGITS, TOKENS, VPN, Memory
from tests.protocols.radius.nas import SECRET, table_in
from tests.protocols.radius.terminal import Terminal
from tests.protocols.radius.test_access import digits


@pytest.fixture(scope="module")
def service(vpn: VPN, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PAM service that asks us. It does not sign (version 2.0), and shows one Reply-Message."""
    settings = tmp_path_factory.mktemp("pam") / "radius.conf"
    settings.write_text(f"127.0.0.1:{vpn.radius} {SECRET.decode()} 10 127.0.1.5\n")
    settings.chmod(0o600)
    name = f"masugata-tests-{os.getpid()}"
    path = Path("/etc/pam.d") / name  # PAM looks nowhere else: these tests need root
    path.write_text(
        f"auth required pam_radius_auth.so conf={settings} retry=1\naccount required pam_permit.so\n"
    )
    try:
        yield name
    finally:
        path.unlink()


def login(service: str, name: str) -> Terminal:
    return Terminal(["pamtester", service, name, "authenticate"])


async def test_a_table_from_the_page(service: str, memory: Memory) -> None:
    """The answer is typed as the password."""
    await memory.show("alice")
    with login(service, "alice") as terminal:
        terminal.answer("Password: ", DIGITS)
        assert terminal.end() == 0
        assert "successfully authenticated" in terminal.text


def test_a_table_in_the_challenge(service: str) -> None:
    """An empty password asks for the table, which is drawn in the terminal."""
    with login(service, "lena") as terminal:
        terminal.answer("Password: ", "")
        terminal.answer("your pattern:", "")
        assert terminal.end() != 0, "an empty answer is none"
    with login(service, "lena") as terminal:
        terminal.answer("Password: ", "")
        said = terminal.wait("your pattern:")
        terminal.answer("", digits(table_in(said)))
        assert terminal.end() == 0


def test_a_password_and_then_a_code(service: str) -> None:
    """A chain of the policy as a chain of prompts; a wrong password ends it."""
    with login(service, "bob") as terminal:
        terminal.answer("Password: ", PASSWORD)
        terminal.answer("one-time code:", TOKENS["bob"].code())
        assert terminal.end() == 0
    with login(service, "bob") as terminal:
        terminal.answer("Password: ", "wrong")
        assert terminal.end() != 0
        assert "Authentication failure" in terminal.text
