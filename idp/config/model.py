"""What all configuration models share: frozen, and unknown keys are mistakes."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    WithJsonSchema,
    model_validator,
)


class Model(BaseModel):
    """A piece of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_means_defaults(cls, data: Any) -> Any:
        """A section whose keys are all commented out says nothing, and YAML calls that null."""
        return {} if data is None else data


def _shaped(pattern: str, words: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Text of one shape; what breaks it is told in words, not as a pattern."""
    shape = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(f"must be {words}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


_NAME = _shaped(
    r"[a-z0-9][a-z0-9_-]{0,62}",
    "a name of small letters, digits, - and _, for example wiki-2",
)
_LOCALE = _shaped(r"[a-z]{2}(-[A-Z][A-Za-z]{1,3})?", "a language such as ja, en or zh-Hant")
_ADDRESS = _shaped(
    r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.*-]+):\d{1,5}",
    "address:port, for example 127.0.0.1:8080",
)
_WEB = _shaped(r"https?://[^\s/?#]+[^\s#]*", "an absolute web address, for example https://wiki.example.com/")


def _network(value: Any) -> Any:
    """Of a number the library would make an address, and of true the number 1."""
    if not isinstance(value, (str, IPv4Network, IPv6Network)):
        raise ValueError("must be a network, for example 10.0.0.0/8")
    return value


Network = Annotated[IPvAnyNetwork, BeforeValidator(_network)]
# Run or shown by the browser itself with what stands in them, so that the portal would act in our name.
_INNER_SCHEMES = frozenset(
    ("about", "blob", "data", "feed", "file", "filesystem", "intent", "jar", "javascript", "livescript")
) | {"mhtml", "mocha", "ms-its", "vbs", "vbscript", "view-source", "wyciwyg"}
_APP = re.compile(r"([a-z][a-z0-9+.-]*):[\x21-\x7e]+", re.ASCII)
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")


def _launchable(value: str) -> str:
    """A web address, or one that an application on the user's device has taken: `com.example.app:/start`."""
    scheme = value.partition(":")[0].lower()
    if scheme in ("http", "https"):
        good = _WEB_ADDRESS.fullmatch(value) is not None
    else:
        good = _APP.fullmatch(value) is not None and scheme not in _INNER_SCHEMES
    if not good:
        raise ValueError(
            "must be an absolute web address, for example https://wiki.example.com/, or that of an app, "
            "com.example.app:/start"
        )
    return value


LaunchAddress = Annotated[str, AfterValidator(_launchable)]
Name = Annotated[str, *_NAME]
Locale = Annotated[str, *_LOCALE]
Address = Annotated[str, *_ADDRESS]
WebAddress = Annotated[str, *_WEB]
Texts = Annotated[dict[Locale, str], Field(min_length=1)]  # one text by language
