"""Revocation: a service gives back what it needs no more (RFC 7009)."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Answer, Prober
from tests.server import Server

pytestmark = pytest.mark.both_stores


async def revoke(asking: Prober, token: str | None, **more: str) -> Answer:
    form = {"token": token} if token is not None else {}
    form |= more
    headers = asking.authentication(form)
    return await asking.post("/oidc/revoke", urlencode(form), headers)


async def test_a_refresh_token_takes_its_grant_along(rp: Prober) -> None:
    """RFC 7009 §2.1: the access tokens of the same grant end too, and no other grant does."""
    tokens, untouched = await rp.tokens(), await rp.tokens()
    answer = await revoke(rp, tokens["refresh_token"], token_type_hint="refresh_token")
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await rp.userinfo(tokens["access_token"])).status == 401
    assert (await rp.refresh(tokens["refresh_token"])).error == "invalid_grant"
    assert (await rp.userinfo(untouched["access_token"])).status == 200


async def test_an_access_token_ends_alone(rp: Prober) -> None:
    tokens = await rp.tokens()
    assert (await revoke(rp, tokens["access_token"], token_type_hint="refresh_token")).status == 200
    assert (await rp.userinfo(tokens["access_token"])).status == 401
    assert (await rp.refresh(tokens["refresh_token"])).status == 200


async def test_a_refresh_token_that_was_used_ends_the_grant_too(rp: Prober) -> None:
    """Who gives back an old one means the whole: its successor must not live on."""
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    assert (await revoke(rp, first["refresh_token"])).status == 200
    assert (await rp.refresh(second["refresh_token"])).error == "invalid_grant"


async def test_what_is_worth_nothing_already_is_a_success(rp: Prober) -> None:
    """RFC 7009 §2.2."""
    token = (await rp.tokens())["refresh_token"]
    for given in (token, token, "unknown", "é", "x" * 5000, await rp.code()):
        assert (await revoke(rp, given)).status == 200


async def test_a_code_cannot_be_revoked_as_a_token(rp: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    code = await rp.code()
    assert (await revoke(rp, code)).status == 200
    assert (await rp.redeem(code)).status == 200


async def test_another_client_cannot_end_it(rp: Prober) -> None:
    """RFC 7009 §2.1: refused, and the client is told; not even the API that may introspect it."""
    tokens = await rp.tokens()
    strangers = [rp.other(name, secret=rp.secret) for name in ("other", "api")]
    for stranger in (*strangers, rp.other("spa", method="none")):
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert (await revoke(stranger, token)).error == "invalid_grant"
    assert (await rp.userinfo(tokens["access_token"])).status == 200
    assert (await rp.refresh(tokens["refresh_token"])).status == 200


async def test_a_public_client_gives_back_its_own(rp: Prober) -> None:
    public = rp.other("spa", method="none")
    tokens = await public.tokens()
    assert (await revoke(public, tokens["refresh_token"])).status == 200
    assert (await public.userinfo(tokens["access_token"])).status == 401


async def test_who_does_not_authenticate_ends_nothing(rp: Prober) -> None:
    token = (await rp.tokens())["access_token"]
    answer = await revoke(rp.other("wiki", secret="wrong"), token)
    assert (answer.status, answer.error) == (401, "invalid_client")
    assert (await rp.userinfo(token)).status == 200


async def test_a_request_without_token_is_malformed(rp: Prober) -> None:
    assert (await revoke(rp, None)).error == "invalid_request"
    assert (await rp.get("/oidc/revoke?token=a")).status == 405


async def test_it_is_announced_and_web_pages_may_call_it(rp: Prober) -> None:
    """RFC 7009 §2.3: for the browser applications whose origin is registered."""
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert said["revocation_endpoint"] == f"{rp.issuer}/oidc/revoke"
    origin = {"Origin": "https://spa.example.com"}
    asked = await rp.send("OPTIONS", "/oidc/revoke", None, origin)
    assert asked.headers["Access-Control-Allow-Origin"] == "https://spa.example.com"


async def test_it_is_in_the_audit_log(rp: Prober, server: Server) -> None:
    def told() -> Counter[str]:
        reason = "the service gave it back"
        return Counter(
            one["event"] for one in server.audit(limit=1_000_000) if one["details"].get("reason") == reason
        )

    tokens, before = await rp.tokens(), told()
    await revoke(rp, tokens["access_token"])
    await revoke(rp, tokens["refresh_token"])
    assert told() - before == {"token.revoked": 1, "grant.revoked": 1}
