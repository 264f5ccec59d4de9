"""The sample relying party of the demo, against a real server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.config.load import load
from protocols.oidc.sample.__main__ import main as serve_samples
from protocols.oidc.sample.__main__ import sites_of
from tests.browser import Browser
from tests.config.folder import write
from tests.people import ALICE, PATTERN
from tests.server import ROOT, Server, free_port, running

EVERYWHERE = "\0"  # no address begins so: redirects are followed to their end
DEVICE = """\
service: tv
display_name: {en: Television}
oidc:
  client_id: tv
  token_endpoint_auth_method: none
  grant_types: ["urn:ietf:params:oauth:grant-type:device_code"]
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. It stands in for a confidential client at / and a public one at /notes/."""
    server, port = Server(tmp_path_factory.mktemp("server")), free_port()
    url = f"http://localhost:{port}"
    server.tenant.add_service("wiki", f"{url}/callback", scopes=["openid", "profile", "groups"])
    server.tenant.add_service("notes", f"{url}/notes/callback", token_endpoint_auth_method="none")
    del server.tenant.services["notes"]["oidc"]["client_secret"]
    command = ("-m", "protocols.oidc.sample", "--config", str(server.config), "--port", str(port))
    for started in running(server):
        started.add_user(ALICE.name, "staff", pattern=PATTERN)
        with subprocess.Popen((sys.executable, *command), cwd=ROOT) as process:
            try:
                wait_until_it_listens(port)
                yield url
            finally:
                process.terminate()


def wait_until_it_listens(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("localhost", port)).close()
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


async def test_it_signs_people_in_and_shows_what_it_was_told(sample: str) -> None:
    """Discovery, PKCE, state, nonce, signature, userinfo; then the public client by the session that is there."""
    async with Browser() as browser:
        page = await browser.login(f"{sample}/login", ALICE, EVERYWHERE)
        assert (page.url, page.status) == (f"{sample}/", 200)
        assert ">alice<" in page.text
        assert '>["staff"]<' in page.text
        page = await browser.get(f"{sample}/notes/login")
        assert (page.url, page.asked) == (f"{sample}/notes/", "")
        page = await browser.submit(page, {}, form=page.forms[0])
        assert page.url == f"{sample}/notes/"
        assert not page.forms, "signed out there"
        assert ">alice<" in (await browser.get(f"{sample}/")).text, "and there only"


@pytest.mark.parametrize("query", ["state=x&code=y", "code=y", "error=access_denied&state=x"])
async def test_it_refuses_an_answer_that_it_did_not_ask_for(sample: str, query: str) -> None:
    """Login CSRF: without a login begun in this browser, or with another's state, nothing is redeemed."""
    async with Browser() as browser:
        page = await browser.get(f"{sample}/callback?{query}")
        assert (page.status, len(page.alerts)) == (400, 1)
        await browser.get(f"{sample}/login")
        page = await browser.get(f"{sample}/callback?{query}")
        assert (page.status, len(page.alerts)) == (400, 1)


def test_it_stands_in_for_nobody_who_is_called_back_nowhere(tmp_path: Path) -> None:
    """A device of the same tenant has no redirect URI."""
    (acme,) = load(write(tmp_path, tenants__acme__services__tv=DEVICE)).tenants
    assert set(acme.services) == {"wiki", "tv"}
    assert sites_of(acme, 9000) == []


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        shutil.copytree(ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("var"))
        wiki = tmp_path / "conf" / "tenants" / "demo" / "services" / "wiki.yaml"
        wiki.write_text(wiki.read_text().replace("localhost:9000", f"localhost:{port}"))
        said = CliRunner().invoke(serve_samples, ["--config", str(tmp_path / "conf"), "--port", str(port)])
    assert said.exit_code == 1
    assert (
        said.stderr.startswith(f"Error: cannot listen at localhost:{port}: ") and "README.md" in said.stderr
    )
