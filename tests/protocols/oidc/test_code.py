"""Authorization codes: once, soon, and for whom they were made."""

from __future__ import annotations

import asyncio

import pytest

from tests.protocols.oidc.conftest import BRIEF_SECONDS
from tests.protocols.oidc.prober import Prober

pytestmark = pytest.mark.both_stores

RACERS = 50


async def test_a_code_that_comes_again_takes_back_what_it_gave(rp: Prober) -> None:
    """THREAT_MODEL.md 14: Code replay revokes what the code gave (oidcc-codereuse)."""
    code = await rp.code()
    tokens = (await rp.redeem(code)).json
    assert (await rp.userinfo(tokens["access_token"])).status == 200
    assert (await rp.redeem(code)).error == "invalid_grant"
    assert (await rp.userinfo(tokens["access_token"])).status == 401
    assert (await rp.refresh(tokens["refresh_token"])).error == "invalid_grant"


async def test_a_code_tried_with_a_wrong_verifier_is_burnt(rp: Prober) -> None:
    """THREAT_MODEL.md 12: who has the code but not the verifier gets one try, and the thief's try is the last."""
    code = await rp.code()
    assert (await rp.redeem(code, code_verifier="x" * 43)).error == "invalid_grant"
    assert (await rp.redeem(code)).error == "invalid_grant"


async def test_a_request_that_no_client_made_does_not_burn_a_code(rp: Prober) -> None:
    """Who cannot authenticate cannot take a code away from who can."""
    code = await rp.code()
    secret, rp.secret = rp.secret, "wrong"
    assert (await rp.redeem(code)).error == "invalid_client"
    rp.secret = secret
    assert (await rp.redeem(code)).status == 200


async def test_a_code_soon_ends(brief: Prober) -> None:
    """RFC 6749 §4.1.2: short-lived, here as short as a tenant may say."""
    code = await brief.code()
    await asyncio.sleep(BRIEF_SECONDS + 1)
    assert (await brief.redeem(code)).error == "invalid_grant"


async def test_of_many_redemptions_of_one_code_one_succeeds(rp: Prober) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel redemptions of one code exactly one succeeds, on SQLite and on
    PostgreSQL.
    """
    code = await rp.code()
    answers = await asyncio.gather(*(rp.redeem(code) for _ in range(RACERS)))
    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1
    assert {answer.error for answer in answers if answer.status != 200} == {"invalid_grant"}
    # The other 49 were replays: what the one got is worth nothing any more (THREAT_MODEL.md 14).
    assert (await rp.userinfo(won[0].json["access_token"])).status == 401


async def test_of_many_refreshes_of_one_token_one_succeeds(brief: Prober) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel refreshes of one token exactly one succeeds, on SQLite and on
    PostgreSQL.
    """
    token = (await brief.tokens())["refresh_token"]
    answers = await asyncio.gather(*(brief.refresh(token) for _ in range(RACERS)))
    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1
    others = {answer.error for answer in answers if answer.status != 200}
    assert others <= {"invalid_grant", "temporarily_unavailable"}, "a busy machine may say so"
    assert (await brief.refresh(won[0].json["refresh_token"])).error == "invalid_grant"


async def test_of_many_refreshes_of_one_token_within_the_grace_one_issues(rp: Prober) -> None:
    """THREAT_MODEL.md 15: 50 parallel retries get one and the same answer: exactly one of them issued tokens."""
    token = (await rp.tokens())["refresh_token"]
    answers = await asyncio.gather(*(rp.refresh(token) for _ in range(RACERS)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await rp.refresh(answers[0].json["refresh_token"])).status == 200


async def test_a_code_of_one_tenant_is_worth_nothing_at_another(rp: Prober, brief: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another; same client, same database."""
    verifier = rp.verifier
    assert (await brief.redeem(await rp.code(), code_verifier=verifier)).error == "invalid_grant"
    tokens = await rp.tokens()
    assert (await brief.refresh(tokens["refresh_token"])).error == "invalid_grant"
    assert (await brief.userinfo(tokens["access_token"])).status == 401
    assert (await brief.authorize(id_token_hint=tokens["id_token"])).error == "invalid_request"
    assert (await rp.userinfo(tokens["access_token"])).status == 200
