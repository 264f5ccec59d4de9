"""Redirect URIs are compared as strings; nothing is decoded, normalised or cut."""

from __future__ import annotations

import pytest

from protocols.oidc.redirect_uri import is_registered, origin, registrable

HTTPS = "https://rp.example.com/cb"
LOOPBACK = "http://127.0.0.1:9000/cb"
REGISTERED = (HTTPS, "https://rp.example.com/cb?tenant=1", LOOPBACK, "http://[::1]/cb", "com.example.app:/cb")

VARIATIONS = [
    "https://rp.example.com/cb/",
    "https://rp.example.com/cb/../evil",
    "https://rp.example.com/cb/..",
    "https://rp.example.com/./cb",
    "https://rp.example.com//cb",
    "https://rp.example.com/cb;x",
    "https://rp.example.com/cb%2e%2e",
    "https://rp.example.com/%63b",
    "https://rp.example.com/cb%00",
    "https://rp.example.com\\@evil.example/cb",
    "https://evil.example\\.rp.example.com/cb",
    "https://rp.example.com@evil.example/cb",
    "https://user@rp.example.com/cb",
    "https://rp.example.com:443/cb",
    "https://rp.example.com.evil.example/cb",
    "https://rp.example.com./cb",
    "https://rp.example.com/cb#fragment",
    "https://rp.example.com/cb?",
    "https://rp.example.com/cb?x=1",
    "https://rp.example.com/cb?tenant=1&x=1",
    "https://rp.example.com/cb?tenant=2",
    "https://RP.example.com/cb",
    "HTTPS://rp.example.com/cb",
    "https://rp.example.com/CB",
    " https://rp.example.com/cb",
    "https://rp.example.com/cb ",
    "https://rp.example.com/cb\n",
    "http://rp.example.com/cb",
    "//rp.example.com/cb",
    "/cb",
    "",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://127.0.0.1:9000/cb/",
    "http://127.0.0.1:9000/CB",
    "http://127.0.0.1:80@evil.example/cb",
    "http://127.0.0.1:9000@evil.example/cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:9000evil.example/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1:123456/cb",
    "http://127.0.0.2:9000/cb",
    "http://localhost:9000/cb",
    "http://0x7f000001:9000/cb",
    "https://127.0.0.1:9000/cb",
    "http://[::1]:1/cb#f",
    "http://[::0001]/cb",
    "com.example.app:/cb/",
    "com.example.app://cb",
    "com.example.app2:/cb",
]


@pytest.mark.parametrize("uri", VARIATIONS)
def test_a_variation_is_not_the_registered_one(uri: str) -> None:
    """THREAT_MODEL.md 10: redirect_uri by exact string; `..`, `;`, `%2e`, `\\`, user-info, fragment, other
    case: refused.
    """
    assert not is_registered(uri, REGISTERED)


@pytest.mark.parametrize("uri", REGISTERED)
def test_the_registered_string_matches(uri: str) -> None:
    assert is_registered(uri, REGISTERED)


@pytest.mark.parametrize(
    "uri",
    ["http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://127.0.0.1/cb", "http://[::1]:40001/cb"],
)
def test_only_a_loopback_port_may_vary(uri: str) -> None:
    """THREAT_MODEL.md 10: only a loopback port may vary (RFC 8252 §7.3)."""
    assert is_registered(uri, REGISTERED)


@pytest.mark.parametrize(
    "uri",
    [
        HTTPS,
        LOOPBACK,
        "http://localhost/cb",
        "http://[::1]:8/cb",
        "com.example.app:/cb",
        "https://h:8443/a?b=c",
    ],
)
def test_what_may_be_registered(uri: str) -> None:
    assert registrable(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example.com/cb#f",
        "https://user@rp.example.com/cb",
        "https://user:pw@rp.example.com/cb",
        "https://rp.example.com/a/../b",
        "https://rp.example.com/a/%2E%2e/b",
        "https://*.example.com/cb",
        "https://rp.example.com;sandbox/cb",
        "https://rp.example.com,evil.example.com/cb",
        "https://'self'/cb",
        "https://%72p.example.com/cb",
        "https://rp.example.com:x/cb",
        "https://rp.example.com:/cb",
        "https://rp.example.com\\cb",
        "https://rp.example.com/c b",
        "https://社内.example/cb",
        "https:///cb",
        "http://rp.example.com/cb",
        "javascript:alert(1)",
        "app:/cb",
        "com.example.app://host/cb",
        "//rp.example.com/cb",
        "/cb",
    ],
)
def test_what_may_not_be_registered_is_a_mistake_in_words(uri: str) -> None:
    with pytest.raises(ValueError, match="must"):
        registrable(uri)


def test_an_origin_is_scheme_and_authority() -> None:
    assert origin("https://RP.example.com:8443/cb?x=1") == "https://rp.example.com:8443"
    assert origin("com.example.app:/cb") is None
