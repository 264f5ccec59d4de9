"""What an administrator says about signing out: how a service is told, and where a browser may go afterwards."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from idp.config.model import Model
from protocols.oidc.redirect_uri import registrable

HOST = re.compile(r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f:.]+\]?")


def _web_address(uri: str) -> str:
    if urlsplit(registrable(uri)).scheme not in ("https", "http"):
        raise ValueError("must begin with https://")
    return uri


def _host(host: str) -> str:
    if not HOST.fullmatch(host):
        raise ValueError("must be a host name or an address, without scheme and port")
    return host.strip("[]").lower()


WebAddress = Annotated[str, AfterValidator(_web_address)]
Host = Annotated[str, AfterValidator(_host)]


class ServiceLogout(Model):
    """Of a service. The names are those of the logout specifications' client metadata."""

    # Where the browser may be sent once it is signed out (RP-Initiated Logout §3.1); compared as text.
    post_logout_redirect_uris: tuple[Annotated[str, AfterValidator(registrable)], ...] = ()
    backchannel_logout_uri: WebAddress | None = None  # we tell it ourselves (Back-Channel Logout §2.2)
    frontchannel_logout_uri: WebAddress | None = (
        None  # the browser does, in a frame (Front-Channel Logout §2)
    )
    # It watches from the browser whether the session is still the same (Session Management §3).
    session_management: bool = False


class TenantLogout(Model):
    """Of a tenant."""

    # Hosts in private networks, or on this machine, that services may have us call.
    outbound_allow: Annotated[tuple[Host, ...], Field(max_length=1000)] = ()
    session_management: bool = False  # for every service
