"""One domain's directory: is this the user's password? Its servers are asked in order, until one answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import structlog

from idp.authenticators import Unreachable
from idp.authenticators.crowd import Crowd
from idp.config.domains import LdapSettings
from idp.ldap.clerk import Clerk
from idp.ldap.names import bind_name, search_filter
from idp.outside import outside
from idp.tracing import CLIENT, traced
from keys.secret import Secret
from keys.token import new_id
from storage import Transaction

LONGEST: Final = 1024  # characters of a password
WHOLE_SECONDS: Final = 9  # for all servers: no guess is looked at for longer than ten (`idp.throttle`)
PAUSE_SECONDS: Final = 30  # for so long a server that did not answer is asked last
# RFC 4511 §A.1. The directory does not take this name with this password, whatever its reason: 19 constraintViolation
# (too many wrong ones), 32 noSuchObject, 34 invalidDNSyntax, 48 inappropriateAuthentication (no password there),
# 49 invalidCredentials, 53 unwillingToPerform (a disabled account). Every other code is a fault of it, or ours.
INVALID_CREDENTIALS: Final = 49
REFUSALS: Final = frozenset((19, 32, 34, 48, INVALID_CREDENTIALS, 53))

Result = TypeVar("Result")
log = structlog.get_logger("idp.ldap")


class Fault(Exception):
    """A server did not do what it is there for."""


class Directory:
    """To be used from one event loop. What it remembers of servers only says which is asked first."""

    def __init__(self, domain: str, settings: LdapSettings) -> None:
        self.settings = settings
        self._domain = domain
        self._room = asyncio.Semaphore(settings.connections)
        self._crowd = Crowd()
        self._idle: list[Clerk] = []
        self._paused: dict[str, float] = {}

    @property
    def silent(self) -> int:
        """How many of its servers did not answer lately."""
        now = asyncio.get_running_loop().time()
        return sum(until > now for until in self._paused.values())

    async def verify(self, tx: Transaction, username: str | None, answer: Secret) -> bool:
        """Whether it is the password of this user. For nobody (None) as much is asked of the directory.

        Raises `Busy` before anything else, and, once the transaction was committed, `Unreachable`.
        """
        password = answer.reveal()
        if not _is_possible(password):
            return False
        with self._crowd.join(self.settings.connections + self.settings.queue):
            await tx.commit()
            with outside():  # a directory that is silent keeps no place that others could have
                return await self._on_one(lambda server: self.prove(server, username, password))

    async def prove(self, server: str, username: str | None, password: str) -> bool:
        """The same, of one server. Raises `Fault`."""
        name = await self.find(server, username)
        bound = await self._ask(server, bind=[name or self._decoy(), password])
        code = bound.get("code", 0)
        if code and code not in REFUSALS:
            raise Fault(_told(bound))
        if code not in (0, INVALID_CREDENTIALS):  # an administrator may have to see to the account
            log.info("ldap.refused", domain=self._domain, server=server, username=username, code=code)
        return not code and name is not None and username is not None

    async def find(self, server: str, username: str | None) -> str | None:
        """The name to bind with, which is asked for where it does not follow from the user's. Raises `Fault`."""
        settings, search = self.settings, self.settings.search
        if settings.bind_dn is not None:
            return bind_name(settings.bind_dn, username) if username else None
        assert search is not None
        bind = [search.dn, search.password.reveal()] if search.dn and search.password else None
        # Not what a stranger typed: with it he could lock people out who are in the directory, and not with us.
        sought = {"base": search.base, "filter": search_filter(search.filter, username or new_id())}
        answer = await self._ask(server, bind=bind, search=sought)
        if "code" in answer:
            raise Fault(_told(answer))
        if len(answer["found"]) > 1:
            log.error("ldap.ambiguous", domain=self._domain, server=server, username=username)
        return answer["found"][0] if len(answer["found"]) == 1 else None

    async def knock(self, server: str) -> None:
        """Whether it can be asked at all: it is who it should be, and takes our own name. Raises `Fault`."""
        if self.settings.search is not None:
            await self.find(server, None)
            return
        answer = await self._ask(server, bind=None)
        if "code" in answer and answer["code"] not in REFUSALS:  # few directories bind nobody
            raise Fault(_told(answer))

    async def close(self) -> None:
        """End its processes."""
        while self._idle:
            await self._idle.pop().end()

    def _decoy(self) -> str:
        """An entry that nobody has; better one that is there and nobody uses, whose password is compared."""
        settings = self.settings
        if settings.decoy_dn:
            return settings.decoy_dn
        if settings.search:
            return f"cn={new_id()},{settings.search.base}"
        return bind_name(settings.bind_dn or "", new_id()) or ""

    async def _on_one(self, work: Callable[[str], Awaitable[Result]]) -> Result:
        """What the first server says that says something. Raises `Unreachable`."""
        clock = asyncio.get_running_loop().time
        server = ""
        try:
            async with asyncio.timeout(WHOLE_SECONDS), self._room:
                for server in sorted(
                    self.settings.servers, key=lambda one: self._paused.get(one, 0) > clock()
                ):
                    try:
                        return await work(server)
                    except Fault as fault:
                        self._paused[server] = clock() + PAUSE_SECONDS
                        log.error("ldap.fault", domain=self._domain, server=server, words=str(fault))
        except TimeoutError:
            log.error("ldap.timeout", domain=self._domain, server=server, seconds=WHOLE_SECONDS)
            if server:  # else it waited for others
                self._paused[server] = clock() + PAUSE_SECONDS
        raise Unreachable(PAUSE_SECONDS)

    @traced("ldap", lambda _, server, **__: {"server.address": server}, CLIENT)
    async def _ask(self, server: str, **about: Any) -> Any:
        settings = self.settings
        request = {
            "server": server,
            "starttls": settings.starttls and server.startswith("ldap://"),
            "ca_file": settings.ca_file,
            "seconds": settings.seconds,
            **about,
        }
        try:
            clerk = self._idle.pop() if self._idle else await Clerk.start()
            async with asyncio.timeout(settings.seconds):
                answer = await clerk.ask(request)
        except TimeoutError:
            raise Fault(f"no answer within {settings.seconds} s") from None
        except OSError as error:
            raise Fault(str(error)) from None
        self._idle.append(clerk)
        return answer


def _told(answer: Mapping[str, Any]) -> str:
    """What went wrong. Below zero it is OpenLDAP's own code, which tells refused from distrusted badly."""
    hint = "; does it listen there, is its certificate made for this name and signed by ca_file?"
    return str(answer["words"]) + (hint if answer["code"] < 0 else "")


def _is_possible(password: str) -> bool:
    """An empty one would bind anonymously, and prove nobody (RFC 4513 §5.1.2)."""
    if not password or len(password) > LONGEST or "\0" in password:
        return False
    return not any(0xD800 <= ord(sign) < 0xE000 for sign in password)  # what no UTF-8 can say
