"""The part of the contract with themes that is about devices for codes; see `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pages(required: object) -> Mapping[str, Mapping[str, Any]]:
    """The pages, with `required` for what has no default."""
    return {
        "activate/device": {
            "action": required,
            "csrf": required,
            "link": required,  # the secret of the address, carried along
            "device": required,  # the proposed device, sealed
            "service": required,
            "username": required,
            "prompt": required,  # address, app, groups: secrets; digits, pin (its rules), refused (the rule it broke)
            "retry": False,
            "stale": False,
            "last_try": False,
        },
        "activate/done": {
            "left": 0,
            "portal_url": required,
        },  # left: more devices by this address
        "activate/over": {"full": False, "portal_url": required},  # full: as many devices as there may be
    }


def app(required: object) -> Mapping[str, Any]:
    """The page of the token app, which no gallery can show: what it shows lies in the browser."""
    return dict.fromkeys(("version", "issuer", "otpauth_issuer", "protect"), required)
