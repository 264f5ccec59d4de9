"""What is right at each door, to be spoilt: requests with all that it reads, live where that leads further."""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Sequence
from urllib.parse import urlsplit

from protocols.saml.xml import serialize
from tests.browser import Browser
from tests.configuration import SECRET
from tests.fuzz import oidc, radius, saml
from tests.fuzz.certificates import answers
from tests.fuzz.wire import Sent
from tests.people import PATTERN, Person
from tests.protocols.radius.nas import NAS, encoded
from tests.relying_party import CALLBACK
from tests.server import Server
from tests.service_provider import Provider, ServiceProvider

CANARY = "canary-of-a-secret-0123456789"  # stands wherever a secret is read
ALICE = Person("alice", pattern=PATTERN)
BASIC = ("Authorization", b"Basic " + base64.b64encode(f"wiki:{SECRET}".encode()))
JSON = "application/json"
ACCOUNT = ("", "/pattern", "/devices/new", "/passkeys", "/sessions", "/recovery-codes")
ABOUT = (
    ("Accept-Language", b"ja,en;q=0.5"),
    ("User-Agent", b"Mozilla/5.0"),
    ("X-Forwarded-For", b"192.0.2.1"),
    ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("Referer", b"http://a/"),
)
ASKED = {
    "client_id": "wiki",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid",
    "state": "s",
    "nonce": "n",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
    "max_age": "60",
    "claims": '{"id_token":{"acr":null}}',
    "prompt": "login",
    "ui_locales": "ja",
    "login_hint": "alice",
}


async def web(server: Server) -> list[Sent]:
    """Our own pages, with the cookies of somebody who has signed in, and of a login that waits for an answer."""
    async with Browser() as browser:
        page = await browser.login(f"{server.url}/", ALICE, "\0")
        signed_in = _cookies(browser)
        pages = [await browser.get(f"{server.url}/account{path}") for path in ACCOUNT]
        forms = [form for each in pages for form in each.forms if form.method == "post"]
        posts = [_form(urlsplit(form.action).path or "/account", form.fields, signed_in) for form in forms]
    assert page.status == 200 and posts
    async with Browser() as browser:
        asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
        waiting = _form("/login", {**asked.form.fields, "answer": CANARY}, _cookies(browser))
        named = _form("/login", {**asked.form.fields, "username": "alice"}, _cookies(browser))
    passkey = json.dumps({"key": "A" * 43, "challenge": CANARY, "until": 2**31, "signature": "AAAA"}).encode()
    device = json.dumps({"username": "alice", "x": "AA", "y": "AA", "mac": "AAAA"}).encode()
    gets = [("/", ("ui_locales", b"ja en")), ("/login", ("interaction", b"x" * 43)), ("/activate", ("code", b"c")),
            ("/forgotten/new", ("token", b"t")), ("/account/logins", ("before", b"1")), ("/logout", ("round", b"r")),
            ("/login/onward", ("goes_on", b"g")), ("/account/certificates", ("certificate", b"c"))]  # fmt: skip
    return [
        *posts, waiting, named,
        *(Sent("GET", path, (field,), (*signed_in, *ABOUT)) for path, field in gets),
        _form("/forgotten", {"username": "alice", "csrf": "x"}, signed_in),
        _form("/activate", {"code": CANARY, "csrf": "x", "answer": answers()[0].decode()}, signed_in),
        *(Sent("POST", f"/token/{path}", body=body, content_type=JSON)
          for path, body in (("key", device), ("challenge", passkey), ("release", passkey), ("stop", passkey))),
        Sent("POST", "/login", headers=signed_in, content_type="multipart/form-data; boundary=b",
             body=b'--b\r\nContent-Disposition: form-data; name="username"; filename="x"\r\n\r\nalice\r\n--b--\r\n'),
    ]  # fmt: skip


def _form(path: str, fields: dict[str, str], cookies: tuple[tuple[str, bytes], ...]) -> Sent:
    return Sent("POST", path, tuple((name, value.encode()) for name, value in fields.items()), cookies)


def _cookies(browser: Browser) -> tuple[tuple[str, bytes], ...]:
    pairs = "; ".join(f"{name}={morsel.value}" for (_, _, name), morsel in browser.cookies.items())
    return (("Cookie", pairs.encode()),)


async def openid(server: Server) -> list[Sent]:
    """Every endpoint, by every way to say who one is."""
    asked = tuple((name, value.encode()) for name, value in ASKED.items())
    jwts = oidc.tokens()
    code = (("grant_type", b"authorization_code"), ("code", CANARY.encode()), ("redirect_uri", CALLBACK.encode()),
            ("code_verifier", b"v" * 43))  # fmt: skip
    refresh = (("grant_type", b"refresh_token"), ("refresh_token", CANARY.encode()), ("scope", b"openid"))
    device = (
        ("grant_type", b"urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", CANARY.encode()),
    )
    exchange = (
        ("grant_type", b"urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", CANARY.encode()),
        ("subject_token_type", b"urn:ietf:params:oauth:token-type:access_token"),
    )
    asserted = (("client_assertion_type", b"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", jwts[0]))  # fmt: skip
    token = (("token", CANARY.encode()), ("token_type_hint", b"access_token"))
    bearer = ("Authorization", f"Bearer {CANARY}".encode())
    body = oidc.registrations()[1]
    return [
        Sent("GET", "/oidc/authorize", asked), Sent("POST", "/oidc/authorize", asked),
        Sent("GET", "/oidc/authorize", (*asked, ("request", jwts[0]), ("id_token_hint", jwts[1]))),
        *(Sent("POST", "/oidc/token", fields, (BASIC,)) for fields in (code, refresh, device, exchange)),
        Sent("POST", "/oidc/token", (*code, *asserted)), Sent("POST", "/oidc/token", code, (BASIC, ("DPoP", jwts[3]))),
        Sent("POST", "/oidc/par", asked, (BASIC,)), Sent("POST", "/oidc/introspect", token, (BASIC,)),
        Sent("POST", "/oidc/revoke", token, (BASIC,)),
        Sent("GET", "/oidc/userinfo", (("access_token", b"x"),), (bearer, ("DPoP", jwts[3]))),
        Sent("POST", "/oidc/register", headers=(bearer,), body=body, content_type=JSON),
        Sent("GET", "/oidc/logout", (("id_token_hint", jwts[1]), ("post_logout_redirect_uri", b"https://a/"))),
        Sent("POST", "/oidc/device_authorization", (("client_id", b"wiki"), ("scope", b"openid")), (BASIC,)),
        Sent("GET", "/device", (("user_code", b"BCDF-GHJK"),)),
        Sent("GET", "/oidc/launch/wiki", (("login_hint", b"x"),)),
    ]  # fmt: skip


class Message(Sent):
    """A SAML message in a field: it is spoilt before it is encoded."""

    def spoilt(self, chance: random.Random, words: Sequence[bytes]) -> Sent:
        changed = super().spoilt(chance, words)
        name = changed.fields[0][0]
        return Sent(
            self.method, self.path, ((name, base64.b64encode(changed.fields[0][1])), *changed.fields[1:])
        )


def saml_messages(server: Server, provider: Provider) -> list[Sent]:
    service = ServiceProvider(Browser.__new__(Browser), provider, server.url)
    request = serialize(service.request())
    messages = [request, *saml.messages()]
    paos = ("PAOS", b'ver="urn:liberty:paos:2003-08"')
    soap = [
        Sent("POST", path, headers=(BASIC, paos), body=body, content_type="text/xml")
        for path in ("/saml/ecp", "/saml/artifact", "/saml/slo/soap")
        for body in saml.logouts()
    ]
    query = tuple(
        (name, value.encode())
        for name, _, value in (
            part.partition("=")
            for part in service.redirect(service.request(), "s").partition("?")[2].split("&")
        )
    )
    return [
        *(Message("POST", "/saml/sso", (("SAMLRequest", each), ("RelayState", b"s"))) for each in messages),
        *(Message("POST", f"/saml/{path}", ((name, saml.logouts()[0]), ("RelayState", b"s")))
          for path in ("slo", "sso") for name in ("SAMLRequest", "SAMLResponse")),
        Sent("GET", "/saml/sso", query), Sent("GET", "/saml/slo", query), Sent("GET", "/saml/metadata", (("a", b"b"),)),
        *soap,
    ]  # fmt: skip


def datagrams(nas: NAS, count: int, seed: int) -> list[bytes]:
    """Half of them signed as they must be, so that what is in them is looked at; the rest as they come."""
    chance = random.Random(seed)
    made = []
    whole = [
        *radius.packets(),
        *(struct.pack("!BBH", 1, 7, 20 + len(each)) + bytes(16) + each for each in radius.wrapped()),
    ]
    for number in range(count):
        packet = radius.spoilt(chance, chance.choice(whole))
        try:
            found = radius.decode(packet)
        except radius.Malformed:
            made.append(packet)
            continue
        bare = [(kind, value) for kind, value in found.attributes if kind != 80]
        if number % 2 and len(encoded(bare)) < 4000:
            packet = nas.request(*bare, (2, CANARY.encode()[:16]), code=found.code)
        made.append(packet)
    return made
