"""What an administrator says about one attribute: where its values come from, and how it is named."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from idp.config.model import Model
from protocols.saml.names import BASIC, URI

ID: Final = "id"  # of the user: random, never given to another, and what OpenID Connect calls `sub`

Text = Annotated[str, Field(min_length=1, max_length=1000)]


def _many(value: Any) -> Any:
    """One stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _short(value: Any) -> Any:
    """`mail: email` stands for `mail: {attribute: email}`."""
    return {"attribute": value} if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], Field(min_length=1), BeforeValidator(_many)]


class AttributeRule(Model):
    """Exactly one of the first five says where the values come from."""

    model_config = ConfigDict(str_strip_whitespace=False)  # a separator may be a space

    attribute: Text | None = None  # of the user, as `idp user set` calls it; or id
    constant: Texts | None = None  # the same for everybody
    join: Texts | None = None  # several attributes of the user as one text; nothing where one is missing
    groups: Texts | None = None  # those of his groups that match one of the patterns: aws-*
    by_group: dict[Text, Text] | None = None  # a value for each of these groups that he is in
    separator: str = " "  # between what is joined
    name_format: Literal["uri", "basic"] | None = None  # None: uri for a name with a colon in it
    friendly_name: Text | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = (self.attribute, self.constant, self.join, self.groups, self.by_group)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("give exactly one of attribute, constant, join, groups or by_group")
        return self

    def used(self) -> tuple[str, ...]:
        """The attributes of the user that it draws from."""
        named = self.join or ((self.attribute,) if self.attribute is not None else ())
        return tuple(name for name in named if name != ID)

    def format_of(self, name: str) -> str:
        """The NameFormat (saml-core-2.0 §8.2) of the attribute that is called so."""
        is_uri = ":" in name if self.name_format is None else self.name_format == "uri"
        return URI if is_uri else BASIC


Rule = Annotated[AttributeRule, BeforeValidator(_short)]
