"""Spans: what a request does, and how long each step takes. Switched off, nothing is imported and hardly anything done.

A span says which of our own steps it is, which tenant, service, route and outcome. Never a secret, a query, a form, a
name that somebody typed or a value of a statement: spans go to where traces are kept.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, ParamSpec, Protocol, TypeVar

SERVER: Final = "server"  # somebody asks us
CLIENT: Final = "client"  # we ask somebody
INTERNAL: Final = "internal"

Attributes = Mapping[str, str | int]
P = ParamSpec("P")
R = TypeVar("R")


class Span(Protocol):
    """A step under way."""

    def tell(self, attributes: Attributes, name: str = "") -> None:
        """What is known of it by now; `name` where only now it is known what it is called."""


class Tracer(Protocol):
    """Takes spans to where they are kept."""

    def span(
        self, name: str, kind: str, attributes: Attributes, parent: Mapping[str, str]
    ) -> AbstractContextManager[Span]:
        """A step inside of the one under way; `parent` are headers of W3C Trace Context that we believe."""


class _Silent:
    def tell(self, attributes: Attributes, name: str = "") -> None:
        """Nobody listens."""


_tracer: Tracer | None = None  # of this process, set once before it serves
SILENCE: Final[AbstractContextManager[Span]] = nullcontext(_Silent())


@contextmanager
def tracing(tracer: Tracer) -> Iterator[None]:
    """While the block runs, spans of this process go there."""
    global _tracer  # noqa: PLW0603  like the loggers: whoever has a step to tell of need not be handed it
    _tracer = tracer
    try:
        yield
    finally:
        _tracer = None


def is_on() -> bool:
    return _tracer is not None


def span(
    name: str,
    attributes: Attributes | None = None,
    *,
    kind: str = INTERNAL,
    parent: Mapping[str, str] | None = None,
) -> AbstractContextManager[Span]:
    """The block is a step."""
    return SILENCE if _tracer is None else _tracer.span(name, kind, attributes or {}, parent or {})


def traced(
    name: str, attributes: Callable[..., Attributes] | None = None, kind: str = INTERNAL
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Each call is a step; `attributes` are worked out of its arguments."""

    def decorate(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        async def within(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name, attributes(*args, **kwargs) if attributes else None, kind=kind):
                return await function(*args, **kwargs)

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
            return function(*args, **kwargs) if _tracer is None else within(*args, **kwargs)

        return call

    return decorate
