"""A tenant with its people, on each of the two databases, and no server around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pyotp
import pytest

from idp.authenticators import table
from idp.caller import Caller
from idp.config.tenant import TenantSettings
from idp.flow.wish import NO_WISH, Wish
from idp.login import Login
from idp.outcome import Accept, Challenge, Outcome, Reject, Resume
from idp.policy import Attempt, Deny, Require, Rule
from idp.tenant import Service, Tenant
from idp.visit import Visit
from keys.seal import Vault
from keys.secret import Secret
from keys.token import new_token
from storage import Storage
from storage.records import User

NOW = 1_800_000_000
KEY = b"k" * 32
PATTERN = "A1 F2 K3 L4 C2 G1"
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RULES = (
    Rule("closed", Deny("closed", {"en": "Closed."}), services=frozenset({"closed"})),
    Rule("vpn", Require("vpn", ("matrix", "totp")), services=frozenset({"vpn"}), groups=frozenset({"staff"})),
    Rule("staff", Require("staff", ("matrix",)), groups=frozenset({"staff"})),  # what most are asked
    Rule("token", Require("token", ("password", "totp")), groups=frozenset({"token"})),
)


@dataclass
class House:
    """One tenant, and a browser that walks through its login."""

    store: Storage
    tenant: Tenant
    caller: Caller
    now: int = NOW

    async def add(self, name: str, *groups: str, **given: dict[str, str]) -> User:
        user = User(f"id-{name}", name, NOW, groups=frozenset(groups))
        async with self.store.transaction(self.tenant.name) as tx:
            await tx.users.add(user)
            for authenticator, fields in given.items():
                secrets = {field: Secret(value) for field, value in fields.items()}
                await tx.credentials.add(self.tenant.authenticators[authenticator].enrol(user, secrets, NOW))
        return user

    async def begin(self, service: str = "wiki", wish: Wish = NO_WISH) -> Outcome:
        attempt = Attempt("oidc", service, self.caller.address, self.now)
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            return await Login().begin(visit, attempt, Resume("oidc", {"client_id": service}), wish)

    async def answer(self, challenge: Outcome, text: str, step: str | None = None) -> Outcome:
        assert isinstance(challenge, Challenge), challenge
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            outcome = await Login().answer(
                visit, challenge.interaction_id, challenge.step if step is None else step, Secret(text)
            )
        if isinstance(outcome, Accept) and outcome.session_secret:
            self.caller = replace(self.caller, session=outcome.session_secret)
        return outcome

    async def show(self, challenge: Outcome, restart: bool = False) -> Challenge | Reject:
        assert isinstance(challenge, Challenge), challenge
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            return await Login().show(visit, challenge.interaction_id, restart=restart)

    def right(self, challenge: Outcome) -> str:
        """The answer that the owner of the demo's secrets would give."""
        assert isinstance(challenge, Challenge), challenge
        match challenge.authenticator:
            case "matrix":
                cells = [(int(cell[1:]) - 1, ord(cell[0]) - ord("A")) for cell in PATTERN.split()]
                return "".join(challenge.prompt["table"][row][column] for row, column in cells)
            case "password":
                return PASSWORD
            case "totp":
                return pyotp.TOTP(TOTP_SECRET).at(self.now)
        raise AssertionError(challenge.authenticator)

    def wrong(self, challenge: Outcome) -> str:
        right = self.right(challenge)
        return "".join(str((int(digit) + 1) % 10) for digit in right) if right.isdigit() else right[::-1]

    async def login(self, name: str, service: str = "wiki") -> Outcome:
        outcome = await self.answer(await self.begin(service), name)
        while isinstance(outcome, Challenge) and not outcome.retry:
            outcome = await self.answer(outcome, self.right(outcome))
        return outcome

    async def events(self, event: str) -> int:
        async with self.store.snapshot(self.tenant.name) as tx:
            return len(await tx.audit.list(limit=1000, event=event))


@pytest.fixture
def new_house(store: Storage) -> Callable[[str], House]:
    def make(name: str) -> House:
        vault = Vault(name, {1: os.urandom(32)})
        sections = {kind: table.find(kind).Settings() for kind in ("matrix", "password", "totp")}
        settings = TenantSettings(
            tenant=name, base_url=f"https://{name}.example.com", display_name={"en": name}
        )
        services = {one: Service(one, {"en": one}, {}) for one in ("wiki", "vpn", "closed")}
        authenticators = table.open_authenticators(sections, vault)
        tenant = Tenant(name, settings, services, RULES, authenticators, vault, ZoneInfo("Asia/Tokyo"), KEY)
        return House(store, tenant, Caller(ip_address("192.0.2.7"), new_token()))

    return make


@pytest.fixture
async def house(new_house: Callable[[str], House]) -> House:
    made = new_house("acme")
    await made.add("alice", "staff", matrix={"pattern": PATTERN}, totp={"secret": TOTP_SECRET})
    await made.add("bob", "token", password={"password": PASSWORD}, totp={"secret": TOTP_SECRET})
    await made.add("carol", matrix={"pattern": PATTERN})
    return made
