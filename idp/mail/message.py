"""From words to a message as mail servers take it (RFC 5322): both texts, and headers in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from idp.config.mail import parse_address
from idp.config.tenant import TenantSettings
from idp.web.locale import pick
from storage.mails import Mail
from storage.records import User

# Any text becomes seven bits, since not every server on the way says that it takes eight (RFC 6152).
POLICY: Final = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says, twice. It may hold a secret."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class Writer(Protocol):
    """Finds the words: `idp.web.letters.Letters`."""

    def write(
        self, kind: str, settings: TenantSettings, locale: str, user: User, values: Mapping[str, Any]
    ) -> Letter: ...


def build(settings: TenantSettings, mail: Mail, user: User, letter: Letter) -> EmailMessage:
    """The message. Raises ValueError for a user whose address is none."""
    message = EmailMessage(policy=POLICY)
    sender = parse_address(settings.mail.sender or "")
    name = pick(settings.display_name, mail.locale, settings.locales)
    message["From"] = Address(name, addr_spec=sender.addr_spec)
    message["To"] = parse_address(user.email or "")
    if settings.mail.reply_to:
        message["Reply-To"] = parse_address(settings.mail.reply_to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.created_at, UTC))
    # Sent twice, it is the same mail: whoever reads it is shown one.
    message["Message-ID"] = f"<{mail.id}@{urlsplit(settings.base_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: let nobody's holiday answer it
    message["X-Auto-Response-Suppress"] = "All"  # the same to Exchange
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message["Content-Language"] = mail.locale  # after the rest, which takes away what it does not know
    return message
