"""The demo tenant's first people: there before anyone has typed a command."""

from __future__ import annotations

from idp import attributes, audit
from idp.authenticators import Refused
from idp.authenticators.table import open_authenticators
from idp.config.configuration import TenantConfiguration
from idp.config.people import DemoUser
from idp.username import canonical, split
from keys.seal import Vault
from keys.token import new_id
from storage import Duplicate, Storage
from storage.records import Credential, User


async def populate(storage: Storage, tenant: TenantConfiguration, vault: Vault, now: int) -> int:
    """Give a demo tenant that has no user yet those of its file; returns how many. Raises `Refused`."""
    if not tenant.people:
        return 0
    async with storage.snapshot(tenant.name) as tx:
        if await tx.users.list(limit=1):
            return 0
    enrolled = [_enrol(person, tenant, vault, now) for person in tenant.people]
    try:
        async with storage.transaction(tenant.name) as tx:
            for user, credentials in enrolled:
                await tx.users.add(user)
                for credential in credentials:
                    await tx.credentials.add(credential)
                await audit.record(
                    tx, "user.added", now, user_id=user.id, username=user.login_name, by="demo"
                )
    except Duplicate:  # another worker was first
        return 0
    return len(enrolled)


def _enrol(
    person: DemoUser, tenant: TenantConfiguration, vault: Vault, now: int
) -> tuple[User, list[Credential]]:
    username, domain = split(canonical(person.user), tenant.settings.domains)
    user = User(
        id=new_id(),
        username=username,
        created_at=now,
        domain=domain,
        display_name=person.display_name,
        email=person.email,
        groups=frozenset(person.groups),
    )
    if person.attributes:
        user = attributes.assign(user, person.attributes, tenant.settings.attributes, now)
    provers = open_authenticators({name: tenant.authenticators[name] for name in person.credentials}, vault)
    try:
        return user, [provers[name].enrol(user, given, now) for name, given in person.credentials.items()]
    except Refused as refused:
        raise Refused(refused.rule, f"demo-users.yaml: {person.user}: {refused.words}") from None
