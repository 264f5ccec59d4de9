"""`idp saml metadata`: an administrator sees what changed, and agrees or not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import AUTHENTICATORS, Office
from tests.config.folder import TENANT, write
from tests.protocols.saml.metadata.pages import serving
from tests.protocols.saml.metadata.samples import SP, acs, descriptor, entity, key

PAGES: dict[str, str] = {}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A service's own server; `PAGES` are what it says."""
    with serving(PAGES) as address:
        yield address


@pytest.fixture
def office(tmp_path: Path, url: str) -> Office:
    """Two services: mail's metadata come from its server, wiki's lie in a file."""
    PAGES["/mail"] = entity(entity_id="https://mail.example.com/sp")
    folder = write(
        tmp_path,
        idp="doors: [saml]\n",
        tenants__acme__tenant=f"{TENANT}saml: {{outbound_allow: [localhost]}}\n",
        tenants__acme__authenticators=AUTHENTICATORS,
        tenants__acme__services__wiki="service: wiki\ndisplay_name: {en: Wiki}\nsaml: {metadata: wiki.xml}\n",
        tenants__acme__services__mail=f"service: mail\ndisplay_name: {{en: Mail}}\nsaml: {{metadata: '{url}/mail'}}\n",
    )
    (folder / "wiki.xml").write_text(entity())
    one = Office(folder)
    one.run("storage", "migrate")
    return one


METADATA = ("saml", "metadata")


def test_what_is_not_there_yet_is_looked_for(office: Office) -> None:
    assert [row["state"] for row in office.rows(*METADATA, "list")] == ["none", "none"]
    assert "refresh wiki" in office.run(*METADATA, "show", "wiki", status=1).stderr
    assert office.run(*METADATA, "refresh").stdout.splitlines() == [
        "mail: in force",
        "wiki: in force",
    ]
    assert office.run(*METADATA, "refresh").stdout.splitlines() == [
        "mail: unchanged, in force",
        "wiki: unchanged, in force",
    ]
    mail, wiki = office.rows(*METADATA, "list")
    assert (mail["entity_id"], mail["state"]) == ("https://mail.example.com/sp", "in force")
    assert (wiki["entity_id"], wiki["source"], wiki["failure"]) == (SP, "wiki.xml", "")
    assert wiki["ends"].startswith("signing certificate 2037-")
    shown = office.run(*METADATA, "show", "wiki").stdout
    assert "AuthnRequestsSigned true" in shown and "state" in shown
    assert office.events() == ["metadata.accepted", "metadata.accepted"]


def test_a_change_that_weakens_is_shown_and_agreed_to(office: Office) -> None:
    """THREAT_MODEL.md 6: removal of a signing certificate is shown and needs consent."""
    office.run(*METADATA, "refresh")
    (office.folder / "wiki.xml").write_text(
        entity(descriptor("signing", "new"), descriptor("encryption", "two"), acs())
    )
    assert office.run(*METADATA, "refresh", "wiki").stdout.startswith("wiki: waits for your consent\n")
    lines = office.run(*METADATA, "diff", "wiki").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["-", "+"]
    assert "[weakens]" in lines[0] and "ends 2037-" in lines[0]
    assert [row["state"] for row in office.rows(*METADATA, "list")] == ["in force", "waits for consent"]
    assert office.run(*METADATA, "accept", "wiki").stdout.splitlines() == ["wiki: in force", *lines]
    assert office.run(*METADATA, "diff", "wiki").stdout == "wiki: nothing waits\n"
    assert "nothing waits" in office.run(*METADATA, "accept", "wiki", status=1).stderr
    last = office.rows("audit", "show")[0]
    assert (last["event"], last["service"], last["details"]["reason"]) == (
        "metadata.accepted",
        "wiki",
        "operator",
    )
    assert key("new").certificate


def test_all_that_waits_is_agreed_to_at_once(office: Office) -> None:
    office.run(*METADATA, "refresh")
    PAGES["/mail"] = entity(entity_id="https://mail.example.com/sp", wants=False)
    (office.folder / "wiki.xml").write_text(entity(signed=False))
    office.run(*METADATA, "refresh")
    assert "name a service" in office.run(*METADATA, "accept", status=2).stderr
    accepted = office.run(*METADATA, "accept", "--all").stdout.splitlines()
    assert [line for line in accepted if not line.startswith(" ")] == ["mail: in force", "wiki: in force"]


def test_what_cannot_be_fetched_is_said(office: Office) -> None:
    office.run(*METADATA, "refresh")
    del PAGES["/mail"]
    told = office.run(*METADATA, "refresh", status=1).stdout.splitlines()
    assert told == ["mail: failed: it answered 404", "wiki: unchanged, in force"]
    assert (
        "no service with a saml section is called wik"
        in office.run(*METADATA, "show", "wik", status=1).stderr
    )


def test_other_commands_do_not_load_the_door() -> None:
    """Also the help, which names what doors lend."""
    program = (
        "import sys; from click.testing import CliRunner; from idp.cli import main;"
        "print('saml ' in CliRunner().invoke(main, ['--help']).stdout,"
        "[name for name in ('lxml', 'aiohttp', 'saml2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True []\n"
