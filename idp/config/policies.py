"""`policies.yaml`: rules, first match decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from idp.config.model import Model, Name, Network, Texts
from idp.policy.hours import parse_hours


def _many(value: Any) -> Any:
    """One stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _known_hours(value: str) -> str:
    parse_hours(value)
    return value


def _different(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if value.count(name) > 1:
            raise ValueError(f"must name each authenticator once, {name} stands here twice")
    return value


def _networks_kind(value: Any) -> str:
    return "all but" if isinstance(value, (dict, NotNetworks)) else "any of"


def _then_kind(value: Any) -> str:
    if isinstance(value, (dict, RequireSettings, DenySettings)):
        return "a denial" if isinstance(value, DenySettings) or "deny" in value else "a requirement"
    return "a word"


def _only_deny(value: Any) -> Any:
    if value != "deny":
        raise ValueError("must be deny, {require: [matrix]} or {deny: {en: words}}")
    return value


Networks = Annotated[tuple[Network, ...], BeforeValidator(_many)]
Hours = Annotated[str, AfterValidator(_known_hours)]
Words = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_many)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_many)]


class NotNetworks(Model):
    """Any network but these."""

    not_: Annotated[tuple[Network, ...], Field(alias="not", min_length=1), BeforeValidator(_many)]


class When(Model):
    """All conditions given must hold; one that is not given always holds."""

    services: Names = ()
    protocols: Names = ()
    groups: Words = ()  # any of these
    networks: Annotated[
        Annotated[Networks, Tag("any of")] | Annotated[NotNetworks, Tag("all but")],
        Discriminator(_networks_kind),
    ] = ()
    hours: Annotated[tuple[Hours, ...], BeforeValidator(_many)] = ()  # in the tenant's time zone


class RequireSettings(Model):
    """The authenticators to pass, in this order."""

    require: Annotated[
        tuple[Name, ...], Field(min_length=1), BeforeValidator(_many), AfterValidator(_different)
    ]
    acr: Annotated[str, Field(min_length=1)] | None = None


class DenySettings(Model):
    """A denial with words of its own."""

    deny: Texts


class RuleSettings(Model):
    """One rule."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    when: When = When()
    then: Annotated[
        Annotated[Literal["deny"], BeforeValidator(_only_deny), Tag("a word")]
        | Annotated[RequireSettings, Tag("a requirement")]
        | Annotated[DenySettings, Tag("a denial")],
        Discriminator(_then_kind),
    ]
