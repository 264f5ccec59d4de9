"""The name of a new user and what is said of him at once, as an operator gives it."""

from __future__ import annotations

from collections.abc import Iterable

import click

from idp.attribute_types import read
from idp.cli.context import Opened
from idp.config.mistake import suggest
from idp.username import MAX_LENGTH, canonical, split
from storage.records import LOCAL_DOMAIN


def named(opened: Opened, name: str, domain: str | None) -> tuple[str, str]:
    """The name and its domain, as both are compared."""
    domains = opened.tenant.settings.domains
    if domain is not None and domain not in domains:
        raise click.ClickException(f"no domain is called {domain}, {suggest(domain, domains)}")
    typed = name if domain in (None, LOCAL_DOMAIN) else f"{name}@{domain}"
    username, home = split(canonical(typed), domains)
    if not username or not username.isprintable() or len(typed) > MAX_LENGTH:
        raise click.UsageError(f"a user name has 1 to {MAX_LENGTH} characters that can be seen")
    if domain is not None and home != domain:
        raise click.UsageError(f"{name} is a name in domain {home}, as it is typed at the login")
    return username, home


def check(groups: Iterable[str], email: str | None) -> None:
    """An address as `idp user set` would take it, and groups that somebody can name. Raises ClickException."""
    if not all(each.strip() for each in groups):
        raise click.UsageError("a group has a name")
    try:
        if email:
            read("email", email, {})
    except ValueError as error:
        raise click.ClickException(str(error)) from None
