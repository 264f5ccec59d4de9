"""Ways of proving who you are, by name. To add one, write a module and list it in `table`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel

from idp.authenticators.answer import Answer
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

Prompt = Mapping[str, Any]


class Busy(Exception):
    """Too many proofs are being computed: nothing was evaluated or counted. `retry_after` is in seconds."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(f"busy, retry after {retry_after} s")
        self.retry_after = retry_after


class Unreachable(Busy):
    """What knows the answer cannot be reached. The guess was counted, and the transaction committed, before that."""


class Refused(ValueError):
    """An enrolment breaks a rule. `rule` names it, `words` say it in English."""

    def __init__(self, rule: str, words: str) -> None:
        super().__init__(words)
        self.rule = rule
        self.words = words


class Authenticator(Protocol):
    """Asks for one proof and checks it, for one tenant. It may say more of itself, see below.

    An unknown user (None), and one without a credential, must cost and show exactly what any other does.
    """

    name: ClassVar[str]
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]]
    compares: ClassVar[bool]  # whether it can check an answer that cannot be read: `answer.Hashed`
    shows: ClassVar[bool]  # whether its answer depends on what the prompt shows
    at_once: ClassVar[bool]  # whether `verify` never commits: nobody waits for what it computes
    Settings: ClassVar[type[BaseModel]]
    fields: ClassVar[tuple[str, ...]]  # what `enrol` takes, the first is required; none: its owner enrols

    def __init__(self, settings: Any, vault: Vault) -> None: ...

    @property
    def amr(self) -> tuple[str, ...]:
        """What its proofs are called (RFC 8176 §2)."""

    @property
    def width(self) -> int:
        """How many characters every answer has; 0 where they differ."""

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        """What to show, as JSON; it is stored with the interaction and comes back to `verify`."""

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        """Whether the answer proves the user. Raises `Busy` before anything was spent.

        `prompt` has beside what `challenge` gave the `username` that was typed: nobody may have it; and the
        `certificate` that the browser has shown, or None.
        Without `compares` an answer that is not a `Secret` proves nothing.
        """

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """A new sealed credential, not yet stored. Raises `Refused`."""


async def prompt_for(
    authenticator: Authenticator, tx: Transaction, user: User | None, username: str, now: int
) -> Prompt:
    """What it shows to somebody of that name. One whose question shows what users hold has `challenge_for`, which
    takes the name too: who has nothing, or does not exist, is always shown the same.
    """
    challenge_for: Any = getattr(authenticator, "challenge_for", None)
    if challenge_for is None:
        return await authenticator.challenge(tx, user, now)
    prompt: Prompt = await challenge_for(tx, user, username, now)
    return prompt


async def why(
    authenticator: Authenticator, tx: Transaction, user: User | None, prompt: Prompt, now: int
) -> Mapping[str, object]:
    """What the audit log is told of an answer that was wrong: so says its `why`, which others need not have."""
    said: Any = getattr(authenticator, "why", None)
    told: Mapping[str, object] = {} if said is None else await said(tx, user, prompt, now)
    return told


def needs_browser(authenticator: Authenticator) -> bool:
    """Whether only a browser can answer: so says its `needs_browser`, which others need not have."""
    return bool(getattr(authenticator, "needs_browser", False))


def is_multiple(authenticator: Authenticator) -> bool:
    """Whether one proof of it is of two factors: so says its `is_multiple`, which others need not have."""
    return bool(getattr(authenticator, "is_multiple", False))


def account_path(authenticator: Authenticator) -> str | None:
    """Our page on which people manage what they hold for it: so says its `account_path`, which others need not have."""
    path: str | None = getattr(authenticator, "account_path", None)
    return path
