"""A user's name inside a distinguished name or a filter: never more than a value (RFC 4514 §2.4, RFC 4515 §3)."""

from __future__ import annotations

import re
from typing import Final

from idp.config.domains import USER

# It has an attribute and a value; `CORP\alice` and `alice@corp.example.com` are logon names (MS-ADTS §5.1.1.1.1).
_DN: Final = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9.-]*\s*=")
_DN_SPECIAL: Final = re.compile(r'["#+,;<=>\\\x00-\x1f]|^ | $')
_FILTER_SPECIAL: Final = re.compile(r"[\\*()\x00]")
# In a logon name these would end the user's part of it, or name another domain.
_LOGON_SPECIAL: Final = re.compile(r'["/\\\[\]:;|=,+*?<>@\x00-\x1f]')


def bind_name(template: str, username: str) -> str | None:
    """The name to bind with. None for a user name that cannot be one there."""
    if _DN.match(template):
        return template.replace(USER, _DN_SPECIAL.sub(_escaped, username))
    if _LOGON_SPECIAL.search(username):
        return None
    return template.replace(USER, username)


def search_filter(template: str, username: str) -> str:
    """The filter that finds this user and nobody else."""
    return template.replace(USER, _FILTER_SPECIAL.sub(_escaped, username))


def _escaped(found: re.Match[str]) -> str:
    return f"\\{ord(found[0]):02x}"
