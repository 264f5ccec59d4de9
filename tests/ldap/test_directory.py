"""A directory is asked whether a password is right: by OpenLDAP's own server, over TLS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import storage
from idp.authenticators import Busy, Unreachable
from idp.config.domains import LdapSettings
from idp.config.secrets import SecretReading
from idp.ldap.directory import Directory, Fault
from keys.secret import Secret
from storage import Storage
from tests.ldap.conftest import Pair
from tests.ldap.slapd import DECOY, NAMES, PASSWORD, PEOPLE, SEARCHER, SEARCHER_PASSWORD, SUFFIX
from tests.server import eventually

BIND: dict[str, Any] = {"bind_dn": f"uid={{user}},{PEOPLE}", "decoy_dn": DECOY}
SEARCH: dict[str, Any] = {
    "search": {"base": SUFFIX, "dn": SEARCHER, "password": SEARCHER_PASSWORD},
    "decoy_dn": DECOY,
}
WAYS = pytest.mark.parametrize("way", [BIND, SEARCH], ids=["bind", "search"])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await storage.open(f"sqlite:{tmp_path}/masugata.db")
    await opened.migrate()
    yield opened
    await opened.close()


@asynccontextmanager
async def directory(**settings: Any) -> AsyncIterator[Directory]:
    read = LdapSettings.model_validate(settings, context=SecretReading(plain=True))
    opened = Directory("corp", read)
    try:
        yield opened
    finally:
        await opened.close()


async def verify(opened: Directory, store: Storage, name: str | None, password: str) -> bool:
    async with store.transaction("acme") as tx:
        return await opened.verify(tx, name, Secret(password))


@contextmanager
def mute() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"ldaps://127.0.0.1:{listening.getsockname()[1]}"


@WAYS
async def test_the_password_in_the_directory_and_no_other_proves_the_user(
    store: Storage, ldap: dict[str, Any], way: dict[str, Any]
) -> None:
    async with directory(**ldap, **way) as opened:
        for name in set(NAMES) - {"twin"}:
            assert await verify(opened, store, name, PASSWORD), name
            assert not await verify(opened, store, name, PASSWORD + "!"), name
        for name in ("keyless", "nobody", "*", "hanako)(uid=*", None):
            assert not await verify(opened, store, name, PASSWORD), name


async def test_a_name_that_two_entries_have_proves_nobody(store: Storage, ldap: dict[str, Any]) -> None:
    async with directory(**ldap, **SEARCH) as opened:
        assert not await verify(opened, store, "twin", PASSWORD)


@pytest.mark.parametrize("password", ["", "\0", PASSWORD + "\0", "\udc80", "x" * 1025])
async def test_an_empty_password_is_never_sent(
    store: Storage, pair: Pair, ldap: dict[str, Any], password: str
) -> None:
    """RFC 4513 §5.1.2: it would bind nobody, successfully. Nor is one sent that cannot be one."""
    before = pair[0].asked()
    async with directory(**ldap, **BIND) as opened:
        assert not await verify(opened, store, "hanako", password)
    assert pair[0].asked() == before


@WAYS
async def test_a_name_that_nobody_has_costs_what_a_wrong_password_does(
    store: Storage, pair: Pair, ldap: dict[str, Any], way: dict[str, Any]
) -> None:
    """THREAT_MODEL.md 20: unknown, disabled and real users cost the same: here, as many questions and a bind to an
    entry that is there, and never one to the entry of somebody whom only the directory knows.
    """
    asked = []
    async with directory(**ldap, **way) as opened:
        for name in ("hanako", None):
            before = len(pair[0].asked())
            assert not await verify(opened, store, name, "wrong")
            await eventually(lambda before=before: "RESULT 49" in pair[0].asked()[before:])
            asked.append(pair[0].asked()[before:])
    real, decoy = asked
    assert [each.split()[0] for each in real] == [each.split()[0] for each in decoy]
    assert [each for each in real if "RESULT" in each] == [each for each in decoy if "RESULT" in each]
    assert f"BIND {DECOY}" in decoy
    assert not any("hanako" in each for each in decoy)


async def test_the_next_server_answers_for_one_that_is_down(
    store: Storage, pair: Pair, ldap: dict[str, Any]
) -> None:
    async with directory(**ldap, **SEARCH) as opened:
        pair[0].stop()
        try:
            assert await verify(opened, store, "hanako", PASSWORD)
            assert not await verify(opened, store, "hanako", "wrong")
        finally:
            pair[0].start()
        before = len(pair[0].asked())
        assert await verify(opened, store, "hanako", PASSWORD)
        assert len(pair[0].asked()) == before, "what did not answer is asked last for a while"


async def test_a_silent_server_holds_nobody_up(store: Storage, ldap: dict[str, Any]) -> None:
    """The library waits for it with the interpreter locked: the server goes on, and asks the next one."""
    ticks = 0

    async def beat() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.02)
            ticks += 1

    beating = asyncio.create_task(beat())
    with mute() as silent:
        async with directory(
            **ldap | {"servers": [silent, ldap["servers"][1]], "seconds": 1}, **BIND
        ) as opened:
            with pytest.raises(Fault):
                await opened.prove(silent, "hanako", PASSWORD)
            assert ticks > 2
            assert await verify(opened, store, "hanako", PASSWORD)
    beating.cancel()


async def test_where_no_server_answers_nothing_is_said_of_the_password(store: Storage) -> None:
    with mute() as silent:
        servers = ["ldaps://127.0.0.1:1", silent]
        async with directory(servers=servers, seconds=0.5, **BIND) as opened:
            for name in ("hanako", None):
                with pytest.raises(Unreachable):
                    await verify(opened, store, name, PASSWORD)
            assert opened.silent == 2


async def test_no_password_is_sent_to_a_server_that_cannot_say_who_it_is(
    pair: Pair, ldap: dict[str, Any]
) -> None:
    """Neither over TLS with a certificate that nobody vouches for, nor without TLS where that is asked for."""
    one, two = pair
    before = one.asked(), two.asked()
    async with directory(**ldap | {"ca_file": str(one.ca)}, **BIND) as opened:
        with pytest.raises(Fault, match="certificate"):
            await opened.prove(two.ldaps, "hanako", PASSWORD)
        with pytest.raises(Fault, match="certificate"):
            await opened.prove(two.ldap, "hanako", PASSWORD)
    assert not any("hanako" in each for each in two.asked()[len(before[1]) :])


async def test_a_wrong_password_of_ours_is_no_wrong_password_of_the_user(
    store: Storage, ldap: dict[str, Any]
) -> None:
    search = SEARCH["search"] | {"password": "yesterday's"}
    async with directory(**ldap, **SEARCH | {"search": search}) as opened:
        with pytest.raises(Unreachable):
            await verify(opened, store, "hanako", PASSWORD)


async def test_only_so_many_wait_for_a_directory(store: Storage, ldap: dict[str, Any]) -> None:
    """The others are sent away before anything of theirs is committed."""
    with mute() as silent:
        settings = ldap | {"servers": [silent], "seconds": 1, "connections": 1, "queue": 1}
        async with directory(**settings, **BIND) as opened:
            tries = [asyncio.create_task(verify(opened, store, "hanako", PASSWORD)) for _ in range(4)]
            outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["Busy", "Busy", "Unreachable", "Unreachable"]
    assert issubclass(Unreachable, Busy)
