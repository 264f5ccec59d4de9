"""A device without a browser, and its user at another screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from protocols.oidc.vocabulary import DEVICE_CODE
from tests.page import Form
from tests.protocols.oidc.prober import Answer, Prober


@dataclass
class Device:
    """What a client that waits for its user knows."""

    client: Prober
    said: dict[str, Any]

    @classmethod
    async def begin(cls, client: Prober, **form: str) -> Device:
        """Ask for both codes."""
        answer = await ask(client, **form)
        assert answer.status == 200, answer.text
        return cls(client, answer.json)

    @property
    def user_code(self) -> str:
        code: str = self.said["user_code"]
        return code

    async def poll(self, headers: dict[str, str] | None = None, **changed: str) -> Answer:
        """Ask for tokens."""
        form = {"grant_type": DEVICE_CODE, "device_code": self.said["device_code"], **changed}
        sent = self.client.authentication(form) | (headers or {})
        return await self.client.post("/oidc/token", urlencode(form), sent)


async def ask(client: Prober, **form: str) -> Answer:
    """The device authorization request, whatever comes back."""
    given = dict(form)
    headers = client.authentication(given)
    return await client.post("/oidc/device_authorization", urlencode(given), headers)


def _browser(user: Prober) -> dict[str, str]:
    return {"Cookie": user.cookie, "Accept-Language": "en"}


async def send(user: Prober, path: str, form: Form, **typed: str) -> Answer:
    """Send a form of a page of ours in the user's browser."""
    sent = urlencode(form.fields | typed)
    return await user.post(path, sent, _browser(user))


async def enter(user: Prober, code: str) -> Answer:
    """Type the code; the answer leads to the question, or is the page that says no."""
    page = (await user.get("/device", _browser(user))).page
    return await send(user, "/device", page.forms[0], user_code=code)


async def question(user: Prober, code: str) -> Answer:
    """The page that asks whether to let the device in."""
    entered = await enter(user, code)
    assert entered.status == 303, entered.text
    path = entered.headers["Location"]
    assert path.startswith("/device/confirm?"), path
    return await user.get(path, _browser(user))


async def decide(user: Prober, asked: Answer, word: str = "allow") -> Answer:
    """Press a button of that page."""
    form = next(form for form in asked.page.forms if form.fields.get("decision") == word)
    return await send(user, "/device/confirm", form)


async def allow(user: Prober, device: Device, word: str = "allow") -> None:
    """All that the user does."""
    answer = await decide(user, await question(user, device.user_code), word)
    assert answer.status == 200, answer.text
