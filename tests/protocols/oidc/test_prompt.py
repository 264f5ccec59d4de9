"""prompt, max_age and the hints: how a client steers whether the user is asked."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from protocols.oidc.authorization import wish_of
from tests.protocols.oidc.prober import Prober, claims, header


def encode(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def is_login_page(text: str) -> bool:
    return 'name="username"' in text


async def test_none_with_a_session_answers_at_once(rp: Prober) -> None:
    """oidcc-prompt-none-logged-in."""
    assert "code" in (await rp.authorize(prompt="none")).query


async def test_none_without_a_session_asks_nothing(rp: Prober) -> None:
    """oidcc-prompt-none-not-logged-in."""
    rp.cookie = ""
    answer = await rp.authorize(prompt="none")
    assert (answer.status, answer.error) == (303, "login_required")
    assert answer.query["state"] == "a state"
    assert answer.query["iss"] == rp.issuer


async def test_none_where_more_must_be_proven(rp: Prober) -> None:
    """OpenID Connect Core §3.1.2.6."""
    strict = rp.other("strict", secret=rp.secret)
    assert (await strict.authorize(prompt="none")).error == "interaction_required"


async def test_none_where_the_user_may_not_enter(rp: Prober) -> None:
    """OpenID Connect Core §3.1.2.6: no page may be shown, not even a denial."""
    closed = rp.other("closed", secret=rp.secret)
    assert (await closed.authorize(prompt="none")).error == "access_denied"
    assert (await closed.authorize()).status == 403


async def test_login_asks_in_spite_of_the_session(rp: Prober) -> None:
    """oidcc-prompt-login."""
    answer = await rp.authorize(prompt="login")
    assert answer.status == 200
    assert is_login_page(answer.text)
    assert is_login_page((await rp.authorize(max_age="0")).text)


async def test_a_login_that_is_asked_for_cannot_be_passed_by(rp: Prober) -> None:
    """THREAT_MODEL.md 19: only a login that is over, and waits for a certificate, goes on without an answer.

    Whoever sits down at a browser that is signed in has its session, and shall prove himself.
    """
    (form,) = (each for each in (await rp.authorize(prompt="login")).page.forms if "step" in each.fields)
    interaction, own = form.fields["interaction"], {"Cookie": rp.cookie}
    for _ in range(2):
        passed = await rp.get(f"/login/onward?interaction={interaction}", own)
        assert (passed.status, passed.headers.get("Location")) == (400, None)
    again = await rp.get(f"/login?interaction={interaction}", own)
    assert is_login_page(again.text), "nor does it end for whoever answers"


async def test_consent_is_what_the_organisation_gave(rp: Prober) -> None:
    """Also to offline_access (OpenID Connect Core §11), by listing that scope."""
    assert "refresh_token" in await rp.tokens(prompt=None)


async def test_an_account_is_selected_by_naming_it(rp: Prober) -> None:
    """OpenID Connect Core §3.1.2.1: the question who it is, in spite of the session."""
    answer = await rp.authorize(prompt="select_account")
    assert is_login_page(answer.text)


async def test_a_session_young_enough_is_enough(rp: Prober) -> None:
    """oidcc-max-age-10000: and auth_time is when the user did prove himself."""
    first = claims((await rp.tokens(max_age="10000"))["id_token"])
    second = claims((await rp.tokens(max_age="10000"))["id_token"])
    assert first["auth_time"] == second["auth_time"]


async def test_a_session_too_old_is_not(rp: Prober) -> None:
    """oidcc-max-age-1."""
    await asyncio.sleep(2.1)
    assert is_login_page((await rp.authorize(max_age="1")).text)
    assert (await rp.authorize(max_age="1", prompt="none")).error == "login_required"


def test_no_age_at_all_asks_even_in_the_same_second() -> None:
    """OpenID Connect Core §3.1.2.1: max_age=0 is prompt=login."""
    assert wish_of({"max_age": "0"}).fresh
    assert not wish_of({"max_age": "1"}).fresh


async def test_a_hint_of_the_same_user_is_answered(rp: Prober) -> None:
    """oidcc-id-token-hint; pyop fails on every hint."""
    hint = (await rp.tokens())["id_token"]
    assert "code" in (await rp.authorize(prompt="none", id_token_hint=hint)).query


async def test_a_hint_of_another_user_is_not(rp: Prober, erin: Prober) -> None:
    """OpenID Connect Core §3.1.2.1."""
    hint = (await erin.tokens())["id_token"]
    answer = await rp.authorize(prompt="none", id_token_hint=hint)
    assert answer.error == "login_required"
    assert "code" not in answer.query


async def test_a_forged_hint_is_refused(rp: Prober) -> None:
    """THREAT_MODEL.md 11: `none`, an HMAC made with a public key, an empty key, `jku`/`x5u`/embedded `jwk`:
    refused.
    """
    token = (await rp.tokens())["id_token"]
    _, body, signature = token.split(".")
    genuine = header(token)
    other = encode(claims(token) | {"sub": "somebody"})
    forged = [
        f"{encode({'alg': 'none'})}.{body}.",
        f"{encode(genuine | {'alg': 'none'})}.{body}.",
        f"{encode(genuine | {'alg': 'none'})}.{body}.{signature}",
        f"{encode(genuine | {'alg': 'HS256'})}.{body}.{signature}",
        f"{encode(genuine | {'alg': 'ES256'})}.{body}.{signature}",
        f"{encode(genuine | {'jku': 'https://evil.example/'})}.{body}.{signature}",
        f"{encode(genuine | {'x5u': 'https://evil.example/'})}.{body}.{signature}",
        f"{encode(genuine | {'kid': 'unknown'})}.{body}.{signature}",
        f"{encode(genuine)}.{other}.{signature}",
        f"{encode(genuine)}.{body}.",
        f"{encode(genuine)}.{body}",
        token + "A",
        token.replace(".", ".."),
    ]
    for hint in forged:
        answer = await rp.authorize(id_token_hint=hint)
        assert answer.error == "invalid_request", hint


async def test_a_hint_for_another_client_is_refused(rp: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another."""
    hint = (await rp.other("other", secret=rp.secret).tokens())["id_token"]
    assert (await rp.authorize(id_token_hint=hint)).error == "invalid_request"


async def test_a_login_hint_is_shown_and_not_believed(rp: Prober) -> None:
    """oidcc-login-hint."""
    rp.cookie = ""
    answer = await rp.authorize(login_hint="alice")
    assert is_login_page(answer.text)
    assert 'value="alice"' in answer.text


@pytest.mark.parametrize("hint", ['"><script>alert(1)</script>', "a" * 3000, "\u202ealice", "\x01"])
async def test_a_hostile_login_hint_does_no_harm(rp: Prober, hint: str) -> None:
    rp.cookie = ""
    answer = await rp.authorize(login_hint=hint)
    assert answer.status == 200
    assert "<script>alert" not in answer.text
