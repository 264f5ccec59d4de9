"""One running server with the NASes of these tests, each at a loopback address of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

import storage
from idp import throttle
from storage import Storage
from storage.network import NetworkSession, WebToken
from storage.records import AuditRecord, Interaction
from tests.configuration import TenantFolder
from tests.people import PASSWORD, PATTERN, Token, answer
from tests.protocols.radius import certificates
from tests.protocols.radius.nas import NAS, SECRET
from tests.server import Server, free_port, running

# What the NAS `tunnels` is told of whom, and how the portal starts it.
REPLY: list[dict[str, Any]] = [
    {"when": {"groups": ["codes"]}, "attributes": {"Filter-Id": "{floor}"}},
    {"when": {"rules": ["nobody's"]}, "attributes": {"Filter-Id": "never"}},
    {
        "when": {"rules": ["staff"]},
        "attributes": {
            "Filter-Id": ["staff", "vpn-{username}"],
            "Class": "0x7374616666",
            "Session-Timeout": 3600,
            "Framed-IP-Address": "192.0.2.10",
            "Tunnel-Type:1": "VLAN",
            "Tunnel-Medium-Type:1": "IEEE-802",
            "Tunnel-Private-Group-ID:1": "20",
        },
    },
]
START = {"url": "http://localhost:9/logon", "fields": {"user": "{username}", "pw": "{credential}", "go": "1"}}
# Where each service's NAS asks from, and what is special about it.
NASES: dict[str, tuple[str, dict[str, Any]]] = {
    "vpn": ("127.0.0.1/32", {"methods": ["pap", "chap"], "challenge_words": ["matrix"]}),
    "plain": ("127.0.0.2/32", {"challenge": False}),
    "old": ("127.0.0.3/32", {"message_authenticator": "optional", "challenge_words": ["matrix"]}),
    "near": ("127.0.0.0/24", {}),
    "far": ("127.0.0.0/8", {"secret": "another-secret-0123456789"}),
    "six": ("::1/128", {}),
    "wireless": ("127.0.1.1/32", {"methods": ["eap-mschapv2", "eap-gtc", "mschapv2", "mschap"]}),
    "unix": ("127.0.1.5/32", {"message_authenticator": "optional", "reply_messages": "one"}),
    "proxy": ("127.0.1.4/32", {"methods": ["pap", "eap-mschapv2"], "challenge_words": ["matrix"]}),
    "tables": ("127.0.2.1/32", {}),
    "counters": ("127.0.2.2/32", {}),
    "keys": ("127.0.2.3/32", {}),
    "gate": ("127.0.1.9/32", {}),
    "safe": ("127.0.1.8/32", {"certificate_names": ["nas.example.com"]}),
    "roaming": ("127.0.1.20/32", {"methods": ["eap-gtc", "eap-mschapv2"]}),
    "tunnels": ("127.0.1.2/32", {"reply": REPLY, "start": START}),
}
RULES = [
    {"name": "keys", "when": {"services": ["keys"]}, "then": {"require": ["matrix", "passkey"]}},
    {"name": "tables", "when": {"services": ["tables"], "groups": ["staff"]}, "then": {"require": ["matrix"]}},
    {"name": "counters", "when": {"services": ["counters"], "groups": ["staff"]}, "then": {"require": ["totp"]}},
    {"name": "nobody else", "when": {"services": ["tables", "counters"]}, "then": "deny"},
    {"name": "near", "when": {"services": ["near"], "groups": ["both"]}, "then": {"require": ["totp"]}},
    {
        "name": "closed",
        "when": {"services": ["near"], "groups": ["codes"]},
        "then": {"deny": {"en": "Ask the desk.", "ja": "窓口へ。"}},
    },
    {"name": "inside", "when": {"networks": ["10.0.0.0/8"], "groups": ["both"]}, "then": {"require": ["totp"]}},
    {"name": "both", "when": {"groups": ["both"]}, "then": {"require": ["matrix", "totp"]}},
    {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["totp"]}},
    {"name": "token", "when": {"groups": ["token"]}, "then": {"require": ["password", "totp"]}},
    {"name": "staff", "when": {"groups": ["staff"], "protocols": ["radius"]}, "then": {"require": ["matrix"]}},
    {"name": "everyone else", "then": {"deny": {"en": "Ask the desk.", "ja": "窓口へ。"}}},
]  # fmt: skip
TOKENS = {name: Token() for name in ("bob", "tom", "dora", "erin", "eve", "gus", "yuki")}

# People with a token each, for one test a person: whoever is asked often runs ahead of the clock.
HOLDERS = {f"holder{number:02}": Token() for number in range(12)}
_unused = iter(HOLDERS)

CROWD = 16  # names of each kind; `m…` are asked for the matrix, `c…` for a code

TABLE = ["123456789012", "234567890123", "345678901234", "456789012345"]  # on the page
DIGITS = answer(PATTERN, [list(row) for row in TABLE])

MakeNAS = Callable[..., NAS]


class VPN(Server):
    """The server with its RADIUS ports."""

    def prepare(self) -> None:
        self.radius, self.accounting = free_port(), free_port()
        self.configuration.idp["doors"] = ["oidc", "radius"]
        self.configuration.idp["listen"].update(
            radius=[f"127.0.0.1:{self.radius}", f"[::1]:{self.radius}"],
            radius_accounting=f"127.0.0.1:{self.accounting}",
        )
        self.configuration.idp["trusted_proxies"] = ["127.0.0.1/32"]
        self.configuration.tenants.append(self._strict())
        self.tenant.settings["radius"] = {"webtoken": {"origins": ["https://vpn.example.com"]}}
        self.disconnect, self.radsec = free_port(), free_port()
        certificates.make(self.config / "tls")
        self.configuration.idp["listen"]["radsec"] = f"127.0.0.1:{self.radsec}"
        self.configuration.idp["radsec"] = {
            "certificate": "tls/server.pem", "key": "tls/server.key", "authorities": "tls/ca.pem",
        }  # fmt: skip
        NASES["gate"][1]["disconnect_port"] = self.disconnect
        self.tenant.policies = RULES
        self.tenant.authenticators["passkey"] = {}
        self.tenant.settings["lockout"] = {"failures": 20, "seconds": 600}
        for name, (network, settings) in NASES.items():
            self.tenant.services[name] = {
                "service": name,
                "display_name": {"en": name},
                "radius": {"networks": [network], "secret": SECRET.decode(), **settings},
            }
        for name in ("alice", "anna", "amy", "lena", "off", "gone"):
            self.tenant.add_demo_user(name, "staff", matrix={"pattern": PATTERN})
        for name, token in HOLDERS.items():
            self.tenant.add_demo_user(name, "codes", totp={"secret": token.secret})
        for number in range(CROWD):
            for kind in ("real", "disabled"):
                self.tenant.add_demo_user(f"m{kind}{number:02}", "staff", matrix={"pattern": PATTERN})
                self.tenant.add_demo_user(f"c{kind}{number:02}", "staff", totp={"secret": Token().secret})
            for first in "mc":
                self.tenant.add_demo_user(f"{first}factorless{number:02}", "staff")
        self.tenant.add_demo_user("carol", matrix={"pattern": PATTERN})
        self.tenant.add_demo_user(
            "bob", "token", password={"password": PASSWORD}, totp={"secret": TOKENS["bob"].secret}
        )
        for name in ("tom", "erin", "eve", "gus"):
            self.tenant.add_demo_user(name, "codes", totp={"secret": TOKENS[name].secret})
        self.tenant.add_demo_user(
            "dora", "both", matrix={"pattern": PATTERN}, totp={"secret": TOKENS["dora"].secret}
        )

    def _strict(self) -> TenantFolder:
        """A tenant that shows tables to those only who are signed in, inside, and have a certificate.

        It slows guesses down, and patterns wear out there.
        """
        strict = TenantFolder("strict", f"{self.url}/strict")
        certificate = {"header": "X-Client-Verify"}
        webtoken = {
            "session": True,
            "networks": ["10.0.0.0/8", "127.0.0.2/32"],
            "client_certificate": certificate,
        }
        strict.settings["radius"] = {"webtoken": webtoken}
        strict.settings["lockout"] = {"mode": "slow", "failures": 2, "first_wait_seconds": 600}
        strict.authenticators["matrix"]["exposure"] = {"budget": 2, "then": "totp"}
        for name, address, trusted in (("gate", "127.0.1.3/32", False), ("desk", "127.0.1.30/32", True)):
            strict.services[name] = {
                "service": name,
                "display_name": {"en": name},
                "radius": {"networks": [address], "secret": SECRET.decode(), "trusted": trusted},
            }
        token = {"secret": TOKENS["yuki"].secret}
        strict.add_demo_user("yuki", "staff", matrix={"pattern": PATTERN}, totp=token)
        for name in ("alice", "akira"):
            strict.add_demo_user(name, "staff", matrix={"pattern": PATTERN})
        return strict


@pytest.fixture(scope="session")
def vpn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VPN]:
    """On SQLite: what differs between the stores is shown where they are tested."""
    server = VPN(tmp_path_factory.mktemp("vpn"))
    server.prepare()
    yield from running(server)  # type: ignore[misc]


@pytest.fixture
def make_nas(vpn: VPN) -> Iterator[MakeNAS]:
    """Opens NASes at the server; closes them at the end."""
    with ExitStack() as opened:

        def make(address: str = "127.0.0.1", secret: bytes = SECRET, port: int = 0) -> NAS:
            return opened.enter_context(NAS(port or vpn.radius, address, secret))

        yield make


@pytest.fixture
def holder() -> str:
    """The name of somebody with a token in `HOLDERS` that nobody has used."""
    return next(_unused)


@pytest.fixture
def nas(make_nas: MakeNAS) -> NAS:
    """The usual one."""
    return make_nas()


class Memory:
    """The server's database, as others that share it see it."""

    def __init__(self, store: Storage) -> None:
        self._store = store

    async def show(self, name: str, seconds: int = 180) -> None:
        """What the page does that shows a table for a network login."""
        now = int(time.time())
        prompt = {"table": TABLE, "blocks": 3, "expires_at": now + seconds}
        async with self._store.transaction("demo") as tx:
            await tx.web_tokens.replace(WebToken(name, "matrix", prompt, now, now + seconds))

    async def events(self, limit: int = 50, **equal: str) -> list[AuditRecord]:
        """The audit log, newest first."""
        async with self._store.snapshot("demo") as tx:
            return list(await tx.audit.list(limit=limit, **equal))

    async def sessions(self, name: str) -> list[NetworkSession]:
        async with self._store.snapshot("demo") as tx:
            user = await tx.users.find_by_name(name)
            return list(await tx.network_sessions.list_of(user.id if user else "", int(time.time())))

    async def started(self, credential: str, *, end: bool = False) -> Interaction | None:
        """What is kept of a start from the portal; with `end` its time is over now."""
        place = f"start {hashlib.sha256(credential.encode()).hexdigest()}"
        now = int(time.time())
        async with self._store.transaction("demo") as tx:
            row = await tx.interactions.find(place, now)
            if row is not None and end:
                await tx.interactions.consume(place, row.browser_hash, now)
                await tx.interactions.add(replace(row, expires_at=now))
        return row

    async def failures(self, name: str, authenticator: str) -> int:
        """Guesses that are counted against a name."""
        async with self._store.snapshot("demo") as tx:
            budget = await tx.budgets.find(throttle.subject(name, authenticator))
        return budget.failures if budget else 0


@pytest.fixture
async def memory(vpn: VPN) -> AsyncIterator[Memory]:
    store = await storage.open(vpn.storage)
    yield Memory(store)
    await store.close()
