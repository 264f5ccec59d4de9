"""Sends what is due, in the background of every process that serves: each mail is sent by one of them at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog

from idp.audit import record
from idp.background import retry_at, running
from idp.credentials import recovery
from idp.mail.message import Writer, build
from idp.mail.queue import FORGOTTEN, open_mail
from idp.mail.smtp import Postman, Unsendable, Unsent
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from keys.seal import Unsealable
from storage import StorageError, Transaction
from storage.mails import Mail
from storage.records import User

LOOK_SECONDS: Final = 1.0  # from one look for what is due to the next, give or take a half
SEND_SECONDS: Final = 60.0  # for one mail, the connection included
LEASE_SECONDS: Final = 90  # whoever claimed one and is not done by then has died
FIRST_RETRY_SECONDS: Final = 30
STUCK_SECONDS: Final = 900  # a mail that waits for so long should be looked at
LOCKED_SECONDS: Final = 86400  # whose name is locked again and again is told once in this time

log = structlog.get_logger("idp.mail")


@asynccontextmanager
async def posting(provider: IdentityProvider, writer: Writer) -> AsyncIterator[None]:
    """While the block runs, send what is due for every tenant that has a mail server."""
    tenants = [tenant for tenant in provider.tenants.values() if tenant.settings.mail.host is not None]
    async with running(*(_repeat(Post(provider, tenant, writer)) for tenant in tenants)):
        yield


async def _repeat(post: Post) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311  nobody gains by foreseeing it
        try:
            await post.send_due()
        except StorageError as error:
            log.warning("mail.failed", tenant=post.tenant.name, error=str(error))
        except Exception:  # one that cannot be written must not keep the others waiting
            log.exception("defect", tenant=post.tenant.name)


class Post:
    """One tenant's queue, as one process works on it."""

    def __init__(self, provider: IdentityProvider, tenant: Tenant, writer: Writer) -> None:
        self.tenant = tenant
        self._provider = provider
        self._writer = writer

    async def send_due(self) -> None:
        """Send one after the other on one connection, until none is due or the server does not answer."""
        if not await self._look():
            return
        postman = Postman(self.tenant.settings.mail)
        try:
            while (mail := await self._claim()) and await self._deliver(postman, mail):
                pass
        finally:
            await postman.close()

    async def _look(self) -> bool:
        """Whether any is due; and what an administrator should see to, for `idp health`."""
        now, name = self._provider.clock(), self.tenant.name
        # A snapshot waits for nobody, and mostly finds nothing.
        async with self._provider.storage.snapshot(name) as tx:
            waiting = await tx.mails.list(limit=1)
            backlog = await tx.mails.backlog()
        notices = []
        if backlog.dead:
            notices.append(f"{name}: {backlog.dead} mails could not be sent, see idp mail list --dead")
        if backlog.oldest_at is not None and backlog.oldest_at <= now - STUCK_SECONDS:
            minutes = (now - backlog.oldest_at) // 60
            notices.append(f"{name}: a mail has waited for {minutes} minutes, see idp mail list")
        self._provider.notices[f"mail/{name}"] = notices
        return any(each.due_at <= now for each in waiting)

    async def _claim(self) -> Mail | None:
        now = self._provider.clock()
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            return await tx.mails.claim(now, now + LEASE_SECONDS)

    async def _deliver(self, postman: Postman, mail: Mail) -> bool:
        """One mail that is ours now; False if the next one cannot be expected to go out either."""
        if mail.last_at <= self._provider.clock():
            await self._fail(mail, "it is not worth sending any more", final=True)
            return True
        try:
            values = open_mail(self.tenant.vault, mail)
            if mail.kind == FORGOTTEN:
                await self._answer(mail, values)
            elif (user := await self._recipient(mail)) is not None:
                await self._send(postman, mail, user, values)
        except Unsealable:  # the operator learns that somebody wrote here
            log.error("mail.unsealable", tenant=self.tenant.name, mail=mail.id)
            await self._fail(mail, "its content was altered or moved", final=True)
        except Unsendable as refused:
            await self._fail(mail, str(refused), final=True)
        except Unsent as unsent:
            await postman.close()
            await self._fail(mail, str(unsent))
            return False
        return True

    async def _send(self, postman: Postman, mail: Mail, user: User, values: Mapping[str, Any]) -> None:
        settings = self.tenant.settings
        try:
            letter = self._writer.write(mail.kind, settings, mail.locale, user, values)
        except Exception as error:  # a theme's own template may fail in any way; the others' mail must go out
            log.exception("defect", tenant=self.tenant.name, mail=mail.id)
            raise Unsendable("its words could not be written, see the log") from error
        try:
            message = build(settings, mail, user, letter)
        except ValueError:
            raise Unsendable("the user has no address that mail can be sent to") from None
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await postman.send(message, user.email or "")
        except TimeoutError:
            raise Unsent(f"it took longer than {SEND_SECONDS:.0f} s") from None
        await self._done(mail)

    async def _recipient(self, mail: Mail) -> User | None:
        """To whom it goes; None, and it is forgotten, for nobody and for whom it is not worth sending."""
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            user = await tx.users.find(mail.user_id)
            if (
                user is not None
                and user.email
                and user.disabled_at is None
                and await self._is_wanted(tx, mail)
            ):
                return user
            await tx.mails.delete(mail.id)
            return None

    async def _is_wanted(self, tx: Transaction, mail: Mail) -> bool:
        if mail.kind != "locked" or mail.attempts > 1:
            return True
        budget = await tx.budgets.spend(f"mail:{mail.user_id}", 1, LOCKED_SECONDS, self._provider.clock())
        return budget.failures <= 1

    async def _answer(self, mail: Mail, asked: Mapping[str, Any]) -> None:
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            if await tx.mails.delete(mail.id):  # who took too long finds that another was here
                now = self._provider.clock()
                await recovery.answer(tx, self.tenant, asked["typed"], asked["address"], mail.locale, now)

    async def _done(self, mail: Mail) -> None:
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            await tx.mails.delete(mail.id)
            await self._record(tx, "mail.sent", mail)

    async def _fail(self, mail: Mail, reason: str, *, final: bool = False) -> None:
        now = self._provider.clock()
        again = retry_at(mail.attempts, now, FIRST_RETRY_SECONDS)
        async with self._provider.storage.transaction(self.tenant.name) as tx:
            if final or again > mail.last_at:
                await tx.mails.bury(mail.id, now, reason)
                await self._record(tx, "mail.failed", mail, reason=reason)
            else:
                await tx.mails.postpone(mail.id, again, reason)
        log.warning("mail.unsent", tenant=self.tenant.name, mail=mail.id, kind=mail.kind, reason=reason)

    async def _record(self, tx: Transaction, event: str, mail: Mail, **details: str) -> None:
        about: dict[str, Any] = {"mail": mail.id, "kind": mail.kind, "attempts": mail.attempts, **details}
        await record(tx, event, self._provider.clock(), user_id=mail.user_id or None, **about)
