"""What a clock that was ahead leaves behind."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.certificates import AuthorityRecord, IssuedCertificate
from storage.clock import SKEW_SECONDS, Belief
from storage.revisions import EVERYWHERE
from tests.storage.examples import CERTIFIED_KEY, GRANT, NOW, REFRESH, SESSION, SIGNING_KEY, USER

YEAR = 366 * 86400


async def test_a_belief_is_kept_until_another_replaces_it(store: Storage) -> None:
    for belief in (Belief(NOW), Belief(NOW, NOW + YEAR), Belief(NOW + 60)):
        async with store.transaction(EVERYWHERE) as tx:
            await tx.clocks.replace(belief)
        async with store.transaction(EVERYWHERE) as tx:
            assert await tx.clocks.find() == await tx.clocks.lock() == belief
    async with store.snapshot("acme") as tx:
        assert await tx.clocks.find() is None


async def test_what_begins_in_the_future_is_not_valid_yet(store: Storage) -> None:
    """It was made by a clock that was ahead: it would be valid for as long."""
    ahead = NOW + YEAR
    session = replace(SESSION, created_at=ahead, seen_at=ahead, expires_at=ahead + 3600)
    grant = replace(GRANT, created_at=ahead, code_hash=b"code", code_expires_at=ahead + 60)
    token = replace(REFRESH, created_at=ahead, expires_at=ahead + 3600)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(session)
        await tx.grants.add(grant)
        await tx.tokens.add(token)
    for now, is_valid in ((NOW, False), (ahead - SKEW_SECONDS, True)):
        async with store.transaction("acme") as tx:
            assert (await tx.sessions.find(session.id_hash, now) is not None) is is_valid
            assert (await tx.tokens.find(token.token_hash, "refresh", now) is not None) is is_valid
            assert await tx.tokens.rotate(token.token_hash, now) is is_valid
            assert (await tx.grants.consume_code(b"code", now) is not None) is is_valid


async def test_what_was_made_ahead_ends_and_what_waits_does_not_wait_as_long(store: Storage) -> None:
    since, leap = NOW + YEAR, YEAR
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(SESSION)
        await tx.sessions.add(replace(SESSION, id_hash=b"ahead", sid="ahead", seen_at=since))
        await tx.budgets.spend("now", 5, 1800, NOW)
        await tx.budgets.spend("ahead", 5, 1800, since)
        assert await tx.audit_turns.claim("link", "dead", since, since + 5)
    async with store.transaction("acme") as tx:
        assert await tx.clocks.bring_back(since, leap) == 3
    async with store.transaction("acme") as tx:
        assert await tx.sessions.find(SESSION.id_hash, NOW) == SESSION
        assert await tx.sessions.find(b"ahead", NOW) is None
        for subject in ("now", "ahead"):
            budget = await tx.budgets.find(subject)
            assert budget is not None and budget.until == NOW + 1800
        assert await tx.audit_turns.claim("link", "living", NOW + 5, NOW + 10)


async def test_keys_that_were_turned_ahead_were_turned_now(store: Storage) -> None:
    since, leap = NOW + YEAR, YEAR
    authority = AuthorityRecord("a1", "active", b"sealed", b"certificate", NOW, NOW)
    issued = IssuedCertificate("01", "a1", "u1", NOW, since + YEAR)

    async def state() -> tuple[object, ...]:
        async with store.snapshot("acme") as tx:
            rings = tx.signing_keys, tx.certified_keys, tx.authorities
            turned = [(each.created_at, each.changed_at) for ring in rings for each in await ring.list()]
            return *turned, [each.revoked_at for each in await tx.issued_certificates.list()]

    async with store.transaction("acme") as tx:
        for kid, at in (("old", NOW), ("new", since)):
            await tx.signing_keys.add(replace(SIGNING_KEY, kid=kid, created_at=at, changed_at=at))
            await tx.certified_keys.add(replace(CERTIFIED_KEY, kid=kid, created_at=at, changed_at=at))
        await tx.authorities.add(authority)
        await tx.issued_certificates.add(issued)
    before = await state()
    async with store.transaction("acme") as tx:
        assert await tx.clocks.bring_back(since + 1, leap) == 0
    assert await state() == before
    async with store.transaction("acme") as tx:
        assert await tx.signing_keys.move("old", "retired", since + 5)
        assert await tx.certified_keys.move("old", "retired", since + 5)
        assert await tx.authorities.move("a1", "retired", since + 5)
        assert await tx.issued_certificates.revoke_unheld("u1", since + 5)
        assert await tx.clocks.bring_back(since, leap) == 6
    turned = [(NOW, NOW + 5), (NOW, NOW)]
    told = await state()
    assert sorted(told[:2]) == sorted(told[2:4]) == sorted(turned)  # type: ignore[type-var]
    assert told[4:] == ((NOW, NOW + 5), [NOW + 5])
