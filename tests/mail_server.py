"""A mail server that takes mail over STARTTLS from whoever proves himself, or answers as a test wants."""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.clients.tls import certificate
from tests.server import free_port

USER, PASSWORD = "idp", "the-password-of-the-mail-server"
WAIT_SECONDS = 20.0


@dataclass
class Received:
    """One mail as it came."""

    message: EmailMessage
    raw: bytes
    sender: str
    recipient: str
    encrypted: bool

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")

    @property
    def html(self) -> str:
        body = self.message.get_body(("html",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """Runs in a thread of its own. `refusal` is what it answers to recipients instead of taking mail."""

    folder: Path
    port: int = field(default_factory=free_port)
    inbox: list[Received] = field(default_factory=list)
    refusal: str = ""
    hold: threading.Event | None = None  # the answer to a mail that was sent waits for it
    held: int = 0
    _controller: Controller | None = None

    def __post_init__(self) -> None:
        self.ca, self._key = certificate(self.folder)

    def settings(self) -> dict[str, Any]:
        """The section `mail` of a tenant."""
        return {
            "host": "localhost", "port": self.port, "ca_file": str(self.ca), "user": USER,
            "password": {"file": "secrets/smtp"}, "sender": "idp@example.com", "reply_to": "help@example.com",
        }  # fmt: skip

    def start(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.ca, self._key)
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, require_starttls=True,
            auth_required=True, authenticator=self._is_known,
        )  # fmt: skip
        self._controller.start()

    def stop(self) -> None:
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop()

    def to(self, address: str, count: int = 1) -> list[Received]:
        """The mails to an address, once there are so many."""
        until = time.monotonic() + WAIT_SECONDS
        while len(found := [mail for mail in self.inbox if mail.recipient == address]) < count:
            assert time.monotonic() < until, f"{len(found)} mails to {address}"
            time.sleep(0.05)
        return found

    def _is_known(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=known, handled=False)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        sender, recipient = envelope.mail_from or "", envelope.rcpt_tos[0]
        self.inbox.append(Received(message, content, sender, recipient, session.ssl is not None))
        if self.hold is not None:
            self.held += 1
            await server.loop.run_in_executor(None, self.hold.wait)
        return "250 OK"
