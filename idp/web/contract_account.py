"""What the pages of one's account are told; a part of `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def proofs(required: object) -> Mapping[str, Mapping[str, Any]]:
    """Of proofs, by page; `required` stands where a variable has to be given."""
    return {
        "account/proofs": {
            "action": required,  # keeps the language
            "csrf": required,
            "proofs": required,  # name (the authenticator's), count, used (last, or None), url, needed (by a rule)
            "spoken": required,  # the tag of the user's own language
        },
        "account/password": {
            "action": required,
            "csrf": required,
            "username": required,
            "min": required,  # characters
            "held": True,  # whether there is one to change
            "until": None,  # when it must be changed, if ever
            "refused": "",  # the rule that the new one broke; differs: the two were not alike
            "retry": False,
            "last_try": False,
            "done": False,
            "ended": 0,  # how many other sessions
        },
    }


def codes(required: object) -> Mapping[str, Mapping[str, Any]]:
    """Of one-time codes, in the same way."""
    return {
        "account/devices": {
            "devices": required,  # name, hardware (its serial number, or empty), since, last_used (or None), url
            "has_pin": False,  # whether codes may have a PIN
            "new_url": "",  # where one more app is activated, if that may be
            "most": 0,  # how many apps there may be, if there are as many
        },
        "account/new_device": {
            "action": required,
            "csrf": required,
            "device": required,  # the proposed device, sealed
            "username": required,
            "prompt": required,  # as of activate/device
            "retry": False,
            "stale": False,
            "last_try": False,
        },
        "account/device": {
            "action": required,  # takes its `name`, or `remove`
            "csrf": required,
            "device": required,  # as above
            "needed": False,  # it was not removed: rules may ask for it, and it is the last
        },
        "account/pin": {
            "action": required,
            "csrf": required,
            "devices": required,  # name, last_used (or None), hardware (its serial number, or empty)
            "pin": required,  # its rules: use, min, max
            "refused": "",  # the rule that the new one broke; differs: the two were not alike
            "retry": False,
            "last_try": False,
            "done": False,
            "protect": False,  # as of the questions of a login
        },
    }


def uses(required: object) -> Mapping[str, Mapping[str, Any]]:
    """Of what they were used for, in the same way."""
    return {
        "account/sessions": {
            "action": required,
            "csrf": required,
            "sessions": required,  # id, current, agent (or empty), address, since, seen, services (names)
            "networks": required,  # id, service, address (or empty), since
            "others": required,  # what the form sends in `end` for all but this one
            "ended": None,  # how many sessions, if some were
            "results": [],  # name and result (as of logout/done, or disconnecting) of their services
        },
        "account/browsers": {
            "action": required,
            "csrf": required,
            "browsers": required,  # id, current, agent (or empty), address, since, seen
            "others": required,  # what the form sends in `forget` for all but this one
        },
        "account/logins": {
            "logins": required,  # at, event (its name), service, door, address, agent, proofs (names), reference
            "older_url": "",
            "newest_url": "",
        },
        "account/services": {
            "action": required,  # takes one back
            "csrf": required,
            "consents": required,  # service, name, scopes, since
        },
    }
