"""The command line: one file per noun, imported when it is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from signal import SIGPIPE
from typing import Any, Final

import click

from idp import __version__, doors
from idp.cli.wrong import words
from idp.config.mistake import suggest

NOUNS: Final = {
    "serve": "Run the server.",
    "config": "The configuration: check, plan, apply, history, diff, rollback, export, schema.",
    "policy": "The rules: explain what they say, rehearse others on logins of the past.",
    "user": "People: add, import, export, list, show, set, unset, disable, enable, unlock, forget, delete, erase.",
    "credential": "What people prove themselves with: set, issue, activate, list, reset.",
    "password": "Lists of passwords that nobody may choose: filter build, filter show.",
    "ldap": "Directories that know passwords: check.",
    "token": "Hardware tokens: import, list, assign, unassign, resync, lost.",
    "protect": "Login protect: list, remove.",
    "mail": "Mail to people: list, show, retry, delete, preview.",
    "session": "Who is signed in where: list, end, pending (which services are still to be told).",
    "client": "Clients that registered themselves: list, show, delete, token.",
    "key": "Signing keys: list, rotate, retire.",
    "certificate": "Certificates that SAML services know: list, announce, rotate, renew, delete.",
    "authority": "The authority that issues client certificates to people: show, renew, delete; list, issue, revoke.",
    "pseudonym": "The name by which one service knows a user: renew.",
    "storage": "The database: migrate, status.",
    "backup": "The whole database in one sealed file: create, verify, restore.",
    "audit": "What happened: show, verify, export, key, rotate.",
    "health": "Ask the running server whether it is well.",
    "probe": "Sign in at every door, and say which is broken.",
    "theme": "The pages: preview them all.",
    "demo": "The demo tenant: guide to it, code of a user.",
}

NOBODY_READS: Final = 128 + SIGPIPE  # the status that a shell gives to whom that signal ended


class Nouns(click.Group):
    """Knows every noun by name, those that doors lend us too, and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return [*NOUNS, *doors.NOUNS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        found: click.Command | None = None
        if cmd_name in NOUNS:
            found = getattr(import_module(f"idp.cli.{cmd_name}"), cmd_name)
        elif cmd_name in doors.NOUNS:
            found = doors.command(cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in (known := self.list_commands(ctx)):
            ctx.fail(f"there is no command {name}, {suggest(name, known)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; what the system refuses is told in one sentence, but by the server, whose log wants more."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # see `main`
        except OSError as error:
            if ctx.invoked_subcommand == "serve":
                raise
            raise click.ClickException(words(error)) from None

    def main(self, *args: Any, **given: Any) -> Any:
        """As click does; but where nobody reads any more, as in `idp … | head`, it ends as if by SIGPIPE."""
        printed = sys.stdout
        try:
            return super().main(*args, **given)
        except SystemExit:
            if sys.stdout is not printed:  # click puts something silent there, and no other sign
                raise SystemExit(NOBODY_READS) from None
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([*NOUNS.items(), *doors.NOUNS.items()])


@click.group(cls=Nouns, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, prog_name="idp")
def main() -> None:
    """Masugata: an identity provider with matrix one-time passwords."""
