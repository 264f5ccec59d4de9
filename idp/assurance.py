"""What a set of proofs is worth: the `amr` and `acr` that services are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idp.authenticators import Authenticator, is_multiple
from idp.policy.attempt import MULTIPLE
from storage.records import Proof

SINGLE = "urn:masugata:acr:single"
MULTI = "urn:masugata:acr:multi"
ACR_VALUES = (SINGLE, MULTI)
MULTIPLE_FACTORS = "mfa"  # RFC 8176 §2


def amr(proofs: Sequence[Proof], authenticators: Mapping[str, Authenticator]) -> tuple[str, ...]:
    """How the user was proven, each way once, oldest proof first; `mfa` closes it where factors differ."""
    ways = dict.fromkeys(way for proof in proofs for way in proof.amr)
    return (*ways, MULTIPLE_FACTORS) if _is_multiple(proofs, authenticators) else tuple(ways)


def acr(proofs: Sequence[Proof], authenticators: Mapping[str, Authenticator]) -> str:
    """How strong that is. Two proofs of one factor, a matrix and a password, are still a single factor."""
    return MULTI if _is_multiple(proofs, authenticators) else SINGLE


def factor(authenticator: Authenticator) -> str:
    """What one proof of it is of: knowledge, possession, inherence, or multiple factors."""
    return MULTIPLE if is_multiple(authenticator) else authenticator.factor


def _is_multiple(proofs: Sequence[Proof], authenticators: Mapping[str, Authenticator]) -> bool:
    """An authenticator that the configuration no longer names vouches for nothing."""
    given = [found for proof in proofs if (found := authenticators.get(proof.authenticator))]
    return (len(given) > 1 and len({one.factor for one in given}) > 1) or any(map(is_multiple, given))
