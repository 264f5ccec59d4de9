"""The token endpoint: who may redeem what, and how it says no."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Prober
from tests.server import Server, eventually


async def test_tokens_are_never_cached(rp: Prober) -> None:
    """RFC 6749 §5.1."""
    answer = await rp.redeem(await rp.code())
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_in"] > 0


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unauthorized_client"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": "é"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://wiki.example.com/cb?"}, "invalid_grant"),
        ({"redirect_uri": "https://wiki.example.com/cb?tenant=1"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code_verifier": "a" * 43}, "invalid_grant"),
        ({"code_verifier": "é" * 50}, "invalid_grant"),
    ],
)
async def test_a_fault_is_named_as_the_standard_names_it(
    rp: Prober, changed: dict[str, str | None], error: str
) -> None:
    """RFC 6749 §5.2, RFC 7636 §4.6; and no description repeats what was sent."""
    code = await rp.code()
    answer = await rp.redeem(code, **changed)
    assert (answer.status, answer.error) == (400, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert code not in answer.text


async def test_a_verifier_without_a_challenge_is_a_downgrade(rp: Prober) -> None:
    """THREAT_MODEL.md 12: PKCE downgrade: a verifier without challenge, or a challenge without verifier:
    refused.
    """
    old = rp.other("old", secret=rp.secret)
    code = await old.code(code_challenge=None, code_challenge_method=None)
    assert (await old.redeem(code)).error == "invalid_grant"
    code = await old.code()
    assert (await old.redeem(code, code_verifier=None)).error == "invalid_grant"


async def test_a_wrong_client_secret_is_unauthorized(rp: Prober) -> None:
    """RFC 6749 §5.2: 401 with a challenge; an unknown client looks the same."""
    code = await rp.code()
    rp.secret = "wrong"
    wrong = await rp.redeem(code)
    rp.client_id = "nobody"
    unknown = await rp.redeem(code)
    assert (wrong.status, wrong.error) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic ")
    assert (unknown.status, unknown.text) == (wrong.status, wrong.text)


async def test_a_client_authenticates_by_its_own_method_only(rp: Prober) -> None:
    code = await rp.code()
    rp.method = "client_secret_post"
    assert (await rp.redeem(code)).error == "invalid_client"
    rp.secret = None
    assert (await rp.redeem(code)).error == "invalid_client"


async def test_each_method_of_client_authentication_works(rp: Prober) -> None:
    post = rp.other("post", secret=rp.secret, method="client_secret_post")
    assert "access_token" in await post.tokens()
    public = rp.other("spa", method="none")
    assert "access_token" in await public.tokens()


async def test_a_code_is_worth_nothing_to_another_client(rp: Prober) -> None:
    """THREAT_MODEL.md 13: A value made for one purpose is never taken for another; nor by another client."""
    other = rp.other("other", secret=rp.secret)
    stolen = await other.redeem(await rp.code(), redirect_uri=rp.redirect_uri, code_verifier=rp.verifier)
    assert stolen.error == "invalid_grant"
    public = rp.other("spa", method="none")
    stolen = await public.redeem(await rp.code(), redirect_uri=rp.redirect_uri, code_verifier=rp.verifier)
    assert stolen.error == "invalid_grant"


async def test_a_value_serves_only_what_it_was_made_for(rp: Prober) -> None:
    """THREAT_MODEL.md 13: code as token, refresh token as code, client A's refresh token from client B."""
    code = await rp.code()
    assert (await rp.userinfo(code)).status == 401
    assert (await rp.refresh(code)).error == "invalid_grant"
    tokens = (await rp.redeem(code)).json
    access, refresh, identity = tokens["access_token"], tokens["refresh_token"], tokens["id_token"]
    for token in (refresh, identity):
        assert (await rp.userinfo(token)).status == 401
        assert (await rp.redeem(token)).error == "invalid_grant"
    for token in (access, identity):
        assert (await rp.refresh(token)).error == "invalid_grant"
        assert (await rp.redeem(token)).error == "invalid_grant"
    assert (await rp.userinfo(access)).status == 200


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id"])
async def test_a_parameter_sent_twice_is_refused(rp: Prober, name: str) -> None:
    """RFC 6749 §3.2."""
    form = {
        "grant_type": "authorization_code",
        "code": await rp.code(),
        "redirect_uri": rp.redirect_uri,
        "code_verifier": rp.verifier,
        "client_id": rp.client_id,
    }
    headers = rp.authentication({})
    answer = await rp.post("/oidc/token", urlencode([*form.items(), (name, form[name])]), headers)
    assert (answer.status, answer.error) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"grant_type=authorization_code", "text/plain"),
        (b"grant_type=authorization_code", "multipart/form-data; boundary=x"),
        (b"grant_type=%ff", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"code=%00", "application/x-www-form-urlencoded"),
        (b"code=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"p%d=1" % n for n in range(200)), "application/x-www-form-urlencoded"),
    ],
)
async def test_what_is_no_form_of_ours_is_a_bad_request(rp: Prober, body: bytes, content_type: str) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded depth, length, time: no 5xx, no trace shown."""
    answer = await rp.post("/oidc/token", body, {"Content-Type": content_type} | rp.authentication({}))
    assert (answer.status, answer.error) == (400, "invalid_request")


async def test_only_post_reaches_it(rp: Prober) -> None:
    """RFC 6749 §3.2."""
    answer = await rp.get("/oidc/token?grant_type=authorization_code&code=x")
    assert answer.status == 405
    assert "POST" in answer.headers["Allow"]


async def test_the_log_holds_no_code_and_no_token(rp: Prober, server: Server) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a code, token, answer, pattern or password."""
    code = await rp.code()
    tokens = (await rp.redeem(code)).json
    await rp.redeem(code)
    await rp.userinfo(tokens["access_token"])
    await rp.refresh(tokens["refresh_token"])
    secrets = [
        code,
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
        rp.verifier,
        rp.secret,
    ]
    await eventually(lambda: '"/oidc/userinfo"' in server.log)
    for secret in secrets:
        assert secret
        assert secret not in server.log
