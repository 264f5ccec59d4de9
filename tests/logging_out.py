"""What the strict service provider says and hears of the end of a session, through a browser and by SOAP."""

from __future__ import annotations

import base64
import secrets
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from lxml import etree

from keys import xml_signature
from keys.certified_key import public_key
from protocols.saml.names import ASSERTION, PROTOCOL, SUCCESS, tag
from protocols.saml.signature import sign, verify
from protocols.saml.xml import Element, parse, serialize
from tests.page import Page
from tests.service_provider import Answer, Provider, ServiceProvider, deflate, instant, status

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


def message(provider: Provider, name: str, inside: str, **attributes: str | None) -> Element:
    """A protocol message of the service; attributes whose value is None are left out."""
    given = {"ID": f"_{secrets.token_hex(16)}", "Version": "2.0", "IssueInstant": instant(0), **attributes}
    written = "".join(f' {each}="{value}"' for each, value in given.items() if value is not None)
    return etree.fromstring(
        f'<samlp:{name} xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}"{written}>'
        f"<saml:Issuer>{provider.entity_id}</saml:Issuer>{inside}</samlp:{name}>"
    )


def response(provider: Provider, request: Element, code: str = SUCCESS, **attributes: str | None) -> Element:
    """Its answer to a request of ours."""
    inside = f'<samlp:Status><samlp:StatusCode Value="{code}"/></samlp:Status>'
    return message(provider, "LogoutResponse", inside, InResponseTo=request.get("ID"), **attributes)


def envelope(content: Element | bytes) -> bytes:
    body = content if isinstance(content, bytes) else serialize(content)
    return f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body>'.encode() + body + b"</S:Body></S:Envelope>"


def opened(body: bytes) -> Element:
    """The message in an envelope, or the fault."""
    found = parse(body).find(f"{{{SOAP_ENVELOPE}}}Body")
    assert found is not None
    assert len(found) == 1
    return parse(serialize(found[0]))


class Leaver(ServiceProvider):
    """A service that knows a login, in one browser."""

    @property
    def slo(self) -> str:
        return f"{self.issuer}/saml/slo"

    def logout_request(self, login: Answer, indexes: int = 1, **attributes: str | None) -> Element:
        """About the user and the session of a login; with no `indexes` about all of them."""
        assert login.assertion is not None
        name = login.assertion.find(f"{tag(ASSERTION, 'Subject')}/{tag(ASSERTION, 'NameID')}")
        assert name is not None
        index = login.text("saml:AuthnStatement/@SessionIndex")
        inside = serialize(name).decode() + f"<samlp:SessionIndex>{index}</samlp:SessionIndex>" * indexes
        return message(self.provider, "LogoutRequest", inside, **attributes)

    def address(
        self, name: str, content: Element, relay_state: str | None = None, signed: bool = True
    ) -> str:
        """By the Redirect binding."""
        query = f"{name}={quote(base64.b64encode(deflate(content)).decode(), safe='')}"
        if relay_state is not None:
            query += f"&RelayState={quote(relay_state, safe='')}"
        if signed:
            query += f"&SigAlg={quote(self.provider.key.method, safe='')}"
            signature = base64.b64encode(self.provider.key.sign(query.encode())).decode()
            query += f"&Signature={quote(signature, safe='')}"
        return f"{self.slo}?{query}"

    def fields(self, name: str, content: Element, relay_state: str | None = None) -> dict[str, str]:
        """By the POST binding."""
        sign(content, self.provider.key, 1)
        given = {name: base64.b64encode(serialize(content)).decode()}
        return given if relay_state is None else {**given, "RelayState": relay_state}

    async def sign_out(self, login: Answer, relay_state: str | None = None) -> Page:
        """Its browser to us, and wherever that leads, up to the next service."""
        request = self.logout_request(login)
        return await self.browser.get(self.address("SAMLRequest", request, relay_state), stop="https://")

    async def heard(self, page: Page, name: str) -> tuple[Element, str | None]:
        """The message that the browser brings from us, verified, with its RelayState."""
        certificates = await self.certificates()
        if page.location is not None:
            raw = urlsplit(page.location).query
            given = {key: value[0] for key, value in parse_qs(raw, keep_blank_values=True).items()}
            covered, _, _ = raw.partition("&Signature=")
            covered = covered[covered.index(f"{name}=") :]
            method = xml_signature.find(given["SigAlg"], sha1=False)
            assert method is not None
            value = base64.b64decode(given["Signature"])
            keys = [public_key(each) for each in certificates]
            assert any(method.verify(key, value, covered.encode()) for key in keys)
            content = parse(zlib.decompress(base64.b64decode(given[name]), -15))
            assert page.location.startswith(content.get("Destination", "-"))
            return content, given.get("RelayState")
        found = [form for form in page.forms if name in form.fields]
        assert len(found) == 1, f"{page.status} {page.url} {page.text[-1500:]}"
        (form,) = found
        content = verify(parse(base64.b64decode(form.fields[name])), certificates)
        assert content.get("Destination") == form.action
        return content, form.fields.get("RelayState")

    async def answered(self, page: Page) -> tuple[tuple[str, str], str | None]:
        """The status of our answer, and its RelayState."""
        content, relay_state = await self.heard(page, "SAMLResponse")
        return status(content)[:2], relay_state

    async def post_soap(
        self, path: str, content: Element | bytes, signed: bool = True, headers: dict[str, str] | None = None
    ) -> tuple[int, Element]:
        """One exchange between servers."""
        if signed and not isinstance(content, bytes):
            sign(content, self.provider.key, 1)
        sent = {"Content-Type": "text/xml; charset=utf-8", **(headers or {})}
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.issuer}{path}", data=envelope(content), headers=sent) as answer,
        ):
            return answer.status, opened(await answer.read())


@dataclass
class Listener:
    """The SOAP end of services: what each was told, and what it answers."""

    providers: dict[str, Provider]
    port: int = 0
    told: dict[str, list[bytes]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  # a status code instead of success; "down" for a 503

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        name = path.rpartition("/")[2]
        self.told.setdefault(name, []).append(body)
        code = self.codes.get(name, SUCCESS)
        if name not in self.providers:  # a service of another door
            return (503 if code == "down" else 200), b""
        if code == "down":
            return 503, b""
        return 200, envelope(response(self.providers[name], opened(body), code))

    @contextmanager
    def running(self) -> Iterator[Listener]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                expected = "text/xml" if self.path[1:] in listener.providers else "application/x-www-form-"
                assert self.headers["Content-Type"].startswith(expected)
                code, sent = listener.answer(self.path, body)
                self.send_response(code)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, *_: Any) -> None:
                return

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as http:
            thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            yield self
            http.shutdown()
