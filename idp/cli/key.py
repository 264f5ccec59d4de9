"""`idp key`: the keys by which a tenant signs."""

from __future__ import annotations

import click

from idp import audit
from idp.cli.context import Opened, in_tenant
from idp.cli.show import json_option, show
from idp.signing import ALGORITHMS, KeyInUse, Signing
from keys.algorithm import ALGORITHMS as KNOWN
from keys.jws import SigningKey

COLUMNS = ("kid", "alg", "state", "changed_at")


@click.group()
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
@in_tenant
async def rotate(opened: Opened, alg: str | None) -> None:
    """Sign with the announced key from now on, and announce a new one. What was signed stays valid."""
    signing = Signing(await opened.vault())
    async with opened.snapshot() as tx:
        in_use = (await signing.load(tx)).algorithms
    fresh = [SigningKey.generate(each) for each in ([alg] if alg else in_use or ALGORITHMS)]
    async with opened.transaction() as tx:
        for each in fresh:
            signs = await signing.rotate(tx, each, opened.now)
            await audit.record(tx, "key.rotated", opened.now, kid=signs.kid, alg=signs.alg)
            click.echo(f"{signs.alg}: {signs.kid} signs now")


@key.command()
@click.argument("kid")
@click.option("--forget", is_flag=True, help="Delete a retired key: what it signed is refused from now on.")
@in_tenant
async def retire(opened: Opened, kid: str, forget: bool) -> None:
    """Never sign with a key again."""
    signing = Signing(await opened.vault())
    event = "key.deleted" if forget else "key.retired"
    try:
        async with opened.transaction() as tx:
            turn = signing.delete(tx, kid) if forget else signing.retire(tx, kid, opened.now)
            if not await turn:
                raise click.ClickException(f"no key is called {kid}")
            await audit.record(tx, event, opened.now, kid=kid)
    except KeyInUse as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{event.partition('.')[2]} {kid}")
