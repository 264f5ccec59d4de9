"""What an administrator says about claims: which attribute each is, and which scope stands for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from idp.config.document import KeyPath
from idp.config.model import Model
from protocols.oidc.vocabulary import Word, unreserved

GROUPS: dict[str, tuple[str, ...]] = {"groups": ("groups",)}


def _unreserved(claims: dict[str, str]) -> dict[str, str]:
    unreserved(tuple(claims))
    return claims


class ServiceClaims(Model):
    """Of one service."""

    # Claim name → user attribute, given to this service whatever scope it asks for.
    claims: Annotated[dict[Word, str], AfterValidator(_unreserved)] = Field(default_factory=dict)

    def attributes_used(self) -> Iterator[tuple[KeyPath, str]]:
        """What it uses, each with where that stands."""
        return ((("claims", claim), attribute) for claim, attribute in self.claims.items())


class TenantClaims(Model):
    """Of the tenant."""

    # Scope → claims it stands for, attributes of the user or `groups`; beside profile, email, address, phone.
    scopes: dict[Word, Annotated[tuple[Word, ...], AfterValidator(unreserved)]] = Field(
        default_factory=GROUPS.copy
    )

    def attributes_used(self) -> Iterator[tuple[KeyPath, str]]:
        """What its scopes stand for, each with where that stands."""
        for scope, claims in self.scopes.items():
            yield from ((("scopes", scope, place), claim) for place, claim in enumerate(claims))
