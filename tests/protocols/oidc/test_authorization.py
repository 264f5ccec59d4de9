"""The authorization endpoint: what is shown on a page of ours, and what is reported to the client."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.protocols.oidc.prober import Prober
from tests.protocols.oidc.test_redirect_uri import VARIATIONS

REPORTED = [
    ({"response_type": None}, "invalid_request"),
    ({"response_type": ""}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code code"}, "unsupported_response_type"),
    ({"response_type": "none"}, "unsupported_response_type"),
    ({"response_type": "id_token"}, "unauthorized_client"),
    ({"response_type": "code id_token"}, "unauthorized_client"),
    ({"response_type": "token id_token code"}, "unauthorized_client"),
    ({"response_mode": "query.jwt"}, "invalid_request"),
    ({"response_mode": "bogus"}, "invalid_request"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": "openidx"}, "invalid_scope"),
    ({"request": "a.b.c"}, "request_not_supported"),
    ({"request": "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJ3aWtpIn0."}, "request_not_supported"),
    ({"request_uri": "https://wiki.example.com/r"}, "request_uri_not_supported"),
    ({"request_uri": "http://169.254.169.254/"}, "request_uri_not_supported"),
    ({"registration": "{}"}, "registration_not_supported"),
    ({"prompt": "bogus"}, "invalid_request"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"prompt": "create"}, "invalid_request"),
    ({"max_age": "abc"}, "invalid_request"),
    ({"max_age": "-1"}, "invalid_request"),
    ({"max_age": "1.5"}, "invalid_request"),
    ({"max_age": "٣"}, "invalid_request"),
    ({"max_age": "9" * 30}, "invalid_request"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": ""}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "S512"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "é" * 43}, "invalid_request"),
    ({"claims": "{"}, "invalid_request"),
    ({"claims": "[]"}, "invalid_request"),
    ({"claims": '{"userinfo": []}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": "yes"}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"values": "a"}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"acr": {"essential": "yes"}}}'}, "invalid_request"),
    ({"claims": "[" * 2000}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"value": %s}}}' % ("[" * 252 + "]" * 252)}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"value": "\\ud800"}}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"\\ud800": null}}'}, "invalid_request"),
    ({"claims": '{"userinfo": {"email": {"value": NaN}}}'}, "invalid_request"),
    ({"id_token_hint": "a.b.c"}, "invalid_request"),
]


@pytest.mark.parametrize("post", [False, True])
@pytest.mark.parametrize(("changed", "error"), REPORTED)
async def test_a_fault_of_the_request_is_reported_to_the_client(
    rp: Prober, changed: dict[str, str | None], error: str, post: bool
) -> None:
    """RFC 6749 §4.1.2.1, RFC 9207 §2: with state and issuer. libraries.md §2: pyop answered many of these
    with 500.
    """
    answer = await (rp.authorize_by_post if post else rp.authorize)(**changed)
    assert answer.status == 303, answer.text
    tokens = {"token", "id_token"} & set((changed.get("response_type") or "").split())
    assert answer.headers["Location"].startswith(f"{rp.redirect_uri}{'#' if tokens else '?'}")
    assert answer.error == error
    assert (answer.said["state"], answer.said["iss"]) == ("a state", rp.issuer)
    assert "code" not in answer.said


@pytest.mark.parametrize("uri", [*VARIATIONS, "https://other.example.com/cb"])
async def test_an_unregistered_redirect_uri_is_answered_here(rp: Prober, uri: str) -> None:
    """THREAT_MODEL.md 10: redirect_uri by exact string (only a loopback port may vary): refused on a local
    page.
    """
    answer = await rp.authorize(redirect_uri=uri)
    assert answer.status == 400
    assert "<code>invalid_request</code>" in answer.text, "the page says which error it is"
    assert "Location" not in answer.headers
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": ""},
        {"client_id": "nobody"},
        {"client_id": "nobody", "redirect_uri": "https://evil.example/"},
        {"client_id": "WIKI"},
        {"redirect_uri": None},
    ],
)
async def test_without_a_known_client_nothing_is_redirected(
    rp: Prober, changed: dict[str, str | None]
) -> None:
    """THREAT_MODEL.md 10: refused on a local page, also where exactly one redirect URI is registered."""
    answer = await rp.authorize(**changed)
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(("changed", "_error"), REPORTED)
async def test_no_other_fault_opens_the_redirect(
    rp: Prober, changed: dict[str, str | None], _error: str
) -> None:
    """libraries.md §2 fault 2: open redirect: any fault with a foreign redirect_uri stays on a local page."""
    answer = await rp.authorize(redirect_uri="https://evil.example/cb", **changed)
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "name", ["client_id", "redirect_uri", "state", "scope", "nonce", "prompt", "code_challenge"]
)
async def test_a_parameter_sent_twice_is_refused(rp: Prober, name: str) -> None:
    """RFC 6749 §3.1: parameters must not be included more than once."""
    request = rp.request(prompt="login")
    answer = await rp.get("/oidc/authorize?" + urlencode([*request.items(), (name, request[name])]))
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("query", ["", "%", "%ff=%fe", "a=%00", "client_id=wiki%00", "=", "&&&", "x" * 7000])
async def test_nonsense_is_a_bad_request(rp: Prober, query: str) -> None:
    assert (await rp.get(f"/oidc/authorize?{query}")).status == 400


async def test_a_body_of_another_kind_or_size_is_a_bad_request(rp: Prober) -> None:
    body = urlencode(rp.request())
    assert (await rp.post("/oidc/authorize", body, {"Content-Type": "application/json"})).status == 400
    assert (await rp.post("/oidc/authorize", body + "&pad=" + "x" * 20_000)).status == 400


async def test_unknown_parameters_and_scopes_are_ignored(rp: Prober) -> None:
    """RFC 6749 §3.1, OpenID Connect Core §3.1.2.1; and display, locales and acr_values are wishes only."""
    answer = await rp.authorize(
        claims='{"userinfo": {"age": {"value": 123456789012345678901234567890}}}',
        scope="openid unknown phone",
        foo="bar",
        display="wap",
        acr_values="x y",
        claims_locales="ja",
    )
    assert "code" in answer.query
    assert (await rp.redeem(answer.query["code"])).json["scope"] == "openid"


async def test_state_comes_back_as_it_was(rp: Prober) -> None:
    state = 'a&b=c#d +%20"<>é\r\nSet-Cookie: x'
    answer = await rp.authorize(state=state)
    assert answer.query["state"] == state
    assert "Set-Cookie: x" not in str(answer.headers)
    assert "state" not in (await rp.authorize(state=None)).query


async def test_the_answer_is_not_kept_anywhere(rp: Prober) -> None:
    answer = await rp.authorize()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_a_loopback_port_may_vary_and_a_registered_query_stays(rp: Prober) -> None:
    """RFC 8252 §7.3, RFC 6749 §3.1.2."""
    native = await rp.authorize(redirect_uri="http://127.0.0.1:54321/cb")
    assert native.headers["Location"].startswith("http://127.0.0.1:54321/cb?code=")
    queried = await rp.authorize(redirect_uri="https://wiki.example.com/cb?tenant=1")
    assert queried.headers["Location"].startswith("https://wiki.example.com/cb?tenant=1&code=")


async def test_where_pkce_is_optional_a_client_without_it_gets_in(rp: Prober) -> None:
    """The per-service exception, off by default (clients.md)."""
    old = rp.other("old", secret=rp.secret)
    code = await old.code(code_challenge=None, code_challenge_method=None)
    assert (await old.redeem(code, code_verifier=None)).status == 200
