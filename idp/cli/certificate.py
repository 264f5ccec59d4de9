"""`idp certificate`: the certificates by which SAML services know a tenant."""

from __future__ import annotations

from typing import Final

import click

from idp import audit
from idp.cli.context import Opened, in_tenant
from idp.cli.identifier import Identifying
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.custody.certification import Certification, subject
from idp.custody.signing import KeyInUse, TooEarly
from keys.certified_key import CertifiedKey, ends_at
from keys.xml_signature import ECDSA_SHA256, RSA_SHA256

COLUMNS = ("kid", "purpose", "alg", "state", "changed_at", "ends_at")
METHODS: Final = {"RSA": RSA_SHA256, "ECDSA": ECDSA_SHA256}
NAMES: Final = {method: name for name, method in METHODS.items()}
algorithm = click.option("--alg", type=click.Choice(list(METHODS)), default="RSA", show_default=True)


@click.group(cls=Noun)
def certificate() -> None:
    """Certificates that SAML services know: list, announce, rotate, renew, delete."""


@certificate.command("list")
@json_option
@in_tenant
async def list_(opened: Opened, as_json: bool) -> None:
    """List certificates, oldest first: next is announced in the metadata, active signs, retired does not."""
    async with opened.snapshot() as tx:
        records = await tx.certified_keys.list()
    rows = [
        {
            "kid": each.kid,
            "purpose": each.purpose,
            "alg": NAMES[each.method],
            "state": each.state,
            "changed_at": opened.time(each.changed_at),
            "ends_at": opened.time(ends_at(each.certificate)),
        }
        for each in records
    ]
    show(rows, COLUMNS, as_json=as_json)


@certificate.command()
@algorithm
@in_tenant
async def announce(opened: Opened, alg: str) -> None:
    """Publish the next signing certificate beside the present one; let services read it, then rotate."""
    certification, fresh = Certification(await opened.vault()), _generate(opened, METHODS[alg])
    try:
        async with opened.transaction() as tx:
            await certification.announce(tx, fresh, opened.now)
            await audit.record(tx, "certificate.announced", opened.now, kid=fresh.kid, alg=alg)
    except KeyInUse as error:
        raise click.ClickException(f"{error}: rotate, or delete it") from None
    click.echo(f"{fresh.kid} is announced; rotate when every service has read the metadata")


@certificate.command()
@algorithm
@click.option("--force", is_flag=True, help="Even if services may not have read the announced one yet.")
@in_tenant
async def rotate(opened: Opened, alg: str, force: bool) -> None:
    """Sign with the announced key from now on."""
    certification = Certification(await opened.vault())
    try:
        async with opened.transaction() as tx:
            key = await certification.rotate(tx, METHODS[alg], opened.now, force=force)
            await audit.record(tx, "certificate.rotated", opened.now, kid=key.kid, alg=alg)
    except LookupError as error:
        raise click.ClickException(f"{error}: announce one first") from None
    except TooEarly as error:
        raise click.ClickException(f"{error}, try again after a week, or --force") from None
    click.echo(f"{key.kid} signs now")


@certificate.command()
@in_tenant
async def renew(opened: Opened) -> None:
    """Publish a new certificate for services to encrypt for; what they encrypted for the old one still opens."""
    certification, fresh = Certification(await opened.vault()), _generate(opened, RSA_SHA256)
    async with opened.transaction() as tx:
        await certification.replace(tx, fresh, opened.now)
        await audit.record(tx, "certificate.renewed", opened.now, kid=fresh.kid)
    click.echo(f"services encrypt for {fresh.kid} when they have read the metadata")


@certificate.command(cls=Identifying)
@click.argument("kid")
@in_tenant
async def delete(opened: Opened, kid: str) -> None:
    """Forget a certificate that is announced or retired, and its key."""
    certification = Certification(await opened.vault())
    try:
        async with opened.transaction() as tx:
            if not await certification.delete(tx, kid):
                raise click.ClickException(f"no certificate is called {kid}")
            await audit.record(tx, "certificate.deleted", opened.now, kid=kid)
    except KeyInUse as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"deleted {kid}")


def _generate(opened: Opened, method: str) -> CertifiedKey:
    return CertifiedKey.generate(method, subject(opened.tenant.settings.base_url), opened.now)
