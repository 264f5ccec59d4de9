"""`policies.yaml`: rules, first match decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork

from idp.config.model import Model, Name, Texts


class NotNetworks(Model):
    """Any network but these."""

    not_: Annotated[tuple[IPvAnyNetwork, ...], Field(alias="not", min_length=1)]


class When(Model):
    """All conditions given must hold; one that is not given always holds."""

    services: tuple[Name, ...] = ()
    protocols: tuple[Name, ...] = ()
    groups: tuple[str, ...] = ()  # any of these
    networks: tuple[IPvAnyNetwork, ...] | NotNetworks = ()
    hours: str | tuple[str, ...] = ()  # "Mon-Fri 07:00-22:00" in the tenant's time zone


class RequireSettings(Model):
    """The authenticators to pass, in this order."""

    require: Annotated[tuple[Name, ...], Field(min_length=1)]
    acr: str | None = None


class DenySettings(Model):
    """A denial with words of its own."""

    deny: Texts


class RuleSettings(Model):
    """One rule."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    when: When = When()
    then: Literal["deny"] | RequireSettings | DenySettings
