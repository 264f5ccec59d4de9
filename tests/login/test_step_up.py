"""A session that proves something, and a service that wants more: nothing is gained on the way."""

from __future__ import annotations

import dataclasses

from idp import session
from idp.authenticators import table
from idp.config.tenant import TenantSettings
from idp.credentials import proofs
from idp.flow.conclusion import PORTAL
from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from idp.policy import Require, Rule
from idp.visit import Visit
from keys.token import hash_token
from storage.records import Proof, User
from tests.login.conftest import NOW, House


async def enter_the_wiki(house: House) -> Outcome:
    """Alice proves her pattern again, whatever session she has."""
    asked = await house.answer(await house.begin("wiki", Wish(fresh=True)), "alice")
    return await house.answer(asked, house.right(asked))


async def test_a_login_that_asks_for_less_gives_no_new_guesses_at_what_it_does_not_ask(house: House) -> None:
    """Whoever knows the pattern, and so can enter the wiki, must not be able to guess codes without end."""
    for _ in range(4):
        assert isinstance(await enter_the_wiki(house), Accept)
        code = await house.begin("vpn")
        assert isinstance(await house.answer(code, house.wrong(code)), Challenge)
    assert isinstance(await enter_the_wiki(house), Accept)
    code = await house.begin("vpn")
    locked = await house.answer(code, house.wrong(code))
    assert isinstance(locked, Reject)
    assert locked.reason is Reason.LOCKED
    assert isinstance(await enter_the_wiki(house), Accept), "what is locked is the code"


async def test_a_step_up_gives_no_new_guesses_at_what_the_session_proved(house: House) -> None:
    """Whoever has a session and the token must not be able to guess patterns without end."""
    await house.login("alice")
    house.now += 30
    code = await house.begin("vpn")
    asked = await house.answer(await house.begin("wiki", Wish(fresh=True)), "alice")
    for _ in range(4):
        asked = await house.answer(asked, house.wrong(asked))
    assert isinstance(await house.answer(code, house.right(code)), Accept)
    assert isinstance(await house.answer(asked, house.wrong(asked)), Reject)


async def test_a_step_up_ends_with_the_session_on_which_it_builds(house: House) -> None:
    await house.login("alice")
    session = house.caller.session
    house.now += 30
    code = await house.begin("vpn")
    async with house.store.transaction("acme") as tx:
        assert session is not None
        await tx.sessions.delete(hash_token(session))
    asked = await house.answer(code, house.right(code))
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "matrix", "the first proof ended with the session"
    assert isinstance(await house.answer(asked, house.right(asked)), Accept)


async def test_a_step_up_goes_on_where_the_session_was_renewed_meanwhile(house: House) -> None:
    await house.login("alice")
    house.now += 30
    code = await house.begin("vpn")
    await enter_the_wiki(house)
    assert isinstance(await house.answer(code, house.right(code)), Accept)


async def test_a_step_up_does_not_stretch_a_maximum_age(house: House) -> None:
    """OpenID Connect Core §3.1.2.1: beyond `max_age` the user is authenticated anew, with all that is asked."""
    await house.login("alice")
    house.now += 100
    missing = await house.begin("vpn", Wish(max_age=100))
    assert isinstance(missing, Challenge)
    assert missing.authenticator == "totp"
    everything = await house.begin("vpn", Wish(max_age=99))
    assert isinstance(everything, Challenge)
    assert everything.authenticator == "username"


async def test_who_changes_a_proof_gives_the_password_that_a_directory_knows(house: House) -> None:
    """THREAT_MODEL.md 18: One of two proofs does not make the other, wherever the other is kept."""
    ldap = {"servers": ["ldaps://dc1.example.com"], "bind_dn": "{user}@corp.example.com"}
    settings = TenantSettings.model_validate(
        {**house.tenant.settings.model_dump(), "domains": {"corp": {"ldap": ldap}}}
    )
    sections = {"password": table.find("password").Settings().within(settings, ())}  # type: ignore[attr-defined]
    opened = table.open_authenticators(sections, house.tenant.vault)
    rules = (
        Rule("portal", Require("portal", ("totp",)), services=frozenset({PORTAL})),
        Rule("others", Require("others", ("password", "totp"))),
    )
    tenant = dataclasses.replace(
        house.tenant, rules=rules, authenticators={**house.tenant.authenticators, **opened}
    )
    carl = User("id-carl", "carl", NOW, domain="corp")
    async with house.store.transaction("acme") as tx:
        await tx.users.add(carl)
        visit = Visit(tx, tenant, house.caller, NOW)
        held, _ = await session.establish(visit, carl, (Proof("totp", ("otp",), NOW),), "")
        assert await proofs.lacking(visit, carl, held, 300) == ("password",)
        both = dataclasses.replace(held, proofs=(*held.proofs, Proof("password", ("pwd",), NOW)))
        assert await proofs.lacking(visit, carl, both, 300) == ()
