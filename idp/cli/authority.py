"""`idp authority`: the tenant's own authority for client certificates, and what it issued to people."""

from __future__ import annotations

from pathlib import Path

import click

from idp import audit
from idp.authenticators.certificate import ClientCertificate
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.cli.written import new_file
from idp.credentials.certificates import make_password
from idp.credentials.enrolment import device_name
from idp.custody.authority import AUTHENTICATOR, PATH, InUse, note_revoked
from idp.logout.revocation import end_all
from idp.mail.queue import changed
from keys import pkcs12
from keys.certificate import Authorities
from keys.certified_key import ends_at
from storage import Transaction
from storage.certificates import AuthorityRecord, IssuedCertificate

KEYS = ("id", "state", "created_at", "ends_at", "crl")
COLUMNS = ("serial", "user", "name", "state", "issued_at", "ends_at")
PAGE = 500


@click.group(cls=Noun)
def authority() -> None:
    """The authority that issues client certificates to people: show, renew, delete; list, issue, revoke."""


@authority.command("show")
@click.option("--pem", is_flag=True, help="Print the certificates, for who shall believe what they sign.")
@json_option
@in_tenant
async def show_(opened: Opened, pem: bool, as_json: bool) -> None:
    """Show the authorities, oldest first: active issues, retired vouches for what it issued."""
    async with opened.snapshot() as tx:
        records = await tx.authorities.list()
    if pem:
        click.echo(Authorities.from_der(*(each.certificate for each in records)).pem, nl=False)
        return
    show([_authority(opened, each) for each in records], KEYS, as_json=as_json)


@authority.command()
@in_tenant
async def renew(opened: Opened) -> None:
    """Issue by a new authority from now on; what the one before issued stays good until it ends."""
    certificate = await _certificate(opened)
    async with opened.transaction() as tx:
        fresh = await certificate.authority.renew(tx, certificate.settings.authority_name, opened.now)
        await audit.record(tx, "authority.renewed", opened.now, id=fresh.id)
    click.echo(f"{fresh.id} issues now; reload the server if it ends TLS itself, and give its certificate to")
    click.echo("whoever believes the one before (idp authority show --pem)")


@authority.command()
@click.argument("authority_id", metavar="ID")
@click.confirmation_option(prompt="Every certificate that it issued is void at once. Delete it?")
@in_tenant
async def delete(opened: Opened, authority_id: str) -> None:
    """Believe a retired authority no more; certificates that it issued are void."""
    certificate = await _certificate(opened)
    try:
        async with opened.transaction() as tx:
            if not await certificate.authority.delete(tx, authority_id):
                raise click.ClickException(f"no authority is called {authority_id}")
            await audit.record(tx, "authority.deleted", opened.now, id=authority_id)
    except InUse as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"deleted {authority_id}")


@authority.command("list")
@click.option("--user", "name", metavar="NAME", help="Only those of this user.")
@json_option
@in_tenant
async def list_(opened: Opened, name: str | None, as_json: bool) -> None:
    """List certificates that have not ended, by serial number."""
    if name is not None:
        async with opened.reading(name) as (tx, person):
            rows = [await _row(opened, tx, each) for each in await tx.issued_certificates.list_of(person.id)]
    else:
        rows, after = [], ""
        async with opened.snapshot() as tx:
            while page := await tx.issued_certificates.list(after, PAGE):
                rows += [await _row(opened, tx, each) for each in page]
                after = page[-1].serial
    show(rows, COLUMNS, as_json=as_json)


@authority.command()
@click.argument("name")
@click.option("--label", default="", metavar="TEXT", help="What its owner calls it, such as his device.")
@click.option(
    "--out", required=True, metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Where the certificate and its key go (PKCS #12).",
)  # fmt: skip
@in_tenant
async def issue(opened: Opened, name: str, label: str, out: Path) -> None:
    """Issue a certificate to a user, for him to import; prints the import password, which is kept nowhere."""
    certificate, letterbox, password = await _certificate(opened), await opened.letterbox(), make_password()
    crl = opened.tenant.settings.base_url + PATH
    with new_file(out) as file:
        async with opened.changing(name) as about:
            fresh, held = await certificate.issue(about.tx, about.user, device_name(label), opened.now, crl)
            legacy = certificate.settings.pkcs12 == "3des"
            file.write(pkcs12.bundle(fresh, certificate.settings.authority_name, password, legacy=legacy))
            file.flush()
            await about.record("certificate.issued", serial=fresh.serial, device=held.name)
            if letterbox:
                await changed(about.tx, letterbox, AUTHENTICATOR, about.user, opened.now)
    click.echo(f"wrote {out} for {about.user.login_name}, serial {fresh.serial}", err=True)
    click.echo("import password: ", nl=False, err=True)  # what is piped on is the password alone
    click.echo(password.reveal())


@authority.command()
@click.argument("serial")
@in_tenant
async def revoke(opened: Opened, serial: str) -> None:
    """Revoke a certificate: it opens nothing any more, and its owner's sessions end."""
    letterbox = await opened.letterbox()
    async with opened.transaction() as tx:
        found = await tx.issued_certificates.find(serial.replace(":", "").lower().lstrip("0"))
        if found is None or not await tx.credentials.delete_one(found.serial):
            raise click.ClickException(f"nobody holds a certificate {serial}")
        await note_revoked(tx, found.user_id, opened.now)
        sessions = await end_all(tx, opened.doors, found.user_id, opened.now, reason="certificate revoked")
        user = await tx.users.find(found.user_id)
        if letterbox and user:
            await changed(tx, letterbox, AUTHENTICATOR, user, opened.now)
    click.echo(f"revoked {found.serial}, ended {counted(sessions, 'session')}")


async def _certificate(opened: Opened) -> ClientCertificate:
    found = await opened.authenticator(AUTHENTICATOR)
    assert isinstance(found, ClientCertificate)
    if not found.issues:
        raise click.ClickException(f"tenant {opened.tenant.name} issues none (certificate.issue: never)")
    await found.authority.prepare(opened.storage, found.settings.authority_name, opened.now)
    return found


def _authority(opened: Opened, record: AuthorityRecord) -> dict[str, str]:
    return {
        "id": record.id,
        "state": record.state,
        "created_at": opened.time(record.created_at),
        "ends_at": opened.time(ends_at(record.certificate)),
        "crl": opened.tenant.settings.base_url + PATH.format(authority=record.id),
    }


async def _row(opened: Opened, tx: Transaction, issued: IssuedCertificate) -> dict[str, str | None]:
    user = await tx.users.find(issued.user_id)
    held = await tx.credentials.list(issued.user_id, AUTHENTICATOR)
    over = issued.ends_at <= opened.now
    return {
        "serial": issued.serial,
        "user": user.login_name if user else None,
        "name": next((each.name for each in held if each.id == issued.serial), None),
        "state": "revoked" if issued.revoked_at is not None else "ended" if over else "good",
        "issued_at": opened.time(issued.issued_at),
        "ends_at": opened.time(issued.ends_at),
    }
