"""Flows run against real servers, on both stores."""

from __future__ import annotations

import secrets

import pytest

from tests.people import PATTERN, Person
from tests.running import Browsers, browsers, database, make_server, party, server
from tests.server import Server

__all__ = ["browsers", "database", "make_server", "party", "server"]


@pytest.fixture
async def nobody(server: Server, browsers: Browsers) -> Person:
    """A name that nobody has, and that is asked for the matrix as staff are: others are asked as token holders are."""
    browser = browsers()
    while True:
        name = f"nobody{secrets.token_hex(4)}"
        if (await browser.answer(await browser.get(f"{server.url}/"), name)).table:
            return Person(name, pattern=PATTERN)
