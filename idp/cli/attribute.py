"""`idp user set`, `idp user unset`: what is said of a user to services."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from idp import attributes
from idp.cli.context import Opened, in_tenant
from storage.records import User


@click.command("set")
@click.argument("name")
@click.argument("given", nargs=-1, required=True, metavar="ATTRIBUTE=VALUE...")
@in_tenant
async def set_(opened: Opened, name: str, given: tuple[str, ...]) -> None:
    """Set attributes: given_name=… address.country=… family_name#ja-Kana-JP=…, or the tenant's own.

    Where several texts may be given, they stand in one value, divided by commas: badges=red,blue.

    A new email or phone_number is unverified unless email_verified or phone_number_verified is set with it.
    """
    pairs = dict(_pair(each) for each in given)
    if len(pairs) < len(given):
        raise click.UsageError(
            "an attribute is given twice; several texts stand in one value: badges=red,blue"
        )
    declared = opened.tenant.settings.attributes
    await _change(opened, name, pairs, lambda user: attributes.assign(user, pairs, declared, opened.now))
    click.echo(f"set {', '.join(pairs)} of {name}")


@click.command()
@click.argument("name")
@click.argument("unwanted", nargs=-1, required=True, metavar="ATTRIBUTE...")
@in_tenant
async def unset(opened: Opened, name: str, unwanted: tuple[str, ...]) -> None:
    """Take attributes away."""
    await _change(opened, name, unwanted, lambda user: attributes.remove(user, unwanted, opened.now))
    click.echo(f"unset {', '.join(unwanted)} of {name}")


async def _change(opened: Opened, name: str, changed: Iterable[str], change: Callable[[User], User]) -> None:
    """The audit log says which, not what: the values are the user's own."""
    try:
        async with opened.changing(name) as about:
            await about.tx.users.replace(change(about.user))
            await about.record("user.changed", attributes=sorted(changed))
    except attributes.Refused as refused:
        raise click.ClickException("\n".join(refused.mistakes)) from None


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise click.UsageError(f"{given}: must be an attribute, = and its value")
    return name.strip(), value.strip()
