"""`idp key`: the keys by which a tenant signs."""

from __future__ import annotations

import click

from idp import audit
from idp.cli.context import Opened, in_tenant
from idp.cli.identifier import Identifying
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.custody.signing import ALGORITHMS, KeyInUse, Signing, TooEarly
from keys.algorithm import ALGORITHMS as KNOWN
from keys.jws import SigningKey

COLUMNS = ("kid", "alg", "state", "changed_at")


@click.group(cls=Noun)
def key() -> None:
    """Signing keys: list, rotate, retire."""


@key.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List keys, oldest first: next is announced, active signs, retired still verifies."""
    async with opened.snapshot() as tx:
        records = await tx.signing_keys.list()
    rows = [
        {
            "kid": each.kid,
            "alg": each.alg,
            "state": each.state,
            "created_at": opened.time(each.created_at),
            "changed_at": opened.time(each.changed_at),
        }
        for each in records
    ]
    show(rows, COLUMNS, as_json=as_json)


@key.command()
@click.option("--alg", type=click.Choice(list(KNOWN)), help="Only this algorithm; otherwise all in use.")
@click.option("--force", is_flag=True, help="Even if services may not have read the announced key yet.")
@in_tenant
async def rotate(opened: Opened, alg: str | None, force: bool) -> None:
    """Sign with the announced key from now on, and announce a new one. What was signed stays valid."""
    signing = Signing(await opened.vault())
    async with opened.snapshot() as tx:
        before = await signing.load(tx)
    fresh = [SigningKey.generate(each) for each in ([alg] if alg else before.algorithms or ALGORITHMS)]
    signed = {each.kid for each in before.active}
    try:
        async with opened.transaction() as tx:
            signs = [await signing.rotate(tx, each, opened.now, force=force) for each in fresh]
            for each in signs:
                event = "key.announced" if each.kid in signed else "key.rotated"
                await audit.record(tx, event, opened.now, kid=each.kid, alg=each.alg)
    except TooEarly as error:
        raise click.ClickException(f"{error}, try again later, or --force") from None
    for each in signs:
        announced = ", the next one is announced now: rotate again later" if each.kid in signed else ""
        click.echo(f"{each.alg}: {each.kid} signs now{announced}")


@key.command(cls=Identifying)
@click.argument("kid")
@click.option("--forget", is_flag=True, help="Delete a retired key: what it signed is refused from now on.")
@click.option("--force", is_flag=True, help="Delete it even if there are tokens that need it.")
@in_tenant
async def retire(opened: Opened, kid: str, forget: bool, force: bool) -> None:
    """Never sign with a key again. It goes by itself when no token needs it any more."""
    signing = Signing(await opened.vault())
    event = "key.deleted" if forget else "key.retired"
    try:
        async with opened.transaction() as tx:
            if forget:
                turned = await signing.delete(tx, kid, opened.now, force=force)
            else:
                turned = await signing.retire(tx, kid, opened.now)
            if not turned:
                raise click.ClickException(f"no key is called {kid}")
            await audit.record(tx, event, opened.now, kid=kid, reason="operator")
    except KeyInUse as error:
        raise click.ClickException(f"{error}{', or --force' if forget else ''}") from None
    click.echo(f"{event.partition('.')[2]} {kid}")
