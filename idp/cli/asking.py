"""Secrets that a command is given: at the terminal, on standard input, or behind an option."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from keys.secret import Secret

ASKED: Final = "-"


def given_or_asked(what: str, value: str) -> Secret:
    """What stands behind an option; `-` asks for it."""
    return ask(what) if value == ASKED else Secret(value)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends a question. While it waits for its answer the event loop, whose handler that is, would not see it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ask(what: str, *, confirm: bool = True) -> Secret:
    """A secret from the terminal, twice where it is a new one, or from standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        with _interruptible():
            return Secret(str(click.prompt(what.capitalize(), hide_input=True, confirmation_prompt=confirm)))
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not line:
        raise click.UsageError(f"the {what} is expected on standard input")
    return Secret(line)
