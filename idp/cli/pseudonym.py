"""`idp pseudonym`: the name by which one service, and no other, knows a user."""

from __future__ import annotations

import click

from idp import audit
from idp.cli.context import Opened, find_user, in_tenant
from idp.cli.noun import Noun
from idp.config.mistake import suggest


@click.group(cls=Noun)
def pseudonym() -> None:
    """Names that are derived for each SAML service (NameID persistent): renew."""


@pseudonym.command()
@click.argument("user")
@click.argument("service")
@in_tenant
async def renew(opened: Opened, user: str, service: str) -> None:
    """From his next login on the service knows USER by a new name, and cannot tell that he is the same."""
    known = [name for name, each in opened.tenant.services.items() if "saml" in each.doors]
    if service not in known:
        raise click.ClickException(f"no SAML service is called {service}, {suggest(service, known)}")
    async with opened.transaction() as tx:
        found = await find_user(tx, user, opened.tenant.settings.domains)
        await tx.name_revisions.advance(found.id, service, opened.now)
        await audit.record(tx, "pseudonym.renewed", opened.now, user_id=found.id, service=service)
    click.echo(f"{service} will know {found.login_name} by a new name")
