"""`idp user erase`: a person is taken out of the audit log, which stays whole."""

from __future__ import annotations

import click

from idp import audit, throttle
from idp.cli.context import Opened, in_tenant
from idp.logout.revocation import evict
from idp.username import canonical, split
from storage import Transaction

PAGE = 500


@click.command()
@click.argument("name")
@click.confirmation_option(prompt="This cannot be undone. Delete the user, and erase him from the audit log?")
@in_tenant
async def erase(opened: Opened, name: str) -> None:
    """Delete a user and destroy the key of what the audit log says of him: what happened stays, not to whom.

    NAME may be the name or the id of a user who was deleted before.
    """
    async with opened.transaction() as tx:
        person = await tx.users.find_by_name(*split(canonical(name), opened.tenant.settings.domains))
        ids = [person.id] if person else await _deleted(tx, name)
        if not ids:
            raise click.ClickException(f"no user is or was called {name}")
        sessions = 0
        if person is not None:
            sessions, _ = await evict(tx, opened.doors, person.id, opened.now)
            await tx.users.delete(person.id)
            await throttle.unlock(tx, person.login_name, opened.tenant.authenticators)
        erased = [each for each in ids if await tx.person_keys.erase(each, opened.now)]
        for each in erased:
            await audit.record(tx, "user.erased", opened.now, user_id=each, sessions=sessions)
    words = f"erased {len(erased)} of that name" if len(erased) > 1 else f"erased {name}"
    click.echo(words if erased else f"{name} was erased before")


async def _deleted(tx: Transaction, name: str) -> list[str]:
    """Ids of those who were deleted under this name, or this id itself."""
    if await tx.person_keys.find(name) is not None and not name.startswith("day:"):
        return [name]
    found, before = [], ""
    while page := await tx.audit.list(before, PAGE, event="user.deleted"):
        found += [each.user_id for each in page if each.details.get("username") == canonical(name)]
        before = page[-1].id
    return [each for each in found if each is not None]
