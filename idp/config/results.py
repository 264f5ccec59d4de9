"""`then` of a rule: what follows where its conditions hold."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from idp.config.model import Model, Name, Texts

MOST_WAYS: Final = 16  # a person chooses from them
# What only we say of a login (RFC 7519 §4.1, OpenID Connect Core §2, RFC 9068 §2.2).
OURS: Final = frozenset(
    ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "azp", "sid", "auth_time", "acr", "amr")
) | {"at_hash", "c_hash", "s_hash", "cnf", "act", "scope", "client_id", "active", "token_type", "events"}

Way = tuple[str, ...]


def _texts(value: Any) -> Any:
    """One stands for a list of one, and a number for its digits."""
    listed = value if isinstance(value, (list, tuple)) else [value]
    return [str(each) if type(each) is int else each for each in listed]


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, (str, dict)) else value


def _step(value: Any) -> str:
    return "a choice" if isinstance(value, (dict, AnyOf)) else "a name"


def _alternative(value: Any) -> str:
    return "a chain" if isinstance(value, (list, tuple)) else "a name"


def _kind(value: Any) -> str:
    """The branch, by names that are no keys: else nobody could tell a mistake's place."""
    if not isinstance(value, (dict, Model)):
        return "a word"
    if isinstance(value, DenySettings) or (isinstance(value, dict) and "deny" in value):
        return "a denial"
    allows = isinstance(value, AllowSettings) or (isinstance(value, dict) and "allow" in value)
    return "a leave" if allows else "a requirement"


def _only_words(value: Any) -> Any:
    if value not in ("deny", "allow"):
        raise ValueError("must be deny, allow, {require: [matrix]} or {deny: {en: words}}")
    return value


class AnyOf(Model):
    """One of these, as the user likes; an alternative may be a list of proofs that belong together."""

    any: Annotated[
        tuple[
            Annotated[
                Annotated[Name, Tag("a name")]
                | Annotated[tuple[Name, ...], Field(min_length=1), Tag("a chain")],
                Discriminator(_alternative),
            ],
            ...,
        ],
        Field(min_length=2),
    ]

    @property
    def ways(self) -> tuple[Way, ...]:
        """Each alternative as a chain."""
        return tuple((each,) if isinstance(each, str) else each for each in self.any)


Step = Annotated[Annotated[Name, Tag("a name")] | Annotated[AnyOf, Tag("a choice")], Discriminator(_step)]
Texts_ = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), BeforeValidator(_texts)
]
Claim = str | bool | int | tuple[str, ...]


class Given(Model):
    """What whoever is let in gets besides."""

    acr: Annotated[str, Field(min_length=1)] | None = None
    consent: Literal["remembered", "required"] | None = (
        None  # OpenID Connect: asks the user; null: as the service says
    )
    claims: dict[str, Claim] = Field(default_factory=dict)  # told to the service: claims, or SAML attributes
    reply: dict[str, Texts_] = Field(default_factory=dict)  # RADIUS attributes of the Access-Accept
    why: Texts | None = None  # why it asks for more, in its own words; null: made from its conditions

    @model_validator(mode="after")
    def _leaves_what_is_ours(self) -> Self:
        if taken := sorted(OURS & self.claims.keys()):
            raise ValueError(f"claims.{taken[0]}: is said by the server itself")
        return self


class RequireSettings(Given):
    """The proofs to give, in this order."""

    require: Annotated[tuple[Step, ...], Field(min_length=1), BeforeValidator(_one_or_many)]
    fresh_seconds: Annotated[int, Field(ge=30)] | None = None  # older ones are asked for again
    session_seconds: Annotated[int, Field(ge=60)] | None = (
        None  # the session ends so long after its first proof
    )

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way through the alternatives, the first ones first; what two ways share is asked once."""
        steps = [step.ways if isinstance(step, AnyOf) else ((step,),) for step in self.require]
        chains = (tuple(dict.fromkeys(name for part in parts for name in part)) for parts in product(*steps))
        return tuple(dict.fromkeys(chains))

    @model_validator(mode="after")
    def _can_be_chosen(self) -> Self:
        count = 1
        for place, step in enumerate(self.require):
            names = step.ways if isinstance(step, AnyOf) else ((step,),)
            for chain in names:
                twice = next((name for name in chain if chain.count(name) > 1), None)
                if twice is not None:
                    raise ValueError(
                        f"require.{place}: must name each authenticator once, {twice} stands here twice"
                    )
            count *= len(names)
        plain = [step for step in self.require if isinstance(step, str)]
        if twice := next((name for name in plain if plain.count(name) > 1), None):
            raise ValueError(f"require: must name each authenticator once, {twice} stands here twice")
        if count > MOST_WAYS:
            raise ValueError(f"require: has {count} ways, a person can choose from at most {MOST_WAYS}")
        return self


class AllowSettings(Given):
    """Whoever has proven himself in this session, by whatever rule, is asked for nothing more."""

    allow: Literal[True]


class DenySettings(Model):
    """A denial with words of its own."""

    deny: Texts


Then = Annotated[
    Annotated[Literal["deny", "allow"], BeforeValidator(_only_words), Tag("a word")]
    | Annotated[RequireSettings, Tag("a requirement")]
    | Annotated[AllowSettings, Tag("a leave")]
    | Annotated[DenySettings, Tag("a denial")],
    Discriminator(_kind),
]
