"""What somebody has who is about to have something else in its place."""

from __future__ import annotations

from typing import ClassVar, Protocol, TypeVar

from idp.flow.taken import Over
from idp.visit import Visit
from storage import Transaction
from storage.records import User

What_co = TypeVar("What_co", covariant=True)


class Replaceable(Protocol[What_co]):
    """An authenticator of which a user has one thing, or none."""

    name: ClassVar[str]

    async def present(self, tx: Transaction, user: User, /) -> What_co | None:
        """What he has."""


Kind = TypeVar("Kind", bound=Replaceable[object])


def configured(visit: Visit, kind: type[Kind]) -> Kind:
    """The tenant's authenticator of that kind. Raises `Over` where it has none (any more)."""
    found = visit.tenant.authenticators.get(kind.name)
    if not isinstance(found, kind):
        raise Over
    return found


async def present(visit: Visit, user: User, authenticator: Replaceable[What_co]) -> What_co:
    """What the user has by it. Raises `Over` for somebody who has nothing (any more)."""
    found = await authenticator.present(visit.tx, user)
    if found is None:
        raise Over
    return found
