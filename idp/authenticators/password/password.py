"""The password authenticator: NIST SP 800-63B-4 §3.1.1, Argon2id (RFC 9106); of some domains a directory knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final, Literal

from pydantic import BaseModel

from idp.authenticators import Prompt, Refused
from idp.authenticators.answer import Answer
from idp.authenticators.password.content import Content
from idp.authenticators.password.hashing import EXECUTOR, decoy_hash, is_hash_of, is_outdated, new_hash
from idp.authenticators.password.rules import check_guessable, check_length, normalise
from idp.authenticators.password.settings import PasswordSettings
from idp.authenticators.safe import Held, Safe
from idp.ldap.directory import Directory
from idp.username import split
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

Due = Literal["", "initial", "expired"]
DAY: Final = 86_400  # seconds


class Password:
    """Verifies passwords of one tenant."""

    name: ClassVar[str] = "password"
    amr: ClassVar[tuple[str, ...]] = ("pwd",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "knowledge"
    compares: ClassVar[bool] = False  # only its own hash is kept
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = False
    width: ClassVar[int] = 0
    Settings: ClassVar[type[BaseModel]] = PasswordSettings
    fields: ClassVar[tuple[str, ...]] = ("password",)
    account_path: ClassVar[str | None] = "/account/password"

    def __init__(self, settings: PasswordSettings, vault: Vault) -> None:
        self.settings = settings
        self._safe = Safe(vault, self.name, decoy_hash().encode())
        self._breaches = settings.breaches()
        self._directories = {name: Directory(name, each) for name, each in settings.directories.items()}

    @property
    def shortest(self) -> int:
        """How many characters a new one has at least."""
        return self.settings.min

    def directories(self) -> list[tuple[str, int, int]]:
        """Of each domain with one: how many of its servers did not answer lately, of how many."""
        return [(name, each.silent, len(each.settings.servers)) for name, each in self._directories.items()]

    async def close(self) -> None:
        """End what is kept open to ask directories."""
        for directory in self._directories.values():
            await directory.close()

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        return {}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        """One hash or one bind, whoever asks, outside of any transaction.

        Raises `Busy` before anything else happens, and `Unreachable` for a directory that does not answer.
        """
        if not isinstance(answer, Secret):
            return False
        if directory := self._directory(user, str(prompt.get("username", ""))):
            return await directory.verify(tx, user.username if user else None, answer)
        with EXECUTOR.slot(self.settings.queue):
            held = (await self._safe.open(tx, user))[-1]
            await tx.commit()
            content = Content.parse(held.content)
            password, fits = _normalise(answer)
            matches = await EXECUTOR.run(partial(is_hash_of, content.encoded, password))
            if not (matches and fits and held.genuine):
                return False
            if is_outdated(content.encoded):
                await self._renew(tx, held, content, password, now)
        await tx.credentials.touch(held.credential.id, now)
        return True

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `password`. Computes a hash right here. Raises `Refused`, which names the rule."""
        if self.is_elsewhere(user):
            raise Refused(
                "elsewhere", f"the password of {user.login_name} is kept in a directory, change it there"
            )
        password, whole = normalise(given["password"].reveal())
        check_length(password, self.settings.min, whole=whole)
        check_guessable(password, user, self.settings.names)
        if self._breaches is not None and password in self._breaches:
            raise Refused("breached", "this password is on the list of those that were stolen somewhere")
        encoded = new_hash(password.encode("utf-8", "surrogatepass"))
        return self._safe.seal(user, Content(encoded).dump(), now)

    def initial(self, credential: Credential) -> Credential:
        """The same password, which its owner must change before he goes on."""
        content = Content.parse(self._safe.unseal(credential))
        return self._safe.reseal(credential, replace(content, initial=True).dump(), credential.changed_at)

    async def present(self, tx: Transaction, user: User) -> Credential | None:
        """The password that we keep of the user, if any."""
        return next(reversed(await tx.credentials.list(user.id, self.name)), None)

    def due(self, present: Credential, now: int) -> Due:
        """Why it must be changed before its owner goes on; empty if it need not be."""
        if Content.parse(self._safe.unseal(present)).initial:
            return "initial"
        ends = self.expires_at(present)
        return "expired" if ends is not None and ends <= now else ""

    def expires_at(self, present: Credential) -> int | None:
        """When it must be changed at the latest (epoch seconds), if ever."""
        days = self.settings.expires_days
        return None if days is None else present.created_at + days * DAY

    def is_same(self, present: Credential, typed: Secret) -> bool:
        """Whether it is the present one. Computes a hash right here."""
        encoded = Content.parse(self._safe.unseal(present)).encoded
        return is_hash_of(encoded, _normalise(typed)[0])

    def is_elsewhere(self, user: User) -> bool:
        """Whether a directory knows his password, and we keep none."""
        return user.domain in self._directories

    def _directory(self, user: User | None, unverified_name: str) -> Directory | None:
        """A name that nobody has costs what another in its domain does."""
        domain = user.domain if user else split(unverified_name, self._directories)[1]
        return self._directories.get(domain)

    async def _renew(self, tx: Transaction, held: Held, content: Content, password: bytes, now: int) -> None:
        """Hash anew by the present parameters. A password that was changed meanwhile has another row."""
        fresh = replace(content, encoded=await EXECUTOR.run(partial(new_hash, password)))
        await tx.credentials.replace(self._safe.reseal(held.credential, fresh.dump(), now))


def _normalise(secret: Secret) -> tuple[bytes, bool]:
    """The password as it is hashed, and whether that is all of it."""
    password, whole = normalise(secret.reveal())
    return password.encode("utf-8", "surrogatepass"), whole
