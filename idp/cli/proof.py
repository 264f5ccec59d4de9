"""How mails call what people prove themselves with."""

from __future__ import annotations

from idp.authenticators.matrix import Matrix
from idp.authenticators.totp import Totp


def called(authenticator: str) -> str:
    """The `what` of `idp.mail.queue.changed` for an authenticator's credential."""
    return {Matrix.name: "pattern", Totp.name: "device"}.get(authenticator, authenticator)
