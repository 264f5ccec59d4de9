"""What a user can prove although we keep nothing of his for it: a directory knows his password."""

from __future__ import annotations

from idp.authenticators.password import Password
from idp.tenant import Tenant
from storage.records import User


def known(tenant: Tenant, user: User) -> frozenset[str]:
    """The authenticators, by name; none for a user whose proofs are all kept here."""
    password = tenant.authenticators.get(Password.name)
    is_elsewhere = isinstance(password, Password) and password.is_elsewhere(user)
    return frozenset((Password.name,)) if is_elsewhere else frozenset()
