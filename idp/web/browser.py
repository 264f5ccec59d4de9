"""A browser without a screen, for logins that `idp probe` makes: one person's, with cookies of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from idp.probe import Broken
from idp.probe.page import Form, Page, read
from idp.probe.person import CODE, MATRIX, PASSWORD
from idp.probe.trial import Trial
from idp.web.outbound import reason

HEADERS: Final = {"User-Agent": "Masugata probe", "Accept-Language": "en"}
REDIRECTS: Final = (301, 302, 303, 307, 308)
MOST_STEPS: Final = 24  # redirects and questions of one login


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer to a request: a page, or where a redirect leads."""

    url: str
    status: int
    location: str  # absolute; empty where it is no redirect
    page: Page


Arrived = Callable[[Shown], bool]


@asynccontextmanager
async def session(seconds: int, jar: AbstractCookieJar | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    """By which a service asks for itself; with a `jar`, a browser."""
    limits = aiohttp.ClientTimeout(total=seconds)
    jar = aiohttp.DummyCookieJar() if jar is None else jar  # an empty one is false
    async with aiohttp.ClientSession(cookie_jar=jar, headers=HEADERS, timeout=limits) as http:
        yield http


async def fetch(
    http: aiohttp.ClientSession, method: str, url: str, data: Mapping[str, str] | None = None
) -> tuple[aiohttp.ClientResponse, bytes]:
    """One exchange, redirects not followed. Raises `Broken` where there is no answer."""
    try:
        async with http.request(method, URL(url, encoded=True), data=data, allow_redirects=False) as response:
            return response, await response.read()
    except TimeoutError:
        raise Broken(f"no answer within {http.timeout.total:.0f} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Broken(f"no answer: {reason(error, 'it is none of HTTP')}") from None


async def sign_in(trial: Trial, url: str, arrived: Arrived) -> Shown:
    """From the address to which a service sends a browser, to its answer; whatever is asked is answered once.

    Raises `Broken`.
    """
    trial.at("sign-in")
    async with session(trial.seconds, aiohttp.CookieJar(unsafe=True, quote_cookie=False)) as http:
        shown, asked = await _exchange(http, "GET", url), ""
        for _ in range(MOST_STEPS):
            if arrived(shown):
                return shown
            if shown.location:
                shown = await _exchange(http, "GET", shown.location)
                continue
            form = shown.page.form
            if form is None:
                trial.at(f"sign-in, after {asked}" if asked else "sign-in")
                raise Broken(f"a page with status {shown.status} says: {shown.page.words}")
            question = _question(form, shown.page)
            if question == asked:
                raise Broken(f"the answer was not taken, the page says: {shown.page.words}")
            asked = question
            trial.at(f"sign-in, {question}")
            target = urljoin(shown.url, form.action)
            if not target.startswith(f"{trial.base_url}/"):
                raise Broken("somebody else asks, on a page that is not below base_url")
            typed = await _typed(trial, question, shown.page)
            shown = await _exchange(http, "POST", target, form.fields | {form.question: typed})
    raise Broken(f"after {MOST_STEPS} steps it has not come back to the service")


def _question(form: Form, page: Page) -> str:
    """What is asked, by the name of its authenticator."""
    if form.question != "answer":
        return form.question
    return MATRIX if page.table else CODE


async def _typed(trial: Trial, question: str, page: Page) -> str:
    if question in (PASSWORD, MATRIX, CODE):
        return await trial.person.answer(question, page.table)
    return trial.person.name


async def _exchange(
    http: aiohttp.ClientSession, method: str, url: str, data: Mapping[str, str] | None = None
) -> Shown:
    response, body = await fetch(http, method, url, data)
    location = ""
    if response.status in REDIRECTS:
        location = urljoin(url, response.headers.get("Location", ""))
    is_page = response.content_type == "text/html"
    return Shown(url, response.status, location, read(body.decode(errors="replace") if is_page else ""))
