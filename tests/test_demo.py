"""The demo's first people, and how one logs in as them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyotp
from click.testing import CliRunner

from idp.authenticators.table import open_authenticators
from idp.cli import main
from idp.config.load import load
from idp.custody.vault import open_vault
from idp.demo import populate
from keys.secret import Secret
from storage import Storage

CONF = Path(__file__).parents[1] / "conf"
NOW = 1_800_000_000


async def test_an_empty_demo_tenant_gets_its_people_once(store: Storage, tmp_path: Path) -> None:
    configuration = load(shutil.copytree(CONF, tmp_path / "conf", ignore=shutil.ignore_patterns("var")))
    (demo,) = configuration.tenants
    vault = await open_vault(store, demo.name, configuration.master_key(), NOW)
    assert [await populate(store, demo, vault, NOW) for _ in range(2)] == [3, 0]
    async with store.transaction(demo.name) as tx:
        people = {user.username: user for user in await tx.users.list()}
        bob = people["bob"]
        provers = open_authenticators(demo.authenticators, vault)
        assert await provers["password"].verify(tx, bob, {}, Secret("correct horse battery"), NOW)
        code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(NOW)
        assert await provers["totp"].verify(tx, bob, {}, Secret(code), NOW)
        assert [held.authenticator for held in await tx.credentials.list(people["alice"].id)] == ["matrix"]
        assert not people["carol"].groups
        assert [event.event for event in await tx.audit.list()] == ["user.added"] * 3


async def test_a_tenant_with_people_of_its_own_is_left_alone(store: Storage, tmp_path: Path) -> None:
    configuration = load(shutil.copytree(CONF, tmp_path / "conf", ignore=shutil.ignore_patterns("var")))
    (demo,) = configuration.tenants
    vault = await open_vault(store, demo.name, configuration.master_key(), NOW)
    await populate(store, demo, vault, NOW)
    async with store.transaction(demo.name) as tx:
        for user in list(await tx.users.list())[1:]:
            await tx.users.delete(user.id)
    assert await populate(store, demo, vault, NOW) == 0


def test_the_guide_says_where_and_as_whom() -> None:
    said = CliRunner().invoke(main, ["demo", "guide", "--config", str(CONF)]).output
    for words in (
        "http://localhost:8080/",
        "A1 F2 K3 L4 C2 G1",
        "correct horse battery",
        "carol",
        "wiki",
        "radclient -x 127.0.0.1:1812",
    ):
        assert words in said


def test_the_last_line_is_true_once_a_revision_is_in_force_too() -> None:
    """From then on SIGHUP reads that again, and not the files."""
    said = (CONF.parent / ".ci" / "demo").read_text()
    _, _, last = said.partition("kill -HUP")
    assert "idp config apply" in last


def test_bobs_token_shows_a_code() -> None:
    runner = CliRunner()
    assert runner.invoke(main, ["demo", "code", "bob", "--config", str(CONF)]).output.strip().isdigit()
    assert runner.invoke(main, ["demo", "code", "alice", "--config", str(CONF)]).exit_code == 1
