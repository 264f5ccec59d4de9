"""Parsers in front of every door: forms, cookies, headers, names as they are typed, names for directories."""

from __future__ import annotations

import contextlib
import re
from functools import cache
from http.cookies import CookieError
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import bonsai
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request
from multidict import CIMultiDict, CIMultiDictProxy

from idp.agent import family
from idp.ldap.names import bind_name, search_filter
from idp.monitoring.otlp import PROPAGATOR
from idp.username import MAX_LENGTH, canonical, split
from idp.web import cookies
from idp.web.address import Address, client_address
from idp.web.form import MAX_FIELDS, pairs
from idp.web.locale import choose_locale
from tests.fuzz.target import target

LOCALES = ("ja", "en", "zh-Hant")
TRUSTED = (ip_network("127.0.0.0/8"), ip_network("2001:db8::/32"))
TENANT: Any = SimpleNamespace(name="demo", is_secure=True)  # all that a cookie's name is made of


@target(
    "form", lambda: [b"username=alice&csrf=x&interaction=y", b"a=%e6%9c%89&b=+&c="], (b"%u0041", b"a=1&a=2")
)
def look_at_form(data: bytes) -> None:
    """Read as the standard library reads it, and written back the same."""
    text = data.decode("latin-1")
    for strict in (True, False):
        try:
            read = pairs(text, MAX_FIELDS, strict=strict)
        except ValueError:
            continue
        assert len(read) <= MAX_FIELDS
        assert pairs(urlencode(read), MAX_FIELDS) == read
        if not strict:
            assert read == parse_qsl(text, keep_blank_values=True, errors="strict")


def headers() -> list[bytes]:
    value = b"v" * 43
    return [b"__Host-demo-browser=" + value, b"a=b; __Host-demo-session=" + value + b'; locale="ja"; c=\\"d']


@cache
def some_request() -> Request:
    """To make one takes longer than to read its cookies."""
    return make_mocked_request("GET", "/")


@target("cookies", headers, (b"__Host-demo-session=", b"; ", b"$Version=1", b'="', b"Path=/"))
def look_at_cookies(data: bytes) -> None:
    """What a browser sends is ours, or as if it were not there."""
    line = data.decode("utf-8", "surrogateescape")  # as the parser of requests has it
    request: Any = some_request()
    request._headers, request._cache = CIMultiDictProxy(CIMultiDict({"Cookie": line})), {}
    with contextlib.suppress(CookieError):
        for kind in (cookies.BROWSER, cookies.SESSION, cookies.DEVICE, cookies.STATE):
            secret = cookies.read(request, TENANT, kind)
            assert secret is None or secret.reveal().isascii()


@target(
    "forwarded-for", lambda: [b"198.51.100.7, 127.0.0.1", b"[2001:db8::1%eth0], ::ffff:127.0.0.1"], (b", ",)
)
def look_at_forwarded(data: bytes) -> None:
    """A client's address through proxies, and of whoever comes without one, whatever he writes."""
    line = data.decode("utf-8", "surrogateescape")
    found: Address = client_address("127.0.0.1", [line, line], TRUSTED)
    assert found.version in (4, 6)
    assert str(client_address("192.0.2.1", [line], TRUSTED)) == "192.0.2.1"


@target(
    "accept-language", lambda: [b"ja,en-US;q=0.9,en;q=0.8", b"zh-Hant-TW;q=1, *;q=0", b"en_GB"], (b";q=",)
)
def look_at_language(data: bytes) -> None:
    """Always one that we speak."""
    text = data.decode("utf-8", "surrogateescape")
    for wish in ((text, "", ""), ("", text, ""), ("", "", text)):
        assert choose_locale(*wish, LOCALES) in LOCALES
    family(text)


@target(
    "trace-context",
    lambda: [b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", b"a=b,c@d=e"],
    (b"-",),
)
def look_at_trace(data: bytes) -> None:
    """What a trusted proxy says of the trace that a request belongs to, or hands on from somebody."""
    text = data.decode("utf-8", "surrogateescape")
    PROPAGATOR.extract({"traceparent": text, "tracestate": text})
    PROPAGATOR.extract({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": text})


@target(
    "user-name",
    lambda: [b"alice", "Ｈａｎａｋｏ@corp".encode(), "ΐß ".encode()],
    (b"@corp", "ŉ".encode(), b" "),
)
def look_at_name(data: bytes) -> None:
    """However it was typed there is one spelling, and to type that is to mean the same."""
    name = canonical(data.decode("utf-8", "replace"))
    assert len(name) <= MAX_LENGTH and "\0" not in name
    assert canonical(name) == name
    username, domain = split(name, ("corp", "local"))
    assert name in (username, f"{username}@{domain}")


@target(
    "directory-name",
    lambda: [b"hanako", b"x,ou=admins", b"*)(uid=*", b"CORP\\a"],
    (b"\\2c", b"\\00", b"#", b" "),
)
def look_at_directory_name(data: bytes) -> None:
    """One value of its entry, one value of its filter; read by another's parser."""
    name = data.decode("utf-8", "replace")
    found = search_filter("(uid={user})", name)
    assert re.fullmatch(r"\(uid=([^\\*()\0]|\\[0-9a-f]{2})*\)", found, re.DOTALL)
    for template in ("{user}@corp.example.com", "CORP\\{user}"):
        logon = bind_name(template, name)
        assert logon is None or (logon.count("@") + logon.count("\\") == 1)
    entry = cast(str, bind_name("uid={user},ou=people,dc=example", name))
    if name and not re.search("[\0-\x1f\x7f-\x9f]", name):
        parts = bonsai.LDAPDN(entry).rdns
        assert [each[0][0] for each in parts] == ["uid", "ou", "dc"] and len(parts[0]) == 1
