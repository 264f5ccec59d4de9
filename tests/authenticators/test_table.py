"""The authenticators by name: ours, and those that third parties bring."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from pydantic import BaseModel

from idp.authenticators import Authenticator, table
from keys.seal import Vault

PACKAGE = """
from typing import ClassVar
from pydantic import BaseModel

class CardSettings(BaseModel):
    reader: str = "usb"

class Card:
    name = "card"
    amr = ("sc",)
    factor = "possession"
    compares = True
    shows = False
    at_once = True
    width = 0
    Settings = CardSettings
    fields = ("serial",)

    def __init__(self, settings, vault):
        self.settings = settings

class Impostor(Card):
    name = "password"
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_cards.py").write_text(PACKAGE)
    metadata = tmp_path / "acme_cards-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-cards\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[masugata.authenticators]\ncard = acme_cards:Card\npassword = acme_cards:Impostor\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", table.BUILT_IN)
def test_the_table_says_what_each_is_called(name: str) -> None:
    found = table.find(name)
    assert found.name == name
    assert found.amr
    assert found.factor in get_args(get_args(get_type_hints(Authenticator)["factor"])[0])
    assert issubclass(found.Settings, BaseModel)
    assert found.fields or found.account_path, "somebody can enrol it"  # type: ignore[attr-defined]
    assert found.Settings(), "every setting has a default"


@pytest.mark.parametrize(
    ("name", "amr", "factor"),
    [
        ("matrix", ("kba",), "knowledge"),
        ("password", ("pwd",), "knowledge"),
        ("totp", ("otp",), "possession"),
    ],
)
def test_each_says_what_it_proves(name: str, amr: tuple[str, ...], factor: str) -> None:
    """RFC 8176 §2. The matrix is knowledge: whoever sees two logins has the pattern."""
    found = table.find(name)
    assert (found.amr, found.factor) == (amr, factor)


@pytest.mark.usefixtures("third_party")
def test_a_third_party_adds_one_by_entry_point(vault: Vault) -> None:
    found = table.find("card")
    opened = table.open_authenticators(
        {"card": found.Settings(reader="nfc"), "matrix": table.find("matrix").Settings()}, vault
    )
    assert opened["card"].settings.reader == "nfc"  # type: ignore[attr-defined]
    assert list(opened) == ["card", "matrix"]
    assert table.names() == (*table.BUILT_IN, "card")


@pytest.mark.usefixtures("third_party")
def test_a_third_party_does_not_take_our_names() -> None:
    assert table.find("password").__module__.startswith("idp.authenticators.")


@pytest.mark.parametrize("name", ["", "card", "os", "idp.authenticators.matrix:Matrix", "matrix:Matrix"])
def test_an_unknown_name_is_refused(name: str, vault: Vault) -> None:
    with pytest.raises(LookupError):
        table.find(name)
    with pytest.raises(LookupError):
        table.open_authenticators({name: None}, vault)
