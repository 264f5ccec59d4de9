"""Bad inputs at every door of a running server: no 5xx, no trace shown, nothing of them in the log, no growth.

A hundred or so each here; `make fuzz` sends FUZZ_INPUTS of them, 100,000 to a door, others each time.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator, Sequence

import pytest

from tests.configuration import SECRET
from tests.fuzz.doors import CANARY, datagrams, openid, saml_messages, web
from tests.fuzz.oidc import NAMES
from tests.fuzz.saml import WORDS
from tests.fuzz.wire import Sent, Wire, words_of
from tests.kept import Kept
from tests.people import PATTERN
from tests.protocols.radius.nas import ACCEPT, NAS
from tests.protocols.radius.nas import SECRET as RADIUS_SECRET
from tests.relying_party import CALLBACK
from tests.running import Database, database
from tests.server import Server, free_port, running
from tests.service_provider import Provider

__all__ = ["database"]

pytestmark = pytest.mark.both_stores

INPUTS = int(os.environ.get("FUZZ_INPUTS", "80"))
SEED = int(time.time()) if "FUZZ_INPUTS" in os.environ else 1
AT_ONCE = 4
MARKS = (b"\0", b"\xed\xa0\x80")  # a NUL, half a character
WARM = 0.3  # of the inputs: until then caches fill
GROWTH = 32 * 2**20
STATUS_SERVER = 12


@pytest.fixture(scope="session")
def provider() -> Provider:
    return Provider("sp")


@pytest.fixture(scope="session")
def server(
    database: Database, kept: Kept, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """With every door, that says all it ever says in its log."""

    def make() -> Iterator[Server]:
        one = Server(tmp_path_factory.mktemp("fuzz"), database())
        one.configuration.idp |= {
            "doors": ["oidc", "saml", "radius"],
            "log": {"level": "debug", "format": "json"},
        }
        one.configuration.idp["listen"]["radius"] = f"127.0.0.1:{free_port()}"
        one.tenant.settings |= {"lockout": {"failures": 100, "seconds": 60}, "demo": True}
        one.tenant.settings["oidc"] = {
            "registration": {"enabled": True, "require_initial_access_token": False}
        }
        one.tenant.authenticators |= {"passkey": {}, "recovery": {}}
        one.tenant.add_demo_user("alice", "staff", matrix={"pattern": PATTERN})
        one.tenant.add_service("wiki", CALLBACK, scopes=["openid", "offline_access"])
        (one.config / "metadata").mkdir(parents=True)
        (one.config / "metadata" / "sp.xml").write_text(provider.metadata())
        one.tenant.services["sp"] = {
            "service": "sp", "display_name": {"en": "SP"}, "saml": {"metadata": "metadata/sp.xml", "ecp": True},
        }  # fmt: skip
        one.tenant.services["vpn"] = {
            "service": "vpn", "display_name": {"en": "VPN"},
            "radius": {"networks": ["127.0.0.0/8"], "secret": RADIUS_SECRET.decode(),
                       "methods": ["pap", "chap", "mschapv2", "mschap", "eap-mschapv2", "eap-gtc"]},
        }  # fmt: skip
        yield from running(one)

    return kept.once(("fuzz", database.store), make)


def refuse_defects(server: Server) -> None:
    """Neither a defect nor a secret stands in the log."""
    lines = [line for line in server.log.splitlines() if '"event": "defect"' in line or "Traceback" in line]
    assert lines == []
    assert CANARY not in server.log and SECRET not in server.log


async def bombard(server: Server, right: Sequence[Sent], words: Sequence[bytes]) -> None:
    """Spoilt requests over some connections; what is answered is looked at, and the server's memory."""
    host = server.url.removeprefix("http://")
    seen: dict[str, int] = {}

    async def one(seed: int, count: int) -> None:
        chance = random.Random(seed)
        async with Wire(server.port) as wire:
            for _ in range(count):
                sent = chance.choice(right).spoilt(chance, words)
                answered = await wire.ask(sent.written(host))
                assert not answered.is_a_defect, (sent, answered)
                seen[f"{sent.path} {answered.status}"] = seen.get(f"{sent.path} {answered.status}", 0) + 1

    async def round_of(seed: int, share: float) -> None:
        count = int(INPUTS * share / AT_ONCE) + 1
        await asyncio.gather(*(one(seed + each, count) for each in range(AT_ONCE)))

    async with Wire(
        server.port
    ) as wire:  # what is right is understood, and so are its parts when they are spoilt
        for sent in (each for mark in MARKS for one_right in right for each in one_right.marked(mark)):
            assert not (await wire.ask(sent.written(host))).is_a_defect, sent
    await round_of(SEED * 1000, WARM)
    before = server.own_bytes
    await round_of(SEED * 1000 + 500, 1 - WARM)
    assert server.own_bytes - before < GROWTH
    assert len({each.rpartition(" ")[0] for each in seen}) > len({sent.path for sent in right}) / 2
    refuse_defects(server)


async def test_our_pages(server: Server) -> None:
    """THREAT_MODEL.md 32: 100,000 generated bad inputs per door: no 5xx, no trace shown, no growth of memory.

    THREAT_MODEL.md 33: no log line at any level holds what was typed as a secret.
    """
    await bombard(
        server, await web(server), words_of(b"../", b"{{7*7}}", b"<script>", b"${x}", b"login", b"end")
    )


async def test_the_door_of_openid_connect(server: Server) -> None:
    """THREAT_MODEL.md 32 and THREAT_MODEL.md 33: as above, at every endpoint, by every way to say who one is."""
    await bombard(server, await openid(server), words_of(*NAMES, b"Basic ", b"Bearer ", b"DPoP "))


async def test_the_door_of_saml(server: Server, provider: Provider) -> None:
    """THREAT_MODEL.md 32 and THREAT_MODEL.md 33: as above, by every binding."""
    await bombard(server, saml_messages(server, provider), words_of(*WORDS))


def test_the_door_of_radius(server: Server) -> None:
    """THREAT_MODEL.md 32: Every parser: 100,000 generated bad inputs per door: no trace, no growth, and who asks
    rightly is answered all the while; THREAT_MODEL.md 33: no log line holds a User-Password."""
    port = int(server.configuration.idp["listen"]["radius"].rpartition(":")[2])
    before = 0
    with NAS(port, "127.0.0.7") as hostile, NAS(port, "127.0.0.8") as honest:
        hostile.socket.setblocking(False)
        made = datagrams(hostile, INPUTS, SEED)
        for start in range(0, len(made), 50):
            for packet in made[start : start + 50]:
                hostile.send(packet)
            assert is_answered(honest)
            drain(hostile)
            if not before and start >= WARM * len(made):
                before = server.own_bytes
    assert server.own_bytes - before < GROWTH
    refuse_defects(server)


def is_answered(nas: NAS) -> bool:
    """As a NAS asks: again, if its packet or the answer was lost."""
    packet = nas.request(code=STATUS_SERVER)
    for _ in range(30):
        nas.send(packet)
        answer = nas.receive(packet, 2)
        if answer is not None:
            return answer.code == ACCEPT
    return False


def drain(nas: NAS) -> None:
    """What was answered, which is nobody's business here."""
    while True:
        try:
            nas.socket.recv(4096)
        except (BlockingIOError, ConnectionRefusedError):
            return
