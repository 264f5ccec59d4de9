"""Every form carries its own field that only our page, in this browser, can know."""

from __future__ import annotations

import base64
import hmac

from keys.mac import mac
from keys.secret import Secret


def csrf(browser: Secret, purpose: str) -> str:
    """The field's value for one purpose (an interaction's id, or the name of an action)."""
    proof = mac(browser.reveal().encode(), purpose.encode())
    return base64.urlsafe_b64encode(proof[:18]).decode()


def is_csrf(browser: Secret, purpose: str, unverified_value: str) -> bool:
    """Whether a posted value is the one that our page carried; in constant time."""
    return hmac.compare_digest(csrf(browser, purpose).encode(), unverified_value.encode())
