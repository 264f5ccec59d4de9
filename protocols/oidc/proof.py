"""Proofs of possession, verified by the key that they bring along (RFC 9449 §4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from keys.jwk import thumbprint
from protocols.oidc.foreign import LIMIT, Keys, Untrustworthy, as_claims, unverified_header

TYPE: Final = "dpop+jwt"
ALGORITHMS: Final = ("ES256", "RS256", "PS256", "EdDSA")
MEMBERS: Final = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}


def verify(unverified_proof: str) -> tuple[dict[str, Any], str]:
    """The claims, not judged, and the thumbprint of the key that signed them (RFC 7638).

    This is the one place where a key inside a message is used: the proof says nothing but that its sender has
    it. Raises `foreign.Untrustworthy`.
    """
    if len(unverified_proof) > LIMIT:
        raise Untrustworthy
    header = unverified_header(unverified_proof)
    if header.keys() != {"typ", "alg", "jwk"} or header["typ"] != TYPE:
        raise Untrustworthy
    algorithm, jwk = header["alg"], header["jwk"]
    if algorithm not in ALGORITHMS or not isinstance(jwk, Mapping):
        raise Untrustworthy
    if not isinstance(jwk.get("kty"), str) or jwk["kty"] not in MEMBERS:
        raise Untrustworthy
    if "d" in jwk:  # whoever shows his private key proves nothing (RFC 9449 §4.3, 7)
        raise Untrustworthy
    public = {name: str(jwk.get(name)) for name in MEMBERS[jwk["kty"]]}
    try:
        keys = Keys({"keys": [public]})
    except ValueError:
        raise Untrustworthy from None
    payload = keys.signed(unverified_proof, algorithm, (TYPE,), extra=frozenset(("jwk",)))
    return as_claims(payload), thumbprint(public)
