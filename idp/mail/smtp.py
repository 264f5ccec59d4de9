"""The tenant's mail server: one connection, on which one mail after the other goes out (RFC 5321)."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from idp.config.mail import MailSettings

SECONDS: Final = 20.0  # for each step of the conversation
PERMANENT: Final = range(500, 600)


class Unsent(Exception):
    """It was not sent, and may be later. `words` are for the administrator and name no secret."""


class Unsendable(Unsent):
    """The server will never take this mail for this address."""


class Postman:
    """Connects when the first mail is sent. To be closed at the end."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._smtp: aiosmtplib.SMTP | None = None

    async def send(self, message: EmailMessage, recipient: str) -> None:
        """Returns once the server has taken it. Raises `Unsent`, with `Unsendable` where no later try helps."""
        smtp = await self._connected()
        sender = self._settings.sender or ""
        try:
            await smtp.sendmail(sender, [recipient], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _refusal(refused.recipients[0], "the address") from None
        except aiosmtplib.SMTPSenderRefused as refused:  # it would refuse every mail: the settings are wrong
            raise Unsent(f"the server refuses the sender, {_said(refused)}") from None
        except aiosmtplib.SMTPResponseException as refused:
            raise _refusal(refused, "the mail") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            await self.close()
            raise Unsent(f"the connection was lost, {type(error).__name__}") from None

    async def close(self) -> None:
        """Say goodbye if somebody listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._smtp is None or not self._smtp.is_connected:
            self._smtp = await _connect(self._settings)
        return self._smtp


async def _connect(settings: MailSettings) -> aiosmtplib.SMTP:
    host, port = settings.address
    smtp = aiosmtplib.SMTP(
        hostname=host,
        port=port,
        username=settings.user,
        password=settings.password.reveal() if settings.password else None,
        use_tls=settings.tls == "implicit",
        start_tls=settings.tls == "starttls",
        local_hostname=(settings.sender or "").rpartition("@")[2],  # asking for our own may take long
        tls_context=None if settings.tls == "none" else _context(settings),
        timeout=SECONDS,
    )
    try:
        await smtp.connect()
    except aiosmtplib.SMTPAuthenticationError as refused:
        raise Unsent(f"the server refuses user and password, {refused.code}") from None
    except aiosmtplib.SMTPResponseException as refused:
        raise Unsent(f"the server refuses us, {_said(refused)}") from None
    except (aiosmtplib.SMTPException, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unsent(f"cannot reach {host}:{port}, {_line(reason)}") from None
    return smtp


def _context(settings: MailSettings) -> ssl.SSLContext:
    """Certificates are always checked, and for the name that was configured."""
    return ssl.create_default_context(cadata=settings.ca_file)


def _refusal(refused: aiosmtplib.SMTPResponseException, what: str) -> Unsent:
    kind = Unsendable if refused.code in PERMANENT else Unsent
    return kind(f"the server refuses {what}, {_said(refused)}")


def _said(refused: aiosmtplib.SMTPResponseException) -> str:
    return f"{refused.code} {_line(refused.message)}"


def _line(words: str) -> str:
    """What a stranger said, in one short line."""
    return "".join(sign if sign.isprintable() else " " for sign in words)[:200]
