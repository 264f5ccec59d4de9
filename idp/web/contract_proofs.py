"""The part of the contract with themes that is about passkeys, recovery codes and PINs; see `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

QUESTIONS: Final = ("passkey", "recovery", "new_password", "new_passkey")  # of a login


def pages(required: object) -> Mapping[str, Mapping[str, Any]]:
    """The pages, with `required` for what has no default."""
    return {
        "account/passkeys": {
            "action": required,
            "csrf": required,
            "passkeys": required,  # id, name, added, last_used (or None)
            "options": required,  # what the browser is asked for to make one, or None: as many as there may be
            "state": "",  # comes back with the answer
            "refused": "",  # why nothing was done: passkey (not accepted), late (open for too long), needed (by a rule)
        },
        "account/recovery_codes": {
            "action": required,
            "csrf": required,
            "left": required,
            "codes": (),  # secrets: fresh ones, shown this once
            "username": "",
            "made": "",  # when
        },
    }
