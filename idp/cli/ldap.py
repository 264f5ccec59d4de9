"""`idp ldap`: directories that know passwords."""

from __future__ import annotations

import click

from idp.cli.asking import ask
from idp.cli.context import Opened, in_tenant
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.ldap.directory import Directory, Fault
from idp.username import canonical, split
from keys.secret import Secret

COLUMNS = ("domain", "server", "result")


@click.group(cls=Noun)
def ldap() -> None:
    """Directories that know passwords."""


@ldap.command()
@click.option("--user", "-u", metavar="U", help="Look for the entry of this user, for example hanako@corp.")
@click.option("--password", "try_", is_flag=True, help="Ask for the user's password, or read it, and try it.")
@json_option
@in_tenant
async def check(opened: Opened, user: str | None, try_: bool, as_json: bool) -> None:
    """Ask each server of each domain as a login does: connect, encrypt, find the entry, bind.

    The exit status is 1 if one of them cannot be used. A wrong password counts in the directory.
    """
    domains = opened.tenant.settings.domains
    username, only = split(canonical(user), domains) if user else (None, None)
    known = {name: each.ldap for name, each in domains.items() if each.ldap and only in (None, name)}
    if not known:
        where = f"domain {only}" if only else f"tenant {opened.tenant.name}"
        raise click.ClickException(f"{where} has no directory, domains in tenant.yaml names them")
    if try_ and username is None:
        raise click.UsageError("whose password? Give --user")
    given = ask("password", confirm=False) if try_ else None
    rows = []
    for name, settings in known.items():
        directory = Directory(name, settings)
        try:
            for server in settings.servers:
                is_well, words = await _examine(directory, server, username, given)
                rows.append({"domain": name, "server": server, "result": words, "well": is_well})
        finally:
            await directory.close()
    show(rows, COLUMNS, as_json=as_json)
    if not all(row["well"] for row in rows):
        raise click.exceptions.Exit(1)


async def _examine(
    directory: Directory, server: str, username: str | None, password: Secret | None
) -> tuple[bool, str]:
    """Whether all is well with this server, and in words what it said."""
    try:
        await directory.knock(server)
        if username is None:
            return True, "answers"
        name = await directory.find(server, username)
        if name is None:
            return False, "has no such entry, or several"
        if password is None:
            return True, f"would bind as {name}"
        right = await directory.prove(server, username, password.reveal())
        return right, f"{'binds' if right else 'does not bind'} as {name}"
    except Fault as fault:
        return False, str(fault)
