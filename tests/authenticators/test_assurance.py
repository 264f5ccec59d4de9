"""What proofs are worth: factors are counted, not authenticators."""

from __future__ import annotations

import pytest

from idp import assurance
from idp.authenticators import table
from keys.seal import Vault
from storage.records import Proof

AMR = {"matrix": ("kba",), "password": ("pwd",), "totp": ("otp",)}


@pytest.mark.parametrize(
    ("given", "amr", "acr"),
    [
        (["matrix"], ("kba",), assurance.SINGLE),
        (["totp"], ("otp",), assurance.SINGLE),
        (["matrix", "password"], ("kba", "pwd"), assurance.SINGLE),
        (["totp", "totp"], ("otp",), assurance.SINGLE),
        (["password", "totp"], ("pwd", "otp", "mfa"), assurance.MULTI),
        (["totp", "matrix"], ("otp", "kba", "mfa"), assurance.MULTI),
        (["matrix", "password", "totp"], ("kba", "pwd", "otp", "mfa"), assurance.MULTI),
        ([], (), assurance.SINGLE),
    ],
)
def test_mfa_takes_two_different_factors(
    vault: Vault, given: list[str], amr: tuple[str, ...], acr: str
) -> None:
    """RFC 8176 §2: two secrets in one head are one factor."""
    opened = table.open_authenticators({name: table.find(name).Settings() for name in AMR}, vault)
    proofs = [Proof(name, AMR[name], at) for at, name in enumerate(given)]
    assert assurance.amr(proofs, opened) == amr
    assert assurance.acr(proofs, opened) == acr


def test_an_authenticator_that_is_no_longer_configured_adds_no_factor(vault: Vault) -> None:
    opened = table.open_authenticators({"password": table.find("password").Settings()}, vault)
    proofs = [Proof("password", ("pwd",), 1), Proof("totp", ("otp",), 2)]
    assert assurance.acr(proofs, opened) == assurance.SINGLE
    assert assurance.amr(proofs, opened) == ("pwd", "otp")
