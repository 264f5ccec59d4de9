"""The headers of every page, and what each is worth.

Content-Security-Policy does the work: nothing runs or loads that is not ours, no frame. Forms of one's account lead to
us alone; those of a login to any service by https, since nobody knows where a service's own redirects end.
Cache-Control keeps tables and tokens out of caches and the back button. Referrer-Policy keeps interaction ids
from services; it is not `no-referrer`, since browsers would then send `Origin: null` with our own forms.
Cross-Origin-Opener-Policy cuts the tie to a window that opened us, so it is left out of login pages: services
that log in by a popup need the tie. X-Content-Type-Options matters little for HTML; X-Frame-Options repeats
frame-ancestors for old browsers; Permissions-Policy forbids what we do not do anyhow.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

HANDOVER: Final = "handover/"  # no page to come back to: it is the answer to a form
AT_HOME: Final = ("account/", "activate/", "console/", "forgotten/")  # whose forms lead to no service
# What a service may show in a window of its own, and needs its tie to.
IN_LOGIN: Final = ("login/", "error/", "consent/", HANDOVER)

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST: Final = re.compile(r"[a-z0-9.-]+(:\d+)?")

_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_STANDALONE: Final = {**_ALWAYS, "Cross-Origin-Opener-Policy": "same-origin"}


@lru_cache(maxsize=1024)
def page_headers(
    page: str,
    style_hash: str,
    locale: str,
    destinations: tuple[str, ...],
    frames: tuple[str, ...] = (),
) -> dict[str, str]:
    """The headers of one page; the same dict for the same arguments, so it must not be changed.

    `destinations` are addresses to which a form's answer may redirect: Chromium holds form-action against
    redirects too. The form of a handover goes to its destination and nowhere else, one of an account to us.
    `frames` are what the page shows in frames: their origins are allowed, and no others.
    """
    if page.startswith(HANDOVER):
        form_action = " ".join(map(_exact_target, destinations))
    elif page.startswith(AT_HOME):
        form_action = "'self'"
    else:
        targets = dict.fromkeys(filter(None, map(_form_target, destinations)))
        form_action = " ".join(("'self'", "https:", *targets))
    framed = " ".join(dict.fromkeys(map(_origin, frames)))
    policy = (
        f"default-src 'none'; style-src '{style_hash}'; img-src 'self' data:; script-src 'self'; "
        f"form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
        + (f"; frame-src {framed}" if framed else "")
    )
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": locale,
        "Content-Security-Policy": policy,
        **(_ALWAYS if page.startswith(IN_LOGIN) else _STANDALONE),
    }


def _origin(url: str) -> str:
    """Of an address that was checked when it was registered."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _form_target(url: str) -> str | None:
    """The source expression for a destination, none where https: covers it already.

    An origin for http (loopback), a scheme for an app's own. CSP cannot say `[::1]`: the scheme must do.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or not _SCHEME.fullmatch(parts.scheme):
        return None
    if parts.scheme == "http" and _HOST.fullmatch(parts.netloc.lower()):
        return f"http://{parts.netloc.lower()}"
    return f"{parts.scheme}:"


def _exact_target(url: str) -> str:
    """The source expression for one address, without its query, which CSP cannot say."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and _HOST.fullmatch(parts.netloc.lower()):
        path = (parts.path or "/").replace(";", "%3B").replace(",", "%2C")  # they would end the expression
        return f"{parts.scheme}://{parts.netloc.lower()}{path}"
    return f"{parts.scheme}:"
