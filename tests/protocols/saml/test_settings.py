"""What an administrator may say of a service, and what of it contradicts itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.assurance import MULTI, SINGLE
from protocols.saml.authn_context import USUAL, told
from protocols.saml.entity import Party
from protocols.saml.errors import SAMLError
from protocols.saml.metadata.description import describe
from protocols.saml.name_id import Naming, choose_format
from protocols.saml.names import PERSISTENT, TRANSIENT
from protocols.saml.settings import ServiceSettings
from tests.service_provider import Provider

PROVIDER = Provider("wiki")
BOSS = "urn:example:boss"


def settings(tmp_path: Path, **said: Any) -> ServiceSettings:
    file = tmp_path / "wiki.xml"
    file.write_text(PROVIDER.metadata())
    return ServiceSettings.model_validate({"metadata": str(file), **said})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"relay_state": "/x"}, "is for idp_initiated"),
        ({"name_id": "transient", "name_id_attribute": "email"}, "new for each login"),
        ({"attributes": {"x": {}}}, "exactly one of"),
        ({"attributes": {"x": {"attribute": "a", "constant": "b"}}}, "exactly one of"),
        ({"sign": []}, "at least 1"),
        ({"encryption_algorithm": "3DES-CBC"}, "AES256-GCM"),
        ({"signature_algorithm": "RSA-SHA1"}, "RSA-SHA256"),
    ],
)
def test_contradictions_are_mistakes(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    """THREAT_MODEL.md 8: neither SHA-1 nor 3DES is offered."""
    with pytest.raises(ValidationError, match=words):
        settings(tmp_path, **said)


def test_an_exception_for_sha1_is_warned_about(tmp_path: Path) -> None:
    assert settings(tmp_path).warnings() == {}
    assert "can be forged" in settings(tmp_path, allow_sha1=True).warnings()["allow_sha1"]


def test_the_administrator_chooses_among_the_addresses_of_the_metadata(tmp_path: Path) -> None:
    metadata = describe(PROVIDER.metadata().encode()).provider
    for acs, expected in ((None, PROVIDER.acs), (f"{PROVIDER.acs}/seven", f"{PROVIDER.acs}/seven")):
        consumer = Party("wiki", settings(tmp_path, acs=acs), metadata).default_consumer
        assert consumer is not None
        assert consumer.location == expected


def test_formats_that_tell_nothing_may_be_asked_for(tmp_path: Path) -> None:
    mail = settings(tmp_path, name_id="emailAddress")
    assert choose_format(mail, TRANSIENT) == TRANSIENT
    assert choose_format(mail, PERSISTENT) == PERSISTENT
    with pytest.raises(SAMLError):
        choose_format(settings(tmp_path), "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")


def test_derived_names_differ_by_tenant_service_user_and_revision() -> None:
    naming = Naming(b"k" * 32, "https://idp", "wiki", "https://sp")
    other = Naming(b"l" * 32, "https://idp", "wiki", "https://sp")
    moved = Naming(b"k" * 32, "https://idp", "wiki", "https://sp2")
    mail = Naming(b"k" * 32, "https://idp", "mail", "https://sp")
    names = [
        naming.derive("u", 0),
        naming.derive("u", 1),
        naming.derive("v", 0),
        other.derive("u", 0),
        mail.derive("u", 0),
    ]
    assert len(set(names)) == len(names)
    assert moved.derive("u", 0) == naming.derive(
        "u", 0
    )  # a service that gets a new entityID stays the service
    assert "kkk" not in repr(naming)


@pytest.mark.parametrize(
    ("achieved", "comparison", "asked", "expected"),
    [
        (MULTI, "exact", (SINGLE,), SINGLE),
        (MULTI, "better", (SINGLE,), "https://refeds.org/profile/mfa"),
        (MULTI, "maximum", (SINGLE,), None),
        ("level-9", "exact", (BOSS,), BOSS),
        ("level-9", "minimum", (SINGLE,), None),
        ("level-9", "exact", (), BOSS),
        ("unheard-of", "exact", (), "unheard-of"),
    ],
)
def test_contexts_of_the_administrator_s_own(
    achieved: str, comparison: str, asked: tuple[str, ...], expected: str | None
) -> None:
    classes = {BOSS: "level-9", **USUAL}
    if expected is None:
        with pytest.raises(SAMLError):
            told(achieved, classes, comparison, asked)
    else:
        assert told(achieved, classes, comparison, asked) == expected


def test_it_tells_which_attributes_it_uses(tmp_path: Path) -> None:
    rules = {"a": "email", "b": {"join": ["name", "id"]}, "c": {"constant": "x"}}
    used = settings(tmp_path, attributes=rules, name_id_attribute="employee").attributes_used()
    assert list(used) == [
        (("attributes", "a"), "email"),
        (("attributes", "b"), "name"),
        (("name_id_attribute",), "employee"),
    ]
