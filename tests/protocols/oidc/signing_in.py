"""A browser in which somebody has signed in, as its cookies."""

from __future__ import annotations

import asyncio

import aiohttp

from tests.browser import Browser
from tests.people import Person
from tests.protocols.oidc.prober import Prober


def sign_in(issuer: str, client_id: str, person: Person) -> str:
    """The cookies of a browser in which the person has signed in."""

    async def login() -> str:
        async with Browser() as browser, aiohttp.ClientSession() as http:
            prober = Prober(http, issuer, client_id=client_id)
            callback = f"https://{client_id}.example.com/"
            prober.redirect_uri = f"{callback}cb"
            page = await browser.login(prober.address(), person, callback)
            assert (page.location or "").startswith(callback), page.text
            return "; ".join(f"{name}={morsel.value}" for (_, _, name), morsel in browser.cookies.items())

    return asyncio.run(login())
