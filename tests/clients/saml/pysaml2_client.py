"""A service provider made with pysaml2's own client, in a thread: small enough to stand in a guide."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.clients.saml.service import Issuer, Service

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pysaml2 imports a cipher that cryptography has moved
    from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
    from saml2.client import Saml2Client
    from saml2.config import SPConfig
    from saml2.metadata import create_metadata_string
    from saml2.sigver import SignatureError

STATE = 'a<">&b'


class PySAML2(Service):
    """Signs its requests; verifies with the xmlsec1 program."""

    name = "pysaml"
    settings: ClassVar[Mapping[str, Any]] = {"encrypt": True, "idp_initiated": True, "relay_state": STATE}
    login, consumer, entity = "/login", "/acs", "/metadata"
    logout = "/logout"
    home = "/"
    distrust = "SignatureError"

    client: Any
    asked: dict[str, str]
    user: Any = None  # one browser at a time
    shown = ""
    _server: ThreadingHTTPServer | None = None

    def describe(self) -> str:
        config = SPConfig().load(self._settings())
        described: bytes = create_metadata_string(None, config=config)
        return described.decode()

    def trust(self, issuer: Issuer) -> None:
        self.issuer = issuer
        metadata = {"metadata": {"inline": [issuer.metadata.decode()]}}
        self.client, self.asked = Saml2Client(config=SPConfig().load({**self._settings(), **metadata})), {}
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def begin(self) -> str:
        """Where the browser is to go."""
        identifier, info = self.client.prepare_for_authenticate(relay_state=STATE)
        self.asked[identifier] = "/"
        return str(dict(info["headers"])["Location"])

    def finish(self, form: dict[str, str]) -> str:
        """Who came. Raises what pysaml2 raises."""
        answer = self.client.parse_authn_request_response(
            form["SAMLResponse"], BINDING_HTTP_POST, outstanding=dict(self.asked)
        )
        assert form.get("RelayState") == STATE
        self.user = answer.name_id
        self.shown = f"uid={answer.ava['uid'][0]}\nmail={answer.ava['mail'][0]}\n"
        return self.shown

    def leave(self) -> str:
        """Where the browser is to go to be signed out everywhere."""
        asked = {"reason": "", "expire": None, "expected_binding": BINDING_HTTP_REDIRECT}
        ((_, info),) = self.client.do_logout(self.user, [self.issuer.entity_id], **asked).values()
        return str(dict(info["headers"])["Location"])

    def hear(self, query: str) -> str | None:
        """A request or an answer about the end of the session; where the browser is to go with our answer."""
        said = {name: values[0] for name, values in parse_qs(query).items()}
        signed = {
            "sigalg": said["SigAlg"],
            "signature": said["Signature"],
            "relay_state": said.get("RelayState"),
        }
        if "SAMLResponse" in said:
            answer = self.client.parse_logout_request_response(said["SAMLResponse"], BINDING_HTTP_REDIRECT)
            assert answer.status_ok()
            self.user = None
            return None
        assert self.user is not None
        info = self.client.handle_logout_request(
            said["SAMLRequest"], self.user, BINDING_HTTP_REDIRECT, **signed
        )
        self.user = None
        return str(dict(info["headers"])["Location"])

    def _settings(self) -> dict[str, Any]:
        keys = {"key_file": str(self.folder / "sp.key"), "cert_file": str(self.folder / "sp.crt")}
        provider = {
            "endpoints": {
                "assertion_consumer_service": [(f"{self.origin}/acs", BINDING_HTTP_POST)],
                "single_logout_service": [(f"{self.origin}/slo", BINDING_HTTP_REDIRECT)],
            },
            "allow_unsolicited": True,
            "authn_requests_signed": True,
            "logout_requests_signed": True,
            "logout_responses_signed": True,
            "want_assertions_signed": True,
            "want_response_signed": True,
            "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
            "name_id_format": ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
        }
        return {
            **keys,
            "entityid": self.entity_id,
            "encryption_keypairs": [keys],
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "service": {"sp": provider},
        }


def _handler(service: PySAML2) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            match asked.path:
                case "/login":
                    self._go(service.begin())
                case "/logout":
                    self._go(service.leave())
                case "/slo":
                    self._go(service.hear(asked.query))
                case _:
                    self._show(200, "nobody" if service.user is None else service.shown)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            try:
                status, text = 200, service.finish(form)
            except SignatureError as error:
                status, text = 400, repr(error)
            self._show(status, text)

        def _go(self, location: str | None) -> None:
            if location is None:
                self._show(200, "signed out")
                return
            self.send_response(302)
            self.send_header("Location", location)
            self.end_headers()

        def _show(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            return

    return Handler
