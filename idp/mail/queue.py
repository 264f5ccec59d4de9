"""Writes mail into the queue, beside what it tells of: both are kept, or neither."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol

import orjson

from idp import attributes
from idp.config.tenant import TenantSettings
from idp.web.locale import choose_locale
from keys.seal import Vault
from storage import Transaction
from storage.mails import Mail
from storage.records import User

Kind = Literal["welcome", "activation", "changed", "browser", "locked", "reset"]
What = Literal["pattern", "phrase", "password", "pin", "device", "passkey", "recovery", "certificate"]
FORGOTTEN: Final = "forgotten"  # no mail yet: somebody typed a name or an address, and may get a link
GIVEN_UP_SECONDS: Final = 2 * 86400  # a server that is down for a weekend's repair is waited for
KEPT_SECONDS: Final = 30 * 86400  # what could not be sent, for an administrator to look at


class Home(Protocol):
    """A tenant, as far as its mail goes."""

    @property
    def settings(self) -> TenantSettings: ...
    @property
    def vault(self) -> Vault: ...


async def post(
    tx: Transaction,
    home: Home,
    kind: Kind | Literal["forgotten"],
    user: User | None,
    now: int,
    *,
    last_at: int | None = None,
    locale: str = "",
    **values: Any,
) -> bool:
    """Queue a mail to the user; False where the tenant has no mail server, then nothing is written.

    For nobody (None) the same is written, so that it takes as long, and nothing is sent. `values` is what the words
    need, as JSON: it is sealed. After `last_at` it is worth nothing; `locale` goes before the user's own language.
    """
    if home.settings.mail.host is None:
        return False
    mail_id, user_id = secrets.token_hex(16), user.id if user else ""
    sealed = home.vault.seal(orjson.dumps(values), *_place(mail_id, user_id, kind))
    given_up_at = now + GIVEN_UP_SECONDS if last_at is None else last_at
    await tx.mails.add(
        Mail(
            id=mail_id,
            kind=kind,
            user_id=user_id,
            locale=locale or locale_of(user, home.settings),
            sealed=sealed,
            created_at=now,
            due_at=now,
            last_at=given_up_at,
            expires_at=given_up_at + KEPT_SECONDS,
        )
    )
    return True


async def changed(
    tx: Transaction, home: Home, what: What | str, user: User, now: int, *, address: str = ""
) -> bool:
    """Queue a mail that says that something with which the user proves himself was changed, so that he notices if
    it was not him; `post` says what is returned.

    `what` may also be the name of a third party's authenticator. `address` is from where it was done, empty where an
    administrator did it.
    """
    return await post(tx, home, "changed", user, now, what=what, at=now, address=address)


def open_mail(vault: Vault, mail: Mail) -> Mapping[str, Any]:
    """What its words need. Raises `keys.seal.Unsealable` for a row that was altered or moved."""
    values: Mapping[str, Any] = orjson.loads(
        vault.open(mail.sealed, *_place(mail.id, mail.user_id, mail.kind))
    )
    return values


def locale_of(user: User | None, settings: TenantSettings) -> str:
    """The user's language, if the tenant speaks it, else the tenant's first."""
    wished = attributes.of(user).get("locale", "") if user else ""
    return choose_locale("", "", str(wished), settings.locales)


def _place(mail_id: str, user_id: str, kind: str) -> tuple[str, ...]:
    return "mails", mail_id, user_id, kind
