"""`idp audit export`, `verify`, `key` and `rotate`: the log handed out, and proven."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import click
import orjson

from idp.chain import handing, reading
from idp.chain.own_keys import own_keys
from idp.chain.rotating import rotate
from idp.chain.verifying import Broken, Verification
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.folder import config_option
from idp.cli.show import show_json
from idp.cli.sought import check, user_id_of
from idp.cli.written import replaced_file
from keys.jwk import VerifyingKey
from keys.jws import SigningKey, Verifier
from storage import Transaction

FOREVER = 1 << 40
HEADINGS = 1  # rows of a table in which nothing stands
Files = tuple[Path, ...]
A_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: standard output.")
@click.option("--since", type=DAY, metavar="DAY", help="From this day on, in the tenant's time zone.")
@click.option("--until", type=DAY, metavar="DAY", help="Before this day.")
@click.option("--event", metavar="E", help="With csv: only this event.")
@click.option("--user", "user", metavar="U", help="With csv: only of this user, by name or id.")
@click.option("--service", metavar="S", help="With csv: only of this service.")
@in_tenant
async def export(opened: Opened, /, form: str, out: Path | None, since: Any, until: Any, **only: Any) -> None:
    """Write the log, oldest first: as JSON Lines that `idp audit verify` proves anywhere, or as a table.

    JSON Lines are whole checkpoints, so they may begin a minute before --since and end a minute behind --until.
    """
    wanted = {name: value for name, value in only.items() if value is not None}
    if form == "jsonl" and wanted:
        raise click.UsageError(
            "what proves itself cannot be narrowed: use --format csv, or --since and --until"
        )
    zone = ZoneInfo(opened.tenant.settings.time_zone)
    begin = int(since.replace(tzinfo=zone).timestamp()) if since else 0
    end = int(until.replace(tzinfo=zone).timestamp()) if until else FOREVER
    with replaced_file(out) if out else nullcontext(sys.stdout.buffer) as target:
        async with opened.snapshot() as tx:
            if form == "jsonl":
                async for line in handing.lines(tx, opened.tenant.name, zone, begin, end):
                    target.write(line)
            else:
                await _table(opened, tx, (begin, end), wanted, target)
        target.flush()


@click.command()
@in_tenant
async def key(opened: Opened) -> None:
    """Print the public keys of the log as a JWK Set, the one that signs now last. Keep it where nobody changes it who
    could change the log.
    """
    show_json({"keys": [dict(each.public) for each in await _own(opened)]})


@click.command("rotate")
@in_tenant
async def rotate_(opened: Opened) -> None:
    """Sign the log by a fresh key from now on; the last statement of the one before names it."""
    await _own(opened)
    try:
        fresh = await rotate(opened.storage, await opened.vault(), opened.now)
    except Broken as broken:
        raise click.ClickException(str(broken)) from None
    click.echo(f"{fresh.kid} signs now: fetch the keys again, idp audit key")


@click.command()
@click.argument("file", required=False, type=A_FILE)
@click.option("--keys", type=A_FILE, help="The JWK Set that `idp audit key` printed; needed with FILE.")
@click.option(
    "--anchor", "anchors", multiple=True, type=A_FILE, help="Statements kept elsewhere; several files."
)
@config_option
@click.option("--tenant", metavar="T", help="Needed where there are several.")
def verify(file: Path | None, keys: Path | None, anchors: Files, config: Path, tenant: str | None) -> None:
    """Say whether the log is whole, or which record is the first that was altered, deleted, moved or inserted.

    With FILE, an export: nothing else is needed, no configuration and no database. Without, the database's log;
    the anchor that idp.yaml names is read too.
    """
    if file is None:
        _in_database(config=config, tenant=tenant, anchors=anchors, keys=keys)
        return
    if keys is None:
        raise click.UsageError("--keys is needed: what the file says of itself proves nothing")
    trusted, lines = _keys(keys), _lines(anchors)
    try:
        with file.open("rb") as source:
            verification = handing.verify_lines(
                source,
                lambda name: Verification(name, trusted.get, lines, newest=_last(trusted), is_export=True),
            )
    except Broken as broken:
        raise click.ClickException(str(broken)) from None
    _tell(verification)


@in_tenant
async def _in_database(opened: Opened, /, anchors: Files, keys: Path | None) -> None:
    anchor = opened.configuration.audit_anchor
    lines = _lines((*anchors, anchor) if anchor and anchor.exists() else anchors)
    own = {each.kid: each for each in await _own(opened)}
    trusted = _keys(keys) if keys else own
    try:
        verification = await reading.verify(
            opened.storage,
            opened.tenant.name,
            lambda: Verification(opened.tenant.name, trusted.get, lines, newest=_last(trusted)),
        )
    except Broken as broken:
        raise click.ClickException(str(broken)) from None
    _tell(verification)
    async with opened.snapshot() as tx:
        count, at = await tx.audit_chain.waiting()
    if count:
        click.echo(
            f"not linked yet: {counted(count, 'record')} since {opened.time(at)}, a server that runs does that"
        )


async def _table(
    opened: Opened, tx: Transaction, within: tuple[int, int], only: Mapping[str, str], target: BinaryIO
) -> None:
    """As CSV. Raises ClickException where nothing was found of what does not exist."""
    zone, equal, rows = ZoneInfo(opened.tenant.settings.time_zone), dict(only), 0
    if name := equal.pop("user", None):
        equal["user_id"] = await user_id_of(tx, name, opened.tenant.settings.domains)
    async for row in handing.table(tx, zone, *within, lambda told: equal.items() <= told.items()):
        target.write(row.encode())
        rows += 1
    if rows == HEADINGS:
        await check(opened, tx, only)


def _tell(verification: Verification) -> None:
    if verification.pruned is not None:
        click.echo(f"records up to {verification.pruned.last} were deleted by retention, as was signed")
    many = f"records {verification.first} to {verification.last}" if verification.records else "no records"
    click.echo(f"whole: {many}")


async def _own(opened: Opened) -> Sequence[SigningKey]:
    vault = await opened.vault()
    async with opened.snapshot() as tx:
        found = await own_keys(tx, vault)
    if not found:
        raise click.ClickException("there is no log yet that could be proven: start the server once")
    return found


def _last(keys: Iterable[str]) -> str:
    """The kid of the key that signs now."""
    return list(keys)[-1]


def _keys(file: Path) -> Mapping[str, Verifier]:
    try:
        keys = {jwk["kid"]: VerifyingKey.load(jwk) for jwk in orjson.loads(file.read_bytes())["keys"]}
    except (ValueError, KeyError, TypeError):
        keys = {}
    if not keys:
        raise click.ClickException(f"{file} is no JWK Set of keys that are known")
    return keys


def _lines(files: Sequence[Path]) -> list[str]:
    """All statements of the anchor files; of other tenants too, which are left out where they are read."""
    return [line for file in files for line in file.read_text(errors="replace").split()]
