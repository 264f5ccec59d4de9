"""Sessions that their user ends from another one, those of NASes too, and never another user's."""

from __future__ import annotations

from dataclasses import replace

from idp.logout import ending, revocation
from idp.outcome import Reason, Reject
from idp.tenant import Service
from idp.visit import Visit
from storage.network import NetworkSession
from storage.records import Grant, User
from tests.login.conftest import NOW, House


def vpn(user: User, name: str) -> NetworkSession:
    return NetworkSession(
        name, "vpn", user.id, user.username, "192.0.2.1", name, "198.51.100.7", "", NOW, NOW, None, NOW + 900
    )


async def test_a_nas_is_asked_to_end_what_the_user_ends_and_nobody_elses(house: House) -> None:
    """THREAT_MODEL.md 19: another user's id, or a wrong one, ends nothing."""
    tenant = replace(house.tenant, services={"vpn": Service("vpn", {"en": "VPN"}, {"radius": object()})})
    async with house.store.transaction(tenant.name) as tx:
        visit = Visit(tx, tenant, house.caller, NOW)
        alice, bob = await tx.users.find("id-alice"), await tx.users.find("id-bob")
        assert alice is not None and bob is not None
        for session in (vpn(alice, "n1"), vpn(alice, "n2"), vpn(bob, "n3")):
            await tx.network_sessions.replace(session)
        _, networks = await ending.live(visit, alice)
        assert [each.id for each in networks] == ["n1", "n2"]
        for chosen, expected in (("n3", 0), ("", 0), ("n2", 1), (None, 2)):
            ended = await ending.end(visit, {}, alice, chosen, keep="")
            assert (ended.count, len(ended.networks)) == (expected, expected)
        asked = await tx.deliveries.list(limit=9)
        assert sorted(each.sid for each in asked) == ["n1", "n2", "n2"]
    assert await house.events("session.disconnected") == 3


async def test_with_a_proof_that_is_worth_nothing_sessions_end_everywhere(house: House) -> None:
    """Who gets a new pattern, or whose phone is lost, is signed in nowhere: services are told and
    NASes asked, what a service holds of the session is void, and another user's stays."""
    doors = {"vpn": "radius", "wiki": "oidc"}
    begun = await house.answer(await house.begin("vpn"), "alice")
    begun = await house.answer(begun, house.right(begun))  # somebody knows the first of two proofs
    await house.login("alice")
    async with house.store.transaction(house.tenant.name) as tx:
        alice, bob = await tx.users.find("id-alice"), await tx.users.find("id-bob")
        assert alice is not None and bob is not None
        (session,) = await tx.sessions.list(alice.id, NOW)
        for grant_id, scope in (("g1", ("openid",)), ("g2", ("openid", "offline_access"))):
            await tx.grants.add(
                Grant(grant_id, "wiki", "wiki", alice.id, session.sid, scope, {}, NOW, "", (), NOW)
            )
        await tx.network_sessions.replace(vpn(alice, "n1"))
        await tx.network_sessions.replace(vpn(bob, "n2"))
        assert await revocation.end_all(tx, doors, alice.id, NOW, reason="lost") == 1
        assert await revocation.end_all(tx, doors, alice.id, NOW, reason="lost") == 0
        assert await tx.sessions.list(alice.id, NOW) == []
        assert await tx.grants.find("g1") is None and await tx.grants.find("g2") is not None
        told = {(each.service, each.sid) for each in await tx.deliveries.list(limit=9)}
        assert told == {("wiki", session.sid), ("vpn", "n1")}
    over = await house.answer(begun, house.right(begun))
    assert isinstance(over, Reject) and over.reason is Reason.EXPIRED, "and does not get in by the second"


async def test_a_session_that_was_idle_for_too_long_is_not_shown_and_ended_all_the_same(house: House) -> None:
    await house.login("alice")
    async with house.store.transaction(house.tenant.name) as tx:
        alice = await tx.users.find("id-alice")
        assert alice is not None
        later = Visit(tx, house.tenant, house.caller, NOW + house.tenant.settings.session.idle_seconds)
        assert [len(each) for each in await ending.live(later, alice)] == [0, 0]
        ended = await ending.end(later, {}, alice, None, keep="another")
        assert ended.count == 1 and ended.departure.told == ()
