"""The part of the contract with themes that is about passkeys and recovery codes; see `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

REQUIRED: Final = object()  # has no default

PAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    "account/passkeys": {
        "action": REQUIRED,
        "csrf": REQUIRED,
        "passkeys": REQUIRED,  # id, name, added, last_used (or None)
        "options": REQUIRED,  # what the browser is asked for to make one, or None: there are as many as there may be
        "state": "",  # comes back with the answer
        "refused": "",  # why nothing was done: passkey (not accepted), late (open for too long), needed (by a rule)
    },
    "account/recovery_codes": {
        "action": REQUIRED,
        "csrf": REQUIRED,
        "left": REQUIRED,
        "codes": (),  # secrets: fresh ones, shown this once
        "username": "",
        "made": "",  # when
    },
}
