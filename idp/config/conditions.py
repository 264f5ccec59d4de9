"""`when` of a rule: conditions, all of which must hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from idp.config.model import Model, Name, Network
from idp.policy.hours import parse_hours

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


def many(value: Any) -> Any:
    """One stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _known_hours(value: str) -> str:
    parse_hours(value)
    return value


def _country(value: str) -> str:
    if not _COUNTRY.fullmatch(value):
        raise ValueError("must be a country of ISO 3166-1 in two capital letters, for example JP")
    return value


def _model(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("must be an AAGUID, for example 08987058-cadc-4b81-b6e1-30de50dcbe96") from None


def _list_or_choice(value: Any) -> str:
    return "a choice" if isinstance(value, (dict, Model)) else "a list"


def _name_or_network(value: Any) -> str:
    return "a name" if isinstance(value, str) and _NAME.fullmatch(value) else "a network"


def _as_written(value: Any) -> Any:
    """`true` and `12` as they are typed with `idp user set`."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def _values(value: Any) -> Any:
    listed = value if isinstance(value, (list, tuple)) else [value]
    return [_as_written(each) for each in listed]


Word = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[Word, ...], BeforeValidator(many)]
Names = Annotated[tuple[Name, ...], BeforeValidator(many)]
Hours = Annotated[str, AfterValidator(_known_hours)]
Country = Annotated[str, AfterValidator(_country)]
Countries = Annotated[tuple[Country, ...], BeforeValidator(many)]
PasskeyModel = Annotated[str, AfterValidator(_model)]
# One of the tenant's `networks`, or one as it is.
Place = Annotated[
    Annotated[Name, Tag("a name")] | Annotated[Network, Tag("a network")], Discriminator(_name_or_network)
]
Places = Annotated[tuple[Place, ...], BeforeValidator(many)]


class Groups(Model):
    """Of the user's groups; all that is given must hold."""

    any: Words = ()
    all: Words = ()
    none: Words = ()


class Networks(Model):
    """Where the user is, and where he is not."""

    any: Places = ()
    not_: Annotated[Places, Field(alias="not")] = ()


class CountryChoice(Model):
    """Any country but these, and where nobody knows the country."""

    not_: Annotated[Countries, Field(alias="not", min_length=1)]


class Absent(Model):
    """The user has no value of the attribute."""

    absent: Literal[True]


class Device(Model):
    """In what the user signs in."""

    known: bool | None = None  # a browser in which he did so before
    certificate: bool | None = None  # it has shown one of the tenant's `device_authorities`
    models: Annotated[tuple[PasskeyModel, ...], BeforeValidator(many)] = ()  # of the passkey that was given


class Proven(Model):
    """What was proven before, in this session."""

    given: Names = ()  # one of these authenticators; [] means whichever
    within_seconds: Annotated[int, Field(ge=1)] | None = None  # not longer ago than that
    strength: Literal["single", "multi"] = "single"  # multi: two factors


class Requests(Model):
    """More than `over` logins at the service within `seconds`."""

    per: Literal["user", "address"]
    over: Annotated[int, Field(ge=1)]
    seconds: Annotated[int, Field(ge=1, le=86400)]


Values = Annotated[tuple[Word, ...], Field(min_length=1), BeforeValidator(_values)]
AttributeWanted = Annotated[
    Annotated[Values, Tag("a list")] | Annotated[Absent, Tag("a choice")], Discriminator(_list_or_choice)
]


class When(Model):
    """All conditions given must hold; one that is not given always holds."""

    services: Names = ()
    tags: Names = ()
    protocols: Names = ()
    groups: Annotated[
        Annotated[Words, Tag("a list")] | Annotated[Groups, Tag("a choice")], Discriminator(_list_or_choice)
    ] = ()  # any of these
    attributes: dict[str, AttributeWanted] = Field(default_factory=dict)
    networks: Annotated[
        Annotated[Places, Tag("a list")] | Annotated[Networks, Tag("a choice")],
        Discriminator(_list_or_choice),
    ] = ()
    countries: Annotated[
        Annotated[Countries, Tag("a list")] | Annotated[CountryChoice, Tag("a choice")],
        Discriminator(_list_or_choice),
    ] = ()
    hours: Annotated[tuple[Hours, ...], BeforeValidator(many)] = ()  # in the tenant's time zone
    holiday: bool | None = None  # whether the day is one of the tenant's `holidays`
    device: Device = Device()
    proofs: Proven | None = None
    exposures: Annotated[int, Field(ge=1)] | None = None  # so many logins with his pattern could be seen
    requests: Requests | None = None

    @property
    def in_groups(self) -> Groups:
        """The groups, however they are written."""
        return self.groups if isinstance(self.groups, Groups) else Groups(any=self.groups)

    @property
    def in_networks(self) -> Networks:
        """The networks, however they are written."""
        if isinstance(self.networks, Networks):
            return self.networks
        return Networks.model_construct(any=self.networks)  # it was checked already

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Conditions that would always hold are slips."""
        for name, choice in (("groups", self.groups), ("networks", self.networks)):
            if isinstance(choice, Model) and not any(
                getattr(choice, each) for each in type(choice).model_fields
            ):
                raise ValueError(f"{name}: names none, write some or take it away")
        if self.proofs is not None and self.proofs == Proven():
            raise ValueError("proofs: say given, within_seconds or strength")
        return self
