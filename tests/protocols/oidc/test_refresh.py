"""Refresh tokens: given only where they are wanted, used once, bound to their client."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Prober, claims

pytestmark = pytest.mark.both_stores


async def test_only_offline_access_gives_one(rp: Prober) -> None:
    """OpenID Connect Core §11; pyop gives one to everybody."""
    assert "refresh_token" not in await rp.tokens(scope="openid email")
    assert "refresh_token" in await rp.tokens()


async def test_a_service_that_may_not_have_one_gets_none(rp: Prober) -> None:
    tokens = await rp.other("online", secret=rp.secret).tokens()
    assert "refresh_token" not in tokens
    assert "offline_access" not in tokens["scope"]


async def test_it_is_exchanged_for_new_tokens(rp: Prober) -> None:
    """oidcc-refresh-token: the ID token keeps iss, sub, aud and auth_time, and has no nonce (Core §12.2)."""
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    before, after = claims(first["id_token"]), claims(second["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
        assert after[name] == before[name], name
    assert "nonce" not in after
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]
    assert (await rp.userinfo(second["access_token"])).status == 200
    assert (await rp.refresh(second["refresh_token"])).status == 200


async def test_used_again_it_takes_the_whole_family_with_it(brief: Prober) -> None:
    """THREAT_MODEL.md 14: refresh reuse revokes the family. Here the tenant allows no retry."""
    first = await brief.tokens()
    second = (await brief.refresh(first["refresh_token"])).json
    assert (await brief.refresh(first["refresh_token"])).error == "invalid_grant"
    assert (await brief.refresh(second["refresh_token"])).error == "invalid_grant"
    assert (await brief.userinfo(first["access_token"])).status == 401
    assert (await brief.userinfo(second["access_token"])).status == 401


async def test_an_honest_retry_gets_the_same_answer(rp: Prober) -> None:
    """The network lost the answer: nothing is revoked, and nothing more is issued."""
    first = await rp.tokens()
    lost = await rp.refresh(first["refresh_token"])
    again = await rp.refresh(first["refresh_token"])
    assert (again.status, again.text) == (200, lost.text)
    assert again.headers["Cache-Control"] == "no-store"
    assert (await rp.userinfo(again.json["access_token"])).status == 200
    assert (await rp.refresh(again.json["refresh_token"])).status == 200


async def test_who_has_heard_the_answer_does_not_retry(rp: Prober) -> None:
    """THREAT_MODEL.md 14: once the new token was used the old one is a stolen one, however soon it comes."""
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    third = (await rp.refresh(second["refresh_token"])).json
    assert (await rp.refresh(first["refresh_token"])).error == "invalid_grant"
    assert (await rp.refresh(third["refresh_token"])).error == "invalid_grant"
    assert (await rp.userinfo(third["access_token"])).status == 401


async def test_another_request_is_no_retry(rp: Prober) -> None:
    """A retry repeats the request; what asks for another scope is a second use."""
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    assert (await rp.refresh(first["refresh_token"], scope="openid")).error == "invalid_grant"
    assert (await rp.refresh(second["refresh_token"])).error == "invalid_grant"


async def test_a_retry_is_the_same_clients(rp: Prober) -> None:
    """THREAT_MODEL.md 13: another client that heard of the token gets nothing, and spoils nothing."""
    first = await rp.tokens()
    lost = await rp.refresh(first["refresh_token"])
    assert (
        await rp.other("other", secret=rp.secret).refresh(first["refresh_token"])
    ).error == "invalid_grant"
    assert (await rp.refresh(first["refresh_token"])).text == lost.text


async def test_a_retry_of_a_revoked_grant_gets_nothing(rp: Prober) -> None:
    first = await rp.tokens()
    second = (await rp.refresh(first["refresh_token"])).json
    form = {"token": second["refresh_token"]}
    await rp.post("/oidc/revoke", urlencode(form), rp.authentication({}))
    assert (await rp.refresh(first["refresh_token"])).error == "invalid_grant"


async def test_another_grant_of_the_same_user_stays(brief: Prober) -> None:
    first, untouched = await brief.tokens(), await brief.tokens()
    await brief.refresh(first["refresh_token"])
    await brief.refresh(first["refresh_token"])
    assert (await brief.userinfo(untouched["access_token"])).status == 200
    assert (await brief.refresh(untouched["refresh_token"])).status == 200


async def test_another_client_cannot_use_it_nor_spoil_it(rp: Prober) -> None:
    """THREAT_MODEL.md 13: client A's refresh token from client B. libraries.md §2 fault 1: pyop accepts it."""
    token = (await rp.tokens())["refresh_token"]
    other, public = rp.other("other", secret=rp.secret), rp.other("spa", method="none")
    assert (await other.refresh(token)).error == "invalid_grant"
    assert (await public.refresh(token)).error == "invalid_grant"
    assert (await rp.refresh(token)).status == 200


async def test_it_never_grows(rp: Prober) -> None:
    """RFC 6749 §6: no scope beyond the original; a refused request does not spend it, a narrower one does
    not shrink it.
    """
    tokens = await rp.tokens(scope="openid email offline_access")
    assert (await rp.refresh(tokens["refresh_token"], scope="openid profile")).error == "invalid_scope"
    narrowed = (await rp.refresh(tokens["refresh_token"], scope="openid")).json
    assert narrowed["scope"] == "openid"
    again = (await rp.refresh(narrowed["refresh_token"])).json
    assert set(again["scope"].split()) == {"openid", "email", "offline_access"}


async def test_what_is_no_refresh_token_is_refused(rp: Prober) -> None:
    for token in ("unknown", "é", "x" * 5000):
        assert (await rp.refresh(token)).error == "invalid_grant"
    assert (await rp.refresh("", refresh_token=None)).error == "invalid_request"


async def test_a_public_client_rotates_too(rp: Prober) -> None:
    """RFC 9700 §2.2.2."""
    public = rp.other("spa", method="none")
    first = await public.tokens()
    second = (await public.refresh(first["refresh_token"])).json
    assert second["refresh_token"] != first["refresh_token"]
    assert (await public.refresh(second["refresh_token"])).status == 200
    assert (await public.refresh(first["refresh_token"])).error == "invalid_grant"
