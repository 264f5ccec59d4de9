"""Node-RED, as its guide says. Its packages are too large for every run: `make test-applications` installs them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.browser import Browser
from tests.configuration import SECRET
from tests.people import ALICE, Person
from tests.running import usual
from tests.server import Server, free_port, running

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules" / ".bin" / "node-red"
START_SECONDS = 60


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Server]:
    """alice may use the editor; bob is let in by us, and is nobody to Node-RED."""
    one = usual(tmp_path_factory.mktemp("server"), "")
    callback = f"http://localhost:{port}/auth/strategy/callback"
    method = "client_secret_post"
    one.tenant.add_service("flows", callback, token_endpoint_auth_method=method, pkce="optional")
    for server in running(one):
        server.add_people()
        yield server


@pytest.fixture(scope="module")
def editor(server: Server, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running editor."""
    told = {"IDP": server.url, "PORT": str(port), "SECRET": SECRET}
    environment = {**os.environ, **told, "FOLDER": str(tmp_path_factory.mktemp("flows"))}
    command = [PROGRAM, "--settings", FOLDER / "settings.cjs"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        address = f"http://localhost:{port}/"
        until = time.monotonic() + START_SECONDS
        while not is_up(address):
            assert process.poll() is None and time.monotonic() < until, "Node-RED did not start"
            time.sleep(0.1)
        yield address
        process.terminate()


def is_up(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


async def sign_in(editor: str, person: Person) -> str:
    """Where Node-RED leads after the login."""
    home = f"{editor}?"
    async with Browser() as browser:
        page = await browser.login(f"{editor}auth/strategy", person, home)
        return page.location or ""


async def test_the_editor_opens_for_who_is_in_its_list(editor: str) -> None:
    location = await sign_in(editor, ALICE)
    assert location.startswith(f"{editor}?access_token="), location


async def test_who_is_not_in_its_list_gets_no_token(editor: str, server: Server) -> None:
    location = await sign_in(editor, server.bob)
    assert "access_token" not in location
    assert location.startswith(f"{editor}?session_message="), location
