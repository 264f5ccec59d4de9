"""In which country an address is, by a database that the administrator supplies: nobody outside is asked."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import maxminddb

from idp.tenant import CountryOf, nowhere


def open_countries(file: Path | None) -> CountryOf:
    """The country of an address as ISO 3166-1 alpha-2, empty where the database has none. Raises ValueError.

    Databases of MaxMind have `country.iso_code`; of others, `country` or `country_code` is the code itself.
    """
    if file is None:
        return nowhere
    try:
        reader = maxminddb.open_database(file)
    except OSError as error:
        raise ValueError(f"cannot read {file}: {(error.strerror or 'unknown').lower()}") from None
    except maxminddb.InvalidDatabaseError:
        raise ValueError(f"{file} is no database in MaxMind's format") from None

    def country_of(address: IPv4Address | IPv6Address) -> str:
        try:
            return _code(reader.get(address))
        except ValueError:  # an IPv6 address, and the database knows IPv4 alone
            return ""

    return country_of


def _code(found: Any) -> str:
    if not isinstance(found, dict):
        return ""
    country = found.get("country", found.get("country_code"))
    code = country.get("iso_code") if isinstance(country, dict) else country
    return code.upper() if isinstance(code, str) else ""
