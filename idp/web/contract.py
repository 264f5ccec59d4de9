"""What each page is told: the contract with themes. VERSION rises when a name goes or changes its meaning.

Every page has `lang`, `tenant` (display name), `prefix` (of our paths), `support` (or None), `languages`
(`tag`, `name`, `url`, `current`), `logo` and `style`; nothing from a request may stand before `style`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from idp.web import contract_account, contract_console, contract_device, contract_pattern, contract_proofs
from idp.web.app_files import PAGE as APP_PAGE

VERSION: Final = 1

REQUIRED: Final = object()


_CHALLENGE: Final[Mapping[str, Any]] = {
    "action": REQUIRED,  # where the form goes
    "interaction": REQUIRED,
    "step": REQUIRED,
    "csrf": REQUIRED,
    "service": REQUIRED,  # display name; the tenant's for our own pages
    "username": None,
    "prompt": {},  # what the authenticator asks
    "seconds": 0,  # until the question expires; 0 if it does not
    "retry": False,  # the answer before was wrong
    "stale": False,  # the answer before was not evaluated
    "last_try": False,  # one more wrong answer locks
    "unreachable": False,  # the answer before could not be looked at: the directory does not answer
    "domains": (),  # name, label and chosen of each to which the user name may belong, where there are several
    "again_url": "",  # this question once more, with a new table
    "restart_url": "",  # another user name
    "more": False,  # what was proven is not enough here: `because` or `because_text` says why, if anything does
    "because": (),  # circumstances, see `because.html`
    "because_text": None,  # the rule's own words
    "choices": (),  # name and url of each other authenticator that may be answered instead
    "other_url": "",  # where a recovery code is asked for instead, if it may be
    "protect": False,  # whether answers of some users are looked at only after a release by their app
    "shown": False,  # whether the browser has shown a client certificate
    "forgotten_url": "",  # where a forgotten pattern is replaced, if it is here
}
_REJECT: Final[Mapping[str, Any]] = {
    "service": None,
    "username": None,
    "reference": "",  # finds the audit record
    "message": None,  # the rule's own words
    "because": (),  # circumstances for which the rules say no, where they have no words of their own
    "until": None,  # when a lock ends
    "portal_url": REQUIRED,
    "switch_user_url": REQUIRED,
    "protect": False,
    "portal_closed": False,  # the rules keep the user out of the portal as well: portal_url does not help
}

QUESTIONS: Final = ("username", "password", "totp", "matrix", "activate")
PAGES: Final[Mapping[str, Mapping[str, Any]]] = {
    **{
        f"login/{name}": _CHALLENGE
        for name in (*QUESTIONS, *contract_proofs.QUESTIONS, *contract_pattern.QUESTIONS)
    },
    **{f"login/{reason}": _REJECT for reason in ("denied", "locked", "expired", "foreign")},
    "login/slowed": {
        **_REJECT,
        "seconds": REQUIRED,  # until the next answer is looked at, at `until`
        "again_url": "",  # this login goes on there; without it one begins anew
    },
    "portal/tiles": {
        "name": REQUIRED,  # the user's
        "tiles": REQUIRED,  # name, url, initial, more (another proof will be asked)
        "search": False,
        "q": "",
        "last_login": None,
        "initial_until": None,  # when an initial pattern stops working
        "exposed": 0,  # how often the pattern was used where others could see it, if that is often enough
        "action": REQUIRED,  # signs out
        "csrf": REQUIRED,
        "console": False,  # whether the user may enter the console
    },
    "logout/confirm": {
        "action": REQUIRED,
        "csrf": REQUIRED,
        "portal_url": REQUIRED,
        "fields": [],  # name and value of what the form carries along
        "service": None,  # display name of the one that asks
        "fault": "",  # what was wrong with the way it asked
    },
    "logout/done": {
        "portal_url": REQUIRED,
        "services": [],  # name, result (done, pending, waiting, asked, failed, unsupported), frame (to load, or empty)
        "complete": True,  # whether the user is signed out of all of them, as far as can be known
        "next_url": "",  # where the browser goes on signing out
        "onward": None,  # url and name of the service that waits for the browser
    },
    **contract_device.pages(REQUIRED),
    **contract_proofs.pages(REQUIRED),
    **contract_proofs.certificates(REQUIRED),
    **contract_account.proofs(REQUIRED),
    **contract_account.codes(REQUIRED),
    **contract_account.uses(REQUIRED),
    **contract_pattern.pages(REQUIRED),
    **contract_console.pages(REQUIRED),
    "consent/ask": {
        "action": REQUIRED,
        "pending": REQUIRED,  # names the request that waits
        "csrf": REQUIRED,
        "service": REQUIRED,
        "username": REQUIRED,
        "scopes": REQUIRED,  # what the service would get, by scope
        "policy_url": None,  # what the service says it does with that
        "terms_url": None,
    },
    "device/enter": {
        "action": REQUIRED,
        "csrf": REQUIRED,
        "user_code": "",  # as the address brought it
        "retry": False,  # the code before was none that waits
        "stale": False,  # the form before was not evaluated
        "until": None,  # when codes may be tried again, if too many were wrong
    },
    "device/confirm": {
        "action": REQUIRED,
        "pending": REQUIRED,
        "csrf": REQUIRED,
        "service": REQUIRED,
        "user_code": REQUIRED,  # as the device shows it
        "username": REQUIRED,
        "scopes": (),  # what the service would get, where the user is to agree to that too
    },
    "device/done": {
        "result": REQUIRED,  # allowed, denied, or late: the code had expired or was decided already
        "service": REQUIRED,
        "portal_url": REQUIRED,
    },
    "forgotten/ask": {
        "action": REQUIRED,
        "csrf": REQUIRED,
        "portal_url": REQUIRED,
        "stale": False,  # the form before was not evaluated
        "until": None,  # when one may ask again, if too many asked from there
    },
    "forgotten/asked": {"minutes": REQUIRED, "portal_url": REQUIRED},  # how long the link works
    "forgotten/confirm": {"action": REQUIRED, "csrf": REQUIRED, "token": REQUIRED, "username": REQUIRED},
    "forgotten/issued": {
        "grid": REQUIRED,  # rows of blocks, each cell its place in the order or *
        "blocks": REQUIRED,
        "cells": REQUIRED,  # the same by the names of the cells
        "username": REQUIRED,
        "until": REQUIRED,  # when the pattern ends
        "portal_url": REQUIRED,
    },
    "forgotten/over": {"again_url": REQUIRED},
    "handover/post": {
        "action": REQUIRED,  # at the service
        "fields": REQUIRED,  # pairs of name and value
        "auto": True,  # goes on by itself; in a preview it must not
        "service": REQUIRED,
    },
    "webtoken/ask": {"action": REQUIRED, "csrf": REQUIRED, "retry": False},  # retry: no name was given
    "webtoken/table": {
        "action": REQUIRED,  # shows a new one
        "csrf": REQUIRED,
        "username": REQUIRED,
        "prompt": REQUIRED,  # as of login/matrix
        "seconds": REQUIRED,
        "own": False,  # of the one who is signed in: there is no other name to choose
    },
    "error/bad_request": {"what": "", "error": "", "service": None, "reference": ""},
    "error/not_found": {"portal_url": REQUIRED},
    "error/busy": {},
    "error/unwritable": {},
    "error/server": {"reference": REQUIRED},
}


def variables(page: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What `page` is rendered with. Raises TypeError for a variable that is missing or unknown.

    A page that is not ours (`login/…` of a third party's authenticator) is told what our questions are told.
    """
    known = contract_device.app(REQUIRED) if page == APP_PAGE else PAGES.get(page, _CHALLENGE)
    complete = {**known, **given}
    if len(complete) > len(known) or REQUIRED in complete.values():
        unknown, missing = given.keys() - known.keys(), [k for k, v in complete.items() if v is REQUIRED]
        raise TypeError(f"page {page}: unknown variables {sorted(unknown)}, missing {missing}")
    return complete
