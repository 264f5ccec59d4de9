"""A session that is over ends at its services too, where the tenant wants that."""

from __future__ import annotations

from dataclasses import replace

from idp.outcome import Accept
from idp.sweeping import sign_out_expired
from idp.tenant import Service
from storage.records import Grant
from tests.login.conftest import NOW, House

IDLE, ABSOLUTE = 3600, 43200


async def entered(house: House) -> str:
    """alice signs in, and goes to a service that is told and to one that is without a door; the `sid`."""
    services = {"wiki": Service("wiki", {"en": "wiki"}, {"oidc": object()}), "vpn": Service("vpn", {}, {})}
    house.tenant = replace(house.tenant, services=services)
    outcome = await house.login("alice")
    assert isinstance(outcome, Accept)
    sid = outcome.authentication.sid
    async with house.store.transaction("acme") as tx:
        for number, (service, scope) in enumerate(
            (("wiki", "openid"), ("wiki", "openid offline_access"), ("vpn", "openid"))
        ):
            words = (service, service, "id-alice", sid, tuple(scope.split()), {}, NOW, "", ())
            await tx.grants.add(Grant(f"g{number}", *words, NOW))  # type: ignore[arg-type]
    return sid


async def test_one_that_nobody_uses_is_signed_out(house: House) -> None:
    """Its services are to be told, once each; what was given for use without the user stays."""
    sid = await entered(house)
    assert await sign_out_expired(house.store, house.tenant, NOW + IDLE - 1) == 0
    assert await sign_out_expired(house.store, house.tenant, NOW + IDLE) == 1
    async with house.store.snapshot("acme") as tx:
        (due,) = await tx.deliveries.list()
        assert (due.service, due.client_id, due.sid, due.user_id) == ("wiki", "wiki", sid, "id-alice")
        assert [grant.id for grant in await tx.grants.list(sid)] == ["g1"]
        (ended,) = await tx.audit.list(event="session.ended")
        assert (ended.details["sid"], ended.details["reason"]) == (sid, "idle")
    assert await sign_out_expired(house.store, house.tenant, NOW + IDLE) == 0


async def test_one_that_is_in_use_ends_at_its_absolute_end(house: House) -> None:
    await entered(house)
    assert house.caller.session is not None
    async with house.store.transaction("acme") as tx:
        (session,) = await tx.sessions.list("id-alice", NOW)
        await tx.sessions.touch(session.id_hash, NOW + ABSOLUTE - 1)
    assert await sign_out_expired(house.store, house.tenant, NOW + ABSOLUTE - 1) == 0
    assert await sign_out_expired(house.store, house.tenant, NOW + ABSOLUTE) == 1
    async with house.store.snapshot("acme") as tx:
        assert len(await tx.deliveries.list()) == 1
        (ended,) = await tx.audit.list(event="session.ended")
        assert ended.details["reason"] == "over"
