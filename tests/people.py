"""The people of the tests: what each knows and holds, and how it becomes an answer."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from typing import Protocol

import pyotp

PATTERN = "A1 F2 K3 L4 C2 G1"  # alice's
PASSWORD = "correct horse battery"  # bob's
COLUMNS = "ABCDEFGHIJKL"
DRIFT_STEPS = 5  # how far ahead of the clock a token may be

Table = list[list[str]]


class Question(Protocol):
    """A page that asks something: the name of its field, and the table if it shows one."""

    @property
    def asked(self) -> str: ...
    @property
    def table(self) -> Table | None: ...


def answer(pattern: str, table: Table) -> str:
    """The digits along a pattern such as `A1 F2 K3`."""
    return "".join(table[int(cell[1:]) - 1][ord(cell[0]) - ord("A")] for cell in pattern.split())


def wrong_answer(pattern: str, table: Table) -> str:
    """As long as the right answer and wrong at every place."""
    return "".join(str((int(digit) + 1) % 10) for digit in answer(pattern, table))


@dataclass
class Token:
    """A device for one-time codes (RFC 6238). It runs ahead when it is asked often: no step is used twice."""

    secret: str = field(default_factory=lambda: base64.b32encode(secrets.token_bytes(20)).decode())
    digits: int = 6
    period: int = 30
    last: int = 0

    def code(self) -> str:
        """The next code that was not shown before."""
        self.last = max(int(time.time()) // self.period, self.last + 1)
        return self._totp.generate_otp(self.last)

    def accepted(self) -> set[str]:
        """Every code that a server may take now."""
        now = int(time.time()) // self.period
        return {self._totp.generate_otp(now + ahead) for ahead in range(-20, 21)}

    @property
    def _totp(self) -> pyotp.TOTP:
        return pyotp.TOTP(self.secret, digits=self.digits, interval=self.period)


@dataclass(frozen=True)
class Person:
    """Somebody with what he knows and holds."""

    name: str
    pattern: str | None = None
    password: str | None = None
    token: Token | None = None

    def reply(self, question: Question) -> str:
        """What he types into the open question."""
        match question.asked:
            case "username":
                return self.name
            case "password" if self.password is not None:
                return self.password
            case "answer" if question.table is not None and self.pattern is not None:
                return answer(self.pattern, question.table)
            case "answer" if question.table is None and self.token is not None:
                return self.token.code()
        raise AssertionError(f"{self.name} cannot answer {question}")


ALICE = Person("alice", pattern=PATTERN)
CAROL = Person("carol", pattern=PATTERN)
NOBODY = Person("nobody", pattern=PATTERN)  # whom no tenant knows


def new_bob() -> Person:
    """With a token of his own: one token works at one server, where its steps are used up."""
    return Person("bob", password=PASSWORD, token=Token())
