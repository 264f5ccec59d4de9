"""Claims in the languages that a client asks for (OpenID Connect Core §5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.attribute_types import spelled
from protocols.oidc.claims import fits


def chosen(known: Mapping[str, Any], requested: Mapping[str, Any], locales: str) -> dict[str, Any]:
    """Of what is known the claims that were requested, each with its wish, in `claims_locales`, best first."""
    wished, given = locales.split(), {}
    for name, wish in requested.items():
        for said, held in _spoken(known, name, wished).items():
            if held in known and fits(known[held], wish):
                given[said] = known[held]
    return given


def _spoken(known: Mapping[str, Any], name: str, wished: list[str]) -> dict[str, str]:
    """By what names the claim is said, each with the name of what is held.

    One language asked for and held is said without its tag, so that clients that know no tags can read it (§5.2).
    """
    if "#" in name:
        return {name: spelled(name)}
    if not wished:
        return {name: name}
    tagged = [found for wish in wished for found in _matching(known, f"{name}#{wish}")]
    if len(wished) == 1 and len(tagged) == 1:
        return {name: tagged[0]}
    return {name: name} | {found: found for found in tagged}


def _matching(known: Mapping[str, Any], wished: str) -> list[str]:
    """The very language, else those that lie within it (RFC 4647 §3.3.1)."""
    wished = spelled(wished)
    if wished in known:
        return [wished]
    return [name for name in known if name.startswith(f"{wished}-")]
