"""Our own addresses, as one table; the doors add theirs."""

from __future__ import annotations

from aiohttp import web

from idp.credentials import recovery
from idp.policy.conditions import CONSOLE
from idp.provider import IdentityProvider
from idp.web import activate, forgotten, login, logout, onward, portal, revocation_list
from idp.web import round as rounds
from idp.web.account import (
    browsers,
    certificates,
    devices,
    logins,
    new_device,
    passkeys,
    password,
    pattern,
    pin,
    proofs,
    recovery_codes,
    services,
    sessions,
)
from idp.web.console import decision, decisions, explaining, revisions
from idp.web.exchange import PREFIX
from idp.web.moved import moved
from idp.web.static import static
from idp.web.token_app import requests, shell

ROUTES = (
    web.get("/", portal.show, allow_head=False),
    web.get(login.PATH, login.show, allow_head=False),
    web.post(login.PATH, login.submit),
    web.get(logout.PATH, logout.confirm, allow_head=False),
    web.post(logout.PATH, logout.submit),
    web.get(rounds.PATH, logout.progress, allow_head=False),
    web.get(proofs.PATH, proofs.show, allow_head=False),
    web.get(f"{proofs.PATH}/", moved(proofs.PATH), allow_head=False),
    web.post(proofs.PATH, proofs.speak),
    web.get(devices.PATH, devices.show, allow_head=False),
    web.get(new_device.PATH, new_device.show, allow_head=False),
    web.post(new_device.PATH, new_device.submit),
    web.get(devices.ONE, devices.show_one, allow_head=False),
    web.post(devices.ONE, devices.submit),
    web.get(password.PATH, password.show, allow_head=False),
    web.post(password.PATH, password.submit),
    web.get(sessions.PATH, sessions.show, allow_head=False),
    web.post(sessions.PATH, sessions.submit),
    web.get(browsers.PATH, browsers.show, allow_head=False),
    web.post(browsers.PATH, browsers.forget),
    web.get(logins.PATH, logins.show, allow_head=False),
    web.get(services.PATH, services.show, allow_head=False),
    web.post(services.PATH, services.revoke),
    web.get(recovery.PATH, forgotten.show, allow_head=False),
    web.post(recovery.PATH, forgotten.ask),
    web.get(recovery.LINK_PATH, forgotten.confirm, allow_head=False),
    web.post(recovery.LINK_PATH, forgotten.redeem),
    web.get(pin.PATH, pin.show, allow_head=False),
    web.post(pin.PATH, pin.submit),
    web.get(pattern.PATH, pattern.show, allow_head=False),
    web.post(pattern.PATH, pattern.submit),
    web.get(activate.PATH, activate.show, allow_head=False),
    web.post(activate.PATH, activate.submit),
    web.get(passkeys.PATH, passkeys.show, allow_head=False),
    web.post(passkeys.PATH, passkeys.submit),
    web.get(certificates.PATH, certificates.show, allow_head=False),
    web.post(certificates.PATH, certificates.submit),
    web.get(onward.PATH, onward.go_on, allow_head=False),
    web.get(revocation_list.PATH, revocation_list.show),
    web.get(recovery_codes.PATH, recovery_codes.show, allow_head=False),
    web.post(recovery_codes.PATH, recovery_codes.issue),
    web.get(decisions.PATH, decisions.show, allow_head=False),
    web.get(f"{decisions.PATH}/", moved(decisions.PATH), allow_head=False),
    web.get(decision.PATH, decision.show, allow_head=False),
    web.get(explaining.PATH, explaining.show, allow_head=False),
    web.get(revisions.PATH, revisions.show, allow_head=False),
    web.get(revisions.CHANGES, revisions.changes, allow_head=False),
    web.get("/static/{version}/{name}", static),
    web.get("/token", shell.enter, allow_head=False),
    web.get("/token/", shell.show, allow_head=False),
    web.get("/token/worker.js", shell.worker, allow_head=False),
    web.get("/token/manifest.webmanifest", shell.manifest, allow_head=False),
    web.get("/token/{version}/{name}", shell.file),
    web.post("/token/key", requests.register),
    web.post("/token/challenge", requests.challenge),
    web.post("/token/release", requests.release),
    web.post("/token/stop", requests.stop),
)


def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Add our pages to an application, and the portal and the console to the doors."""
    app.add_routes(ROUTES)
    if app[PREFIX]:
        app.router.add_get("", moved("/"), allow_head=False)  # as it stands in the configuration
    provider.doors.update({portal.DOOR: portal.Portal(), CONSOLE: portal.Portal()})
