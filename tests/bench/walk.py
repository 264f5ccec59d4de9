"""From a request to its answer: redirects followed, and whatever is asked answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from urllib.parse import urljoin

from tests.bench.browser import Answered, Browser, Failed
from tests.bench.target import Target
from tests.people import answer

FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
INPUT = re.compile(r'<input[^>]*\bname="([^"]*)"[^>]*>')
VALUE = re.compile(r'\bvalue="([^"]*)"')
CELL = re.compile(r"<td[^>]*>(\d)</td>")
COLUMNS = 12
MAXIMUM_STEPS = 16


async def walk(
    browser: Browser, target: Target, url: str, number: int, asked: bool, is_done: Callable[[Answered], bool]
) -> Answered:
    """Until `is_done`, as user `number`. Raises `Failed`, also where `asked` is not what happened."""
    page = await browser.send("GET", url)
    forms = 0
    for _ in range(MAXIMUM_STEPS):
        if is_done(page):
            break
        if page.location:
            page = await browser.send("GET", page.location)
            continue
        forms += 1
        action, fields = _fill(page, target, number)
        page = await browser.send("POST", action, fields)
    if bool(forms) != asked:
        raise Failed(f"asked {forms} times")
    return page


def forms(page: Answered) -> list[tuple[str, dict[str, str]]]:
    """Each with where it goes and what it holds."""
    found = []
    for action, inside in FORM.findall(page.body):
        fields: dict[str, str] = {}
        for each in INPUT.finditer(inside):
            value = VALUE.search(each[0])
            fields[each[1]] = unescape(value[1]) if value else ""
        found.append((urljoin(page.url, unescape(action)), fields))
    return found


def _fill(page: Answered, target: Target, number: int) -> tuple[str, dict[str, str]]:
    """The login form, filled in."""
    name = f"user{number % target.users}"
    knows = {"username": name, "user": name, "password": target.password}
    for action, fields in forms(page):
        if not fields.keys() & {"username", "user", "password", "answer"}:
            continue
        if "answer" in fields:
            fields["answer"] = _digits(page, target)
        typed = {name: knows[name] for name in fields.keys() & knows.keys()}  # some ask for both on one page
        return action, {**fields, **typed}
    raise Failed(f"no login form, {page.status} {page.url} {page.body[:300]}")


def _digits(page: Answered, target: Target) -> str:
    cells = CELL.findall(page.body)
    return answer(target.pattern, [cells[at : at + COLUMNS] for at in range(0, len(cells), COLUMNS)])
