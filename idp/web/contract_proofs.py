"""The part of the contract with themes that is about passkeys, recovery codes and PINs; see `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

QUESTIONS: Final = ("passkey", "recovery", "certificate", "new_password", "new_passkey")  # of a login


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


def certificates(required: object) -> Mapping[str, Mapping[str, Any]]:
    """The page of client certificates, in the same way."""
    return {
        "account/certificates": {
            "action": required,
            "csrf": required,
            "certificates": required,  # id, name, added, last_used (or None), ends
            "shown": "",  # the id of the one that the browser has shown, if any
            "full": False,  # there are as many as there may be
            "days": required,  # for which a new one is good
            "password": None,  # a secret: what the import of a new one will ask for; None: the user chooses
            "state": "",  # the same, sealed; comes back with the form
            "shortest": 0,  # characters of one that is chosen
            "longest": 0,
            "onward_url": "",  # where the login goes on that led here, if one did
            # short, ascii, differs (a chosen password), late, certificates (too many), needed (by a rule)
            "refused": "",
        },
    }
