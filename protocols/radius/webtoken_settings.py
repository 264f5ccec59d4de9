"""The setting `webtoken` of a tenant: who is shown a table for a network login, and where."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, IPvAnyNetwork

from idp.config.model import Model


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if (
        parts.scheme not in ("https", "http")
        or not parts.netloc
        or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError("must be an origin, for example https://vpn.example.com")
    return value.lower()


Origin = Annotated[str, AfterValidator(_origin)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class ClientCertificate(Model):
    """What a trusted proxy says when it has verified the browser's certificate."""

    header: HeaderName
    value: Annotated[str, Field(min_length=1)] = "SUCCESS"  # as nginx and Apache write it


class WebTokenSettings(Model):
    """Every condition given must hold. A table tells nothing of its user, but a newer one voids the older."""

    enabled: bool = True
    session: bool = False  # only to those who are signed in, and for themselves
    networks: tuple[IPvAnyNetwork, ...] = ()  # where browsers are; empty means anywhere
    client_certificate: ClientCertificate | None = None
    origins: tuple[Origin, ...] = ()  # login pages of appliances whose scripts may fetch a table (CORS)
