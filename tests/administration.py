"""What an administrator does by the command line, beside a running server."""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.people import PATTERN, Person, Token
from tests.prepared import Running, Streams, anew, prepared

ROOT = Path(__file__).parents[1]


class CommandFailed(AssertionError):
    """The command line answered with another status than the test expects."""


class Administration:
    """The commands of one configuration folder, each in a process of its own."""

    config: Path
    environment: dict[str, str]
    bob: Person
    imports_anew = False  # whether its processes shall import everything themselves

    def cli(self, *words: str, given: str = "", status: int = 0) -> str:
        """Run `idp WORDS` with `given` on standard input and return what it printed.

        Raises CommandFailed when it ends with another exit status than `status`.
        """
        with tempfile.TemporaryDirectory() as name:
            streams = Path(name, "in"), Path(name, "out"), Path(name, "errors")
            streams[0].write_text(given)
            ended = self.command(*words, streams=streams).wait(60)
            output, errors = (stream.read_text() for stream in streams[1:])
        if ended != status:
            raise CommandFailed(f"idp {' '.join(words)}: status {ended}\n{output}{errors}")
        return output

    def command(self, *words: str, streams: Streams) -> Running:
        """Start `idp WORDS` on the folder; `streams` are its input, output and errors."""
        everything = (*words, "--config", str(self.config))
        start = anew if self.imports_anew else prepared
        return start(everything, self.environment, streams)

    def audit(self, tenant: str = "demo", limit: int = 1000) -> list[dict[str, Any]]:
        """The audit log, newest first."""
        shown: list[dict[str, Any]] = json.loads(
            self.cli("audit", "show", "--tenant", tenant, "--limit", str(limit), "--json")
        )
        return shown

    def pending(self, tenant: str = "demo") -> list[dict[str, Any]]:
        """Services that are still to be told that a session has ended."""
        shown: list[dict[str, Any]] = json.loads(self.cli("session", "pending", "--tenant", tenant, "--json"))
        return shown

    def add_user(
        self,
        name: str,
        *groups: str,
        pattern: str | None = None,
        password: str | None = None,
        token: Token | None = None,
        tenant: str = "demo",
    ) -> None:
        """Add a person through the command line, with the credentials given."""
        membership = [word for group in groups for word in ("--group", group)]
        self.cli("user", "add", name, "--tenant", tenant, "--email", f"{name}@example.com", *membership)
        given = {"matrix": ("--pattern", pattern), "totp": ("--secret", token and token.secret)}
        for authenticator, (option, value) in given.items():
            if value is not None:
                self.cli("credential", "set", name, authenticator, "--tenant", tenant, option, value)
        if password is not None:
            self.cli("credential", "set", name, "password", "--tenant", tenant, given=f"{password}\n")

    def add_people(self, tenant: str = "demo") -> None:
        """alice (matrix), bob (password and TOTP) and carol, whom the policy denies."""
        with ThreadPoolExecutor() as each:
            added = (
                each.submit(self.add_user, "alice", "staff", pattern=PATTERN, tenant=tenant),
                each.submit(
                    self.add_user,
                    "bob",
                    "token",
                    password=self.bob.password,
                    token=self.bob.token,
                    tenant=tenant,
                ),
                each.submit(self.add_user, "carol", pattern=PATTERN, tenant=tenant),
            )
        for one in added:
            one.result()
