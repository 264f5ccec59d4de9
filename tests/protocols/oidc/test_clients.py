"""Client authentication: one way, the registered one, in constant time."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus

import pytest

from idp.tenant import Service
from keys.secret import Secret
from protocols.oidc.clients import Client, authenticate, index
from protocols.oidc.errors import TokenError
from protocols.oidc.settings import ServiceSettings, TenantSettings

SECRET = "s3 cret:+%/ü"


def service(name: str, **changed: Any) -> Service:
    settings = {
        "client_id": name,
        "redirect_uris": ["https://rp.example.com/cb"],
        "client_secret": Secret(SECRET),
    }
    settings |= changed
    return Service(name, {"en": name}, {"oidc": ServiceSettings.model_validate(settings)})


SERVICES = (
    service("basic"),
    service("post", token_endpoint_auth_method="client_secret_post"),
    service("public", token_endpoint_auth_method="none", client_secret=None),
)


@pytest.fixture
def clients() -> dict[str, Client]:
    return index(SERVICES, TenantSettings())


def basic(client_id: str, secret: str, scheme: str = "Basic") -> list[str]:
    joined = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return [f"{scheme} {b64encode(joined.encode()).decode()}"]


def raw(text: bytes) -> list[str]:
    return ["Basic " + b64encode(text).decode()]


def test_each_client_by_its_own_method(clients: dict[str, Client]) -> None:
    """A colon, a plus, a percent sign and a space in a secret survive (RFC 6749 §2.3.1; pyop fails on
    each).
    """
    assert authenticate(clients, {}, basic("basic", SECRET)).id == "basic"
    assert authenticate(clients, {"client_id": "basic"}, basic("basic", SECRET, "bAsIc")).id == "basic"
    assert authenticate(clients, {"client_id": "post", "client_secret": SECRET}, []).id == "post"
    assert authenticate(clients, {"client_id": "public"}, []).id == "public"


@pytest.mark.parametrize(
    ("form", "authorization"),
    [
        ({}, []),
        ({"client_id": "nobody"}, []),
        ({"client_id": "nobody", "client_secret": ""}, []),
        ({}, basic("nobody", SECRET)),
        ({}, basic("nobody", "")),
        ({"client_id": "basic"}, []),
        ({"client_id": "basic", "client_secret": SECRET}, []),
        ({"client_id": "post"}, []),
        ({"client_id": "post", "client_secret": "wrong"}, []),
        ({"client_id": "post", "client_secret": "  "}, []),
        ({"client_id": "public", "client_secret": SECRET}, []),
        ({"client_id": "public", "client_secret": " "}, []),
        ({}, basic("public", "")),
        ({}, basic("post", SECRET)),
        ({}, basic("basic", "")),
        ({}, basic("basic", " ")),
        ({}, basic("basic", SECRET + " ")),
        ({}, basic("basic", SECRET.upper())),
        ({}, raw(b"basic")),
        ({}, raw(b"")),
        ({}, raw(b"basic:%ff")),
        ({}, raw(b"basic:\xff")),
        ({}, ["Basic a"]),
        ({}, ["Basic"]),
        ({}, [""]),
        ({}, ["Basic \N{SNOWMAN}"]),
        ({}, ["Bearer abc"]),
        ({}, ["Digest username=basic"]),
    ],
)
def test_anything_else_is_refused_alike(
    clients: dict[str, Client], form: dict[str, str], authorization: list[str]
) -> None:
    """THREAT_MODEL.md 12: Empty, missing, white-space secrets: refused. Nothing tells an unknown client from a
    wrong secret.
    """
    with pytest.raises(TokenError) as refused:
        authenticate(clients, form, authorization)
    assert (refused.value.error, refused.value.status) == ("invalid_client", 401)
    assert refused.value.description == "client authentication failed"


@pytest.mark.parametrize(
    ("form", "authorization"),
    [
        ({"client_secret": SECRET}, basic("basic", SECRET)),
        ({"client_id": "post", "client_secret": SECRET}, basic("basic", SECRET)),
        ({"client_id": "post"}, basic("basic", SECRET)),
        ({}, basic("basic", SECRET) * 2),
    ],
)
def test_two_ways_at_once_are_refused(
    clients: dict[str, Client], form: dict[str, str], authorization: list[str]
) -> None:
    """libraries.md §2 fault 9: header AND body credentials, or two client ids (RFC 6749 §2.3 forbids
    both).
    """
    with pytest.raises(TokenError) as refused:
        authenticate(clients, form, authorization)
    assert refused.value.error == "invalid_request"


def test_the_secret_itself_is_not_kept(clients: dict[str, Client]) -> None:
    """THREAT_MODEL.md 33: Secrets have a type without a repr."""
    assert SECRET not in repr(clients["basic"])


def test_two_services_cannot_be_one_client() -> None:
    with pytest.raises(ValueError, match="one client_id"):
        index((service("basic"), service("other", client_id="basic")), TenantSettings())


def test_a_service_of_another_door_is_no_client() -> None:
    assert index((Service("vpn", {"en": "VPN"}, {}),), TenantSettings()) == {}
