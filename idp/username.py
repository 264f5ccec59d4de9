"""User names as they are typed, and as they are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from storage.records import LOCAL_DOMAIN

MAX_LENGTH = 256


def canonical(typed: str) -> str:
    """One spelling for every way of typing a name: full-width, upper case and outer blanks make no difference.

    What is too long for any name is cut: it still counts as a name that nobody has. Typed as it is spelled here a
    name stays the same.
    """
    # Cut before, too: to order a long run of combining marks takes time by the square of its length.
    name = unicodedata.normalize("NFKC", typed[: 4 * MAX_LENGTH])
    # Small letters may come apart into marks that stand in another order (Unicode 3.13, toNFKC_Casefold).
    name = unicodedata.normalize("NFKC", name.casefold())
    return name.replace("\0", "")[:MAX_LENGTH].strip()


def split(name: str, domains: Collection[str]) -> tuple[str, str]:
    """The user name and its domain, of a canonical name: `alice@corp`, where `corp` is among `domains`.

    Every other name is a local one, also with an `@` in it: `User.login_name` turns each pair into this name again.
    """
    username, at, domain = name.rpartition("@")
    if at and username and domain in domains and domain != LOCAL_DOMAIN:
        return username, domain
    return name, LOCAL_DOMAIN
