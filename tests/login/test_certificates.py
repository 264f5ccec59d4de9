"""Client certificates within a login: second to another proof, of one's own, and as long as they count."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from idp.authenticators import Refused, table
from idp.authenticators.certificate import ClientCertificate
from idp.config.tenant import Lockout
from idp.credentials import certificates
from idp.custody import authority
from idp.flow import detour
from idp.logout.revocation import evict
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from idp.policy import Deny, Require, Rule
from idp.visit import Visit
from keys.certificate import Certificate, InvalidCertificate
from keys.client_authority import ClientAuthority, Issued
from keys.revocation_list import RevocationLists
from keys.secret import Secret
from keys.token import new_token
from storage.records import User
from tests.certificates import Issued as Organisation
from tests.certificates import crl, issue
from tests.login.conftest import NOW, PATTERN, House

ONE_STORE = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
RULES = (
    Rule("alone", Require("alone", ("certificate",)), services=frozenset({"vpn"})),
    Rule("both", Require("both", ("matrix", "certificate")), services=frozenset({"closed"})),
    Rule("others", Require("others", ("matrix",))),
)
DAY = 86400
PARALLEL = 50
STRANGERS = ClientAuthority.generate("Acme client certificates", NOW)  # called as ours is
COMPANY = issue("CN=Company", is_authority=True, at=NOW)


@dataclasses.dataclass
class Home(House):
    """Where a browser with a certificate walks through the login."""

    @property
    def certificate(self) -> ClientCertificate:
        found = self.tenant.authenticators["certificate"]
        assert isinstance(found, ClientCertificate)
        return found

    def showing(self, certificate: Certificate | None) -> Home:
        """Another browser, which shows this one."""
        caller = dataclasses.replace(self.caller, browser=new_token(), session=None, certificate=certificate)
        return dataclasses.replace(self, caller=caller)

    def setting(self, **settings: Any) -> Home:
        """The same house with other settings of the section."""
        placed = placed_settings(self.tenant.settings, **settings)
        authenticators = {
            **self.tenant.authenticators,
            "certificate": ClientCertificate(placed, self.tenant.vault),
        }
        return dataclasses.replace(
            self, tenant=dataclasses.replace(self.tenant, authenticators=authenticators)
        )

    async def give(self, user: User, name: str = "") -> Issued:
        async with self.store.transaction(self.tenant.name) as tx:
            return await certificates.issue(
                Visit(tx, self.tenant, self.caller, self.now), self.certificate, user, name
            )

    async def take(self, user: User, serial: str) -> bool:
        async with self.store.transaction(self.tenant.name) as tx:
            return await certificates.remove(Visit(tx, self.tenant, self.caller, self.now), user, serial)

    async def revoked(self) -> list[str]:
        """Those of the list that others read."""
        async with self.store.snapshot(self.tenant.name) as tx:
            ring = await self.certificate.authority.load(tx)
            listed = await self.certificate.authority.revocation_list(tx, ring.issuer.id, self.now)
            assert listed is not None
            (found,) = RevocationLists.read(listed, ring.trusted).lists
            return [f"{each.serial_number:x}" for each in found]

    async def faults(self) -> list[str]:
        """What was wrong with certificates, as the audit log has it, oldest first."""
        async with self.store.snapshot(self.tenant.name) as tx:
            events = await tx.audit.list(limit=1000, event="proof.refused")
        return [each.details["certificate"]["fault"] for each in reversed(events)]


def placed_settings(tenant: Any, **settings: Any) -> Any:
    return table.find("certificate").Settings(**settings).within(tenant, ())  # type: ignore[attr-defined]


def shown(issued: Issued) -> Certificate:
    return Certificate.from_peer(issued.der)


@pytest.fixture
async def home(new_house: Callable[[str], House]) -> Home:
    bare = new_house("acme")
    sections: dict[str, Any] = {name: table.find(name).Settings() for name in ("matrix", "password")}
    sections["certificate"] = placed_settings(bare.tenant.settings)
    authenticators = table.open_authenticators(sections, bare.tenant.vault)
    tenant = dataclasses.replace(bare.tenant, authenticators=authenticators, rules=RULES)
    made = Home(bare.store, tenant, bare.caller)
    await made.certificate.authority.prepare(bare.store, "Acme client certificates", NOW)
    return made


@pytest.fixture
async def alice(home: Home) -> User:
    return await home.add("alice", matrix={"pattern": PATTERN})


async def asked(browser: Home, name: str = "alice", service: str = "vpn") -> Outcome:
    return await browser.answer(await browser.begin(service), name)


async def try_it(browser: Home, name: str = "alice") -> Outcome:
    return await browser.answer(await asked(browser, name), "go")


@ONE_STORE
async def test_after_another_proof(home: Home, alice: User) -> None:
    browser = home.showing(shown(await home.give(alice, "Laptop")))
    challenge = await asked(browser, service="closed")
    challenge = await browser.answer(challenge, browser.right(challenge))
    assert isinstance(challenge, Challenge)
    assert (challenge.authenticator, challenge.prompt) == ("certificate", {"path": "/account/certificate"})
    accepted = await browser.answer(challenge, "go")
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("kba", "swk", "mfa")
    async with home.store.snapshot("acme") as tx:
        (held,) = await tx.credentials.list(alice.id, "certificate")
    assert (held.name, held.last_used_at) == ("Laptop", NOW)


@ONE_STORE
async def test_what_does_not_count_is_refused_and_written_down(home: Home, alice: User) -> None:
    """Each by a browser of its own, and each is told the same."""
    home.tenant = dataclasses.replace(
        home.tenant, settings=home.tenant.settings.model_copy(update={"lockout": Lockout(failures=100)})
    )
    mallory = await home.add("mallory")
    good, his, gone = [await home.give(user) for user in (alice, mallory, alice)]
    assert await home.take(alice, gone.serial)
    ours = (await _ring(home)).issuer
    url = "https://acme.example.com/x.crl"
    early, short = ours.issue("alice", NOW + DAY, 1, url), ours.issue("alice", NOW - 2 * DAY, 1, url)
    tries = {
        "missing": None,
        "issuer": shown(STRANGERS.issue("alice", NOW, 90, url)),
        "early": shown(early),
        "expired": shown(short),
        "unknown": shown(ours.issue("alice", NOW, 90, url)),
        "revoked": shown(gone),
        "owner": shown(his),
        "purpose": Certificate.from_der(ours.certificate),
    }
    looks = set()
    for certificate in tries.values():
        refused = await try_it(home.showing(certificate))
        assert isinstance(refused, Challenge)
        looks.add((refused.authenticator, refused.retry, refused.last_try, str(refused.prompt)))
    assert len(looks) == 1
    assert await home.faults() == list(tries)
    assert isinstance(await try_it(home.showing(shown(good))), Accept)
    home.now = NOW + 91 * DAY
    assert isinstance(await try_it(home.showing(shown(good))), Challenge)
    assert (await home.faults())[-1] == "expired"


async def _ring(home: Home) -> authority.AuthorityRing:
    async with home.store.snapshot("acme") as tx:
        return await home.certificate.authority.load(tx)


@ONE_STORE
async def test_a_second_one_of_the_same_number_is_another(home: Home, alice: User) -> None:
    """Who has got hold of the authority's key makes none that counts, as long as he cannot open the database too."""
    good, ours = await home.give(alice), (await _ring(home)).issuer
    key = load_der_private_key(ours.dump(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    thief = Organisation(key, x509.load_der_x509_certificate(ours.certificate))
    twin = issue("CN=alice", thief, at=NOW, serial=int(good.serial, 16))
    assert isinstance(await try_it(home.showing(Certificate.from_der(twin.der))), Challenge)
    assert await home.faults() == ["unknown"]


@ONE_STORE
async def test_a_certificate_that_is_only_told_proves_nothing(home: Home, alice: User) -> None:
    """It is no secret: whoever has seen it could type it, here or into a VPN client."""
    der = (await home.give(alice)).certificate.public_bytes(Encoding.DER)
    challenge = await asked(home.showing(None))
    for text in (der.hex(), Certificate.from_der(der).thumbprint):
        challenge = await home.showing(None).answer(challenge, text)
        assert isinstance(challenge, Challenge | Reject)
        challenge = await asked(home.showing(None))
    assert await home.faults() == []
    browser = home.showing(None)
    assert isinstance(await browser.answer(await asked(browser), der.hex()), Challenge)
    assert await home.faults() == ["missing"]


@ONE_STORE
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
async def test_no_certificate_is_a_defect(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 32: whatever bytes somebody shows are refused in words."""
    chance, good = random.Random(7), (await home.give(alice)).der
    home.tenant = dataclasses.replace(
        home.tenant, settings=home.tenant.settings.model_copy(update={"lockout": Lockout(failures=100)})
    )
    names = [x509.RFC822Name("a\0b@example.com")]
    read = [shown(issue("CN=x", alternatives=names)), shown(issue("CN=x", alternatives=[]))]
    for _ in range(3000):
        der = bytearray(good)
        for _ in range(chance.randint(1, 3)):
            der[chance.randrange(len(der))] = chance.randrange(256)
        with contextlib.suppress(InvalidCertificate):
            read.append(Certificate.from_peer(bytes(der)))
    assert len(read) > 100
    async with home.store.snapshot("acme") as tx:
        faults = {
            await home.certificate.fault(tx, alice, each, NOW)
            for each in read
            if each.thumbprint != shown_thumbprint(good)
        }
    assert None not in faults


def shown_thumbprint(der: bytes) -> str:
    return Certificate.from_der(der).thumbprint


@ONE_STORE
async def test_names_are_asked_and_refused_alike(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, locked, factor-less and real users: the same."""
    mallory = await home.add("mallory")
    certificate = shown(await home.give(mallory))
    await home.give(alice)
    await home.add("carol", matrix={"pattern": PATTERN})
    dora = await home.add("dora", matrix={"pattern": PATTERN})
    async with home.store.transaction("acme") as tx:
        await tx.users.replace(dataclasses.replace(dora, disabled_at=NOW))
    looks = []
    for name in ("alice", "carol", "dora", "nobody"):
        browser = home.showing(certificate)
        first = await asked(browser, name)
        refused = await browser.answer(first, "go")
        assert isinstance(first, Challenge)
        assert isinstance(refused, Challenge)
        looks.append((first.authenticator, first.prompt, first.other, refused.prompt, refused.retry))
    assert looks == [looks[0]] * 4


@ONE_STORE
async def test_what_is_no_answer_advances_nobody(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 19: Empty post, wrong step, old step, another user's step: never advances."""
    browser = home.showing(shown(await home.give(alice)))
    first = await asked(browser)
    assert isinstance(first, Challenge)
    empty = await browser.answer(first, "")
    old = await browser.answer(empty, "go", step=first.step)
    other = await browser.answer(old, "go", step="another")
    for outcome in (empty, old, other):
        assert isinstance(outcome, Challenge)
        assert outcome.stale
    assert isinstance(await browser.answer(other, "go"), Accept)
    assert await home.faults() == []


@ONE_STORE
async def test_another_browser_does_not_finish_a_login(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another."""
    certificate = shown(await home.give(alice))
    foreign = await home.showing(certificate).answer(await asked(home.showing(None)), "go")
    assert isinstance(foreign, Reject)
    assert foreign.reason is Reason.FOREIGN


async def test_of_fifty_answers_one_signs_in(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel answers to one question exactly one succeeds."""
    browser = home.showing(shown(await home.give(alice)))
    challenge = await asked(browser)
    others = [dataclasses.replace(browser) for _ in range(PARALLEL)]
    outcomes = await asyncio.gather(*(each.answer(challenge, "go") for each in others))
    assert sum(isinstance(outcome, Accept) for outcome in outcomes) == 1


async def test_of_fifty_uses_of_one_import_password_one_succeeds(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel downloads by one page exactly one gets a certificate."""

    async def accept(visit: Visit) -> bool:
        try:
            return (await certificates.accept(visit, alice, offer.state)) == offer.password
        except Refused:
            return False

    async def one() -> bool:
        async with home.store.transaction("acme") as tx:
            return await accept(Visit(tx, home.tenant, home.caller, NOW))

    async with home.store.snapshot("acme") as tx:
        offer = certificates.offer(Visit(tx, home.tenant, home.caller, NOW), alice)
        stranger = dataclasses.replace(home.caller, browser=new_token())
        assert not await accept(Visit(tx, home.tenant, stranger, NOW)), "it was made for another browser"
        assert not await accept(Visit(tx, home.tenant, home.caller, NOW + certificates.STATE_SECONDS))
    assert sum(await asyncio.gather(*(one() for _ in range(PARALLEL)))) == 1


async def test_a_hundred_wrong_ones_at_once_are_a_hundred(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 16: never more evaluated than the budget allows.

    THREAT_MODEL.md 18: Every path that checks a secret spends the same budget.
    """
    good = shown(await home.give(alice))
    certificate = shown(STRANGERS.issue("alice", NOW, 90, "https://x.example/crl"))
    browsers = [home.showing(certificate) for _ in range(20)]
    questions = [await asked(browser) for browser in browsers]
    await asyncio.gather(
        *(browser.answer(question, "go") for browser, question in zip(browsers, questions, strict=True))
    )
    assert len(await home.faults()) == home.tenant.settings.lockout.failures
    locked = await try_it(home.showing(good))
    assert isinstance(locked, Reject)
    assert locked.reason is Reason.LOCKED


@ONE_STORE
async def test_strangers_do_not_lock_out_a_known_browser(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 21: a device that logged in before keeps its own budget."""
    browser = home.showing(shown(await home.give(alice)))
    browser.caller = dataclasses.replace(browser.caller, keeps=True)
    accepted = await try_it(browser)
    assert isinstance(accepted, Accept)
    for _ in range(home.tenant.settings.lockout.failures):
        await try_it(home.showing(None))
    assert isinstance(await try_it(home.showing(browser.caller.certificate)), Reject)
    known = dataclasses.replace(browser.caller, session=None, device=accepted.device_secret)
    assert isinstance(await try_it(dataclasses.replace(browser, caller=known)), Accept)


@ONE_STORE
async def test_a_copied_row_opens_nothing(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 30: a stolen database without the master key gives no signing key; a row copied to another
    user does not open.
    """
    mallory = await home.add("mallory")
    his = await home.give(mallory)
    async with home.store.transaction("acme") as tx:
        (record,) = await tx.authorities.list()
        assert (await _ring(home)).issuer.dump() not in record.sealed
        (held,) = await tx.credentials.list(mallory.id)
        await tx.credentials.replace(dataclasses.replace(held, user_id=alice.id))
        await tx.connection.query(  # type: ignore[attr-defined]  as a thief with a pen would
            "UPDATE issued_certificates SET user_id = :user WHERE tenant = :tenant RETURNING 1", user=alice.id
        )
    assert isinstance(await try_it(home.showing(shown(his))), Challenge)
    assert await home.faults() == ["revoked"]


@ONE_STORE
async def test_the_last_one_that_a_rule_may_ask_for_stays(home: Home, alice: User) -> None:
    first, second = await home.give(alice, "one"), await home.give(alice, "two")
    assert not await home.take(alice, "0a")
    assert await home.take(alice, first.serial)
    assert not await home.take(alice, first.serial)
    with pytest.raises(Refused) as refused:
        await home.take(alice, second.serial)
    assert refused.value.rule == "needed"
    assert await home.revoked() == [first.serial]
    assert await home.events("certificate.revoked") == 1


async def test_of_many_that_are_made_at_once_there_are_as_many_as_there_may_be(
    home: Home, alice: User
) -> None:
    few = home.setting(certificates=2)
    made = await asyncio.gather(*(few.give(alice) for _ in range(6)), return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in made) == 2


@ONE_STORE
async def test_there_are_as_many_as_there_may_be(home: Home, alice: User) -> None:
    for _ in range(5):
        await home.give(alice)
    with pytest.raises(Refused, match="5 certificates"):
        await home.give(alice)
    external = [{"authorities": "none", "user": "email"}]
    with pytest.raises(ValueError, match="cannot read"):
        home.setting(issue="never", external=external)


@pytest.mark.parametrize(
    ("typed", "again", "rule"),
    [
        ("short words", "short words", "short"),
        ("x" * 65, "x" * 65, "short"),
        ("ひらがなのパスワードです", "ひらがなのパスワードです", "ascii"),
        ("correct horse", "correct house", "differs"),
    ],
)
def test_an_import_password_that_is_chosen(typed: str, again: str, rule: str) -> None:
    good = Secret("correct horse")
    assert certificates.choose(good, Secret("correct horse")) is good
    with pytest.raises(Refused) as refused:
        certificates.choose(Secret(typed), Secret(again))
    assert refused.value.rule == rule


@ONE_STORE
async def test_only_its_owner_names_one(home: Home, alice: User) -> None:
    serial, mallory = (await home.give(alice)).serial, await home.add("mallory")
    async with home.store.transaction("acme") as tx:
        visit = Visit(tx, home.tenant, home.caller, NOW)
        assert not await certificates.rename(visit, mallory, serial, "Mine")
        assert not await certificates.remove(visit, mallory, serial)
        assert await certificates.rename(visit, alice, serial, " Office\n laptop ")
        (held,) = await tx.credentials.list(alice.id, "certificate")
    assert held.name == "Office laptop"


@ONE_STORE
async def test_who_is_disabled_or_deleted_loses_them(home: Home, alice: User) -> None:
    issued, bob = await home.give(alice), await home.add("bob")
    kept = await home.give(bob)
    async with home.store.transaction("acme") as tx:
        await evict(tx, {}, alice.id, NOW)
    assert await home.revoked() == [issued.serial]
    refused = await try_it(home.showing(shown(issued)))
    assert isinstance(refused, Challenge)
    async with home.store.transaction("acme") as tx:
        await tx.users.delete(alice.id)
    assert await home.revoked() == [issued.serial], "others shall not believe it either"
    assert isinstance(await try_it(home.showing(shown(kept)), "bob"), Accept)


@ONE_STORE
async def test_a_new_authority_issues_and_the_old_one_is_believed_until_it_is_deleted(
    home: Home, alice: User
) -> None:
    before = await home.give(alice)
    async with home.store.transaction("acme") as tx:
        fresh = await home.certificate.authority.renew(tx, "Acme", NOW + 1)
    after = await home.give(alice)
    assert after.authority.public_bytes(Encoding.DER) == fresh.certificate
    for each in (before, after):
        assert isinstance(await try_it(home.showing(shown(each))), Accept)
    async with home.store.transaction("acme") as tx:
        old, new = await tx.authorities.list()
        with pytest.raises(authority.InUse):
            await home.certificate.authority.delete(tx, new.id)
        assert await home.certificate.authority.delete(tx, old.id)
        assert not await home.certificate.authority.delete(tx, old.id)
    assert isinstance(await try_it(home.showing(shown(before))), Challenge)
    assert await home.faults() == ["issuer"]
    assert isinstance(await try_it(home.showing(shown(after))), Accept)


async def due(home: Home) -> tuple[Home, str | None]:
    """A login in a fresh browser, and what waits after it."""
    browser = home.showing(None)
    accepted = await browser.login("alice")
    assert isinstance(accepted, Accept)
    async with home.store.transaction("acme") as tx:
        waiting = await detour.begin(Visit(tx, home.tenant, browser.caller, home.now), accepted)
    return browser, waiting


@ONE_STORE
async def test_who_has_none_is_led_to_the_page_after_the_login(home: Home, alice: User) -> None:
    """And the login goes on from there, once, in this browser; whoever has one that lasts goes on at once."""
    assert (await due(home))[1] is None, "nobody asked for it"
    eager = home.setting(issue="after_login")
    browser, waiting = await due(eager)
    assert waiting is not None
    async with home.store.transaction("acme") as tx:
        assert isinstance(await detour.end(Visit(tx, eager.tenant, home.caller, NOW), waiting), Reject)
        ended = await detour.end(Visit(tx, eager.tenant, browser.caller, NOW), waiting)
        assert not isinstance(ended, Reject)
        attempt, resume = ended
        assert (attempt.protocol, attempt.service, resume.request) == ("oidc", "wiki", {"client_id": "wiki"})
        assert isinstance(await detour.end(Visit(tx, eager.tenant, browser.caller, NOW), waiting), Reject)
    await eager.give(alice)
    assert (await due(eager))[1] is None
    eager.now = NOW + 77 * DAY
    assert (await due(eager))[1] is not None, "it ends soon"
    closed = Rule("account", Deny("account"), services=frozenset({"account"}))
    eager.tenant = dataclasses.replace(eager.tenant, rules=(closed, *RULES))
    assert (await due(eager))[1] is None, "he could not open the page"


UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
HANAKO = issue(
    "CN=HANAKO@example.net,O=Company",
    COMPANY,
    at=NOW,
    alternatives=[
        x509.RFC822Name("Hanako@example.com"),
        x509.OtherName(UPN, b"\x0c\x12hanako@example.net"),
    ],
)
SERIAL = f"{HANAKO.certificate.serial_number:x}"
KINDS: dict[str, dict[str, str]] = {
    "email": {},
    "upn": {"suffix": "@example.net"},
    "common_name": {"suffix": "@example.net"},
    "serial": {"attribute": "card"},
}


async def hanako(home: Home, name: str = "hanako", serial: str = SERIAL) -> User:
    user = await home.add(name)
    number = ":".join(re.findall("..?", serial.upper()))
    user = dataclasses.replace(
        user, email=f"{name}@example.com", attributes=orjson.dumps({"card": number}).decode()
    )
    async with home.store.transaction("acme") as tx:
        await tx.users.replace(user)
    return user


def believing(home: Home, folder: Path, kind: str, **more: str) -> Home:
    (folder / "company.pem").write_bytes(COMPANY.pem)
    external = {"authorities": str(folder / "company.pem"), "user": kind, **KINDS[kind], **more}
    return home.setting(external=[external])


@ONE_STORE
@pytest.mark.parametrize("kind", KINDS)
async def test_certificates_of_another_authority(home: Home, tmp_path: Path, kind: str) -> None:
    """Whose they are, by each of their names."""
    await hanako(home)
    await hanako(home, "taro", "0a")
    home = believing(home, tmp_path, kind)
    assert isinstance(await try_it(home.showing(shown(HANAKO)), "hanako"), Accept)
    for name in ("taro", "nobody"):
        assert isinstance(await try_it(home.showing(shown(HANAKO)), name), Challenge)
    twin = issue("CN=Company", is_authority=True, at=NOW)
    web = issue("CN=hanako@example.net", COMPANY, at=NOW, usages=[ExtendedKeyUsageOID.SERVER_AUTH])
    late = issue("CN=hanako@example.net", COMPANY, at=NOW, days=(1, 2))
    for wrong in (issue("CN=hanako@example.net", twin, at=NOW), web, late):
        assert isinstance(await try_it(home.showing(shown(wrong)), "hanako"), Challenge | Reject)
    assert await home.faults() == ["owner", "owner", "issuer", "purpose", "early"]


@ONE_STORE
async def test_an_address_that_two_people_share_is_nobodys(home: Home, tmp_path: Path) -> None:
    first = await hanako(home)
    async with home.store.transaction("acme") as tx:
        await tx.users.add(User("id-twin", "twin", NOW, email=first.email))
    home = believing(home, tmp_path, "email")
    assert isinstance(await try_it(home.showing(shown(HANAKO)), "hanako"), Challenge)
    assert await home.faults() == ["owner"]


@ONE_STORE
async def test_what_another_authority_has_revoked(home: Home, tmp_path: Path) -> None:
    """Its list is read again when it changes, and one that is old or broken lets nobody in."""
    await hanako(home)
    file = tmp_path / "company.crl"
    file.write_bytes(crl(COMPANY, at=NOW))
    home = believing(home, tmp_path, "email", crl=str(file))
    assert isinstance(await try_it(home.showing(shown(HANAKO)), "hanako"), Accept)
    number = HANAKO.certificate.serial_number
    contents = crl(COMPANY, number, at=NOW), b"half a", crl(COMPANY, at=NOW - 8 * DAY)
    for content, fault in zip(contents, ("revoked", "stale", "stale"), strict=True):
        file.write_bytes(content)
        assert isinstance(await try_it(home.showing(shown(HANAKO)), "hanako"), Challenge)
        assert (await home.faults())[-1] == fault
    file.unlink()
    assert isinstance(await try_it(home.showing(shown(HANAKO)), "hanako"), Challenge)
    assert (await home.faults())[-1] == "stale"
