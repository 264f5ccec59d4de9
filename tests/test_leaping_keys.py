"""What a clock that leaps a year ahead, and is set right, does to keys and certificates that turn by the time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import storage
from idp.chain.retention import Retention
from idp.config.tenant import TenantSettings
from idp.custody import certification, signing
from idp.custody.authority import Authority
from idp.custody.certification import Certification
from idp.custody.signing import Signing, TooEarly, needed_until
from idp.custody.vault import open_vault
from idp.leaps import Watch
from idp.login import Login
from idp.provider import IdentityProvider
from idp.sweeping import sweep_all
from idp.tenant import Tenant
from keys.certified_key import CertifiedKey
from keys.jws import SigningKey
from keys.master import MasterKey
from keys.seal import Vault
from keys.xml_signature import RSA_SHA256
from storage import Storage
from storage.certificates import IssuedCertificate
from storage.clock import SKEW_SECONDS

NOW, DAY, YEAR = 1_800_000_000, 86400, 366 * 86400
HOST, ALG = "acme.example.com", "ES256"


@dataclass
class House:
    """One tenant, swept by a clock that is set by hand."""

    store: Storage
    vault: Vault
    now: int = NOW
    provider: IdentityProvider = field(init=False)

    def __post_init__(self) -> None:
        settings = TenantSettings(tenant="acme", base_url=f"https://{HOST}", display_name={"en": "acme"})
        tenant = Tenant("acme", settings, {}, (), {}, self.vault, ZoneInfo("Asia/Tokyo"), bytes(32))
        self.provider = IdentityProvider({"acme": tenant}, self.store, Login(), lambda: self.now)

    async def sweep(self, now: int) -> bool:
        """Set the clock and sweep, as after a start; whether it is believed."""
        self.now = now
        await sweep_all(self.provider, Retention(self.provider), Watch())
        return not self.provider.notices["clock/sweep"]

    async def rotate(self) -> SigningKey:
        async with self.store.transaction("acme") as tx:
            return await Signing(self.vault).rotate(tx, SigningKey.generate(ALG), self.now)

    async def states(self) -> dict[str, str]:
        """Of each signing key."""
        async with self.store.snapshot("acme") as tx:
            return {each.kid: each.state for each in await tx.signing_keys.list()}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """On SQLite, which has no other clock; `tests/storage/test_clock.py` has what both databases do."""
    store = await storage.open(f"sqlite:{tmp_path}/masugata.db")
    await store.migrate()
    vault = await open_vault(store, "acme", MasterKey(b"m" * 32), NOW)
    await Signing(vault).prepare(store, NOW, [ALG])
    one = House(store, vault)
    assert await one.sweep(NOW)
    yield one
    await store.close()


async def test_a_key_that_was_turned_while_the_clock_was_ahead_can_be_turned_again(house: House) -> None:
    """Else the next one would be "announced too lately" for a year, and every rotation refused."""
    assert not await house.sweep(NOW + YEAR)
    signer = await house.rotate()
    assert await house.sweep(NOW + DAY)
    assert (await house.states())[signer.kid] == "active"
    with pytest.raises(TooEarly):
        await house.rotate()
    house.now += signing.ANNOUNCED_SECONDS
    assert (await house.rotate()).kid != signer.kid
    assert (await house.states())[signer.kid] == "retired"


async def test_a_retired_key_verifies_as_long_as_its_tokens_last_whatever_the_clock_did(house: House) -> None:
    """Not deleted by a year ahead, nor kept for a year by it."""
    house.now += signing.ANNOUNCED_SECONDS
    (before,) = [kid for kid, state in (await house.states()).items() if state == "active"]
    await house.rotate()
    assert not await house.sweep(NOW + YEAR)
    ahead = await house.rotate()
    retired = {kid for kid, state in (await house.states()).items() if state == "retired"}
    assert before in retired and len(retired) == 2, "nothing is deleted while it is in doubt"
    assert await house.sweep(NOW + DAY)
    assert {before, ahead.kid} <= (await house.states()).keys()
    async with house.store.snapshot("acme") as tx:
        last = max(needed_until(each) for each in await tx.signing_keys.list() if each.state == "retired")
    assert last <= NOW + 3 * DAY
    assert await house.sweep(NOW + 3 * DAY // 2)
    assert await house.sweep(NOW + 5 * DAY // 2)
    assert await house.sweep(last + SKEW_SECONDS + 1)
    assert "retired" not in (await house.states()).values()


async def test_a_certificate_that_was_announced_ahead_signs_a_week_after_the_clock_was_set_right(
    house: House,
) -> None:
    ring = Certification(house.vault)
    await ring.prepare(house.store, f"https://{HOST}", NOW, [RSA_SHA256])
    assert not await house.sweep(NOW + YEAR)
    async with house.store.transaction("acme") as tx:
        await ring.announce(tx, CertifiedKey.generate(RSA_SHA256, HOST, house.now), house.now)
    assert await house.sweep(NOW + DAY)
    for now, is_early in ((NOW + DAY, True), (NOW + DAY + certification.ANNOUNCED_SECONDS, False)):
        async with house.store.transaction("acme") as tx:
            if is_early:
                with pytest.raises(TooEarly, match="only 0 hours ago"):
                    await ring.rotate(tx, RSA_SHA256, now)
            else:
                assert await ring.rotate(tx, RSA_SHA256, now)


async def test_a_certificate_that_ended_by_a_leap_is_still_known_and_one_revoked_meanwhile_stays_so(
    house: House,
) -> None:
    """What its owner holds and what the list of revoked ones says are as they were once the clock is right."""
    authority, ends_at = Authority(house.vault), NOW + 30 * DAY
    await authority.prepare(house.store, "Acme", NOW)
    async with house.store.transaction("acme") as tx:
        issuer = (await authority.load(tx)).issuer.id
        for serial, owner in (("1", "u-1"), ("2", "u-2")):
            await tx.issued_certificates.add(IssuedCertificate(serial, issuer, owner, NOW, ends_at))
    assert not await house.sweep(NOW + YEAR)
    async with house.store.transaction("acme") as tx:
        await tx.issued_certificates.revoke_unheld("u-1", house.now)
    assert await house.sweep(NOW + DAY)
    async with house.store.snapshot("acme") as tx:
        (revoked,) = await tx.issued_certificates.list_revoked(issuer, NOW + DAY)
        assert (revoked.serial, revoked.revoked_at) == ("1", NOW + DAY)
        assert await tx.issued_certificates.find("2") == IssuedCertificate("2", issuer, "u-2", NOW, ends_at)
        assert (await authority.load(tx)).issuer.id == issuer
