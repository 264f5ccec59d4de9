"""Log lines as JSON or for a terminal, each in the time zone of the tenant that it is about."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import IO, Any, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from idp.config.server import Log

TENANT = "tenant"  # the field by which the boundary says whose line it is
LEVELS: Final = {"exception": "error", "warn": "warning"}  # what some methods call theirs
# Libraries that write what they work on into their messages: tokens, codes, cookies. We keep where, not what.
TALKATIVE = frozenset(("pyop", "oic", "jwkest", "saml2", "aiohttp"))

# One variable with all fields: structlog's own way looks through every variable of the context for each line.
_ABOUT: Final[ContextVar[Mapping[str, Any]]] = ContextVar("about")


def about(**fields: Any) -> None:
    """From here on every line of this task carries these fields, and no longer those set before."""
    _ABOUT.set(fields)


def configure(settings: Log, zones: Mapping[str, tzinfo]) -> None:
    """Set the log up for this process and those that it forks. `zones` are the tenants' by name.

    A line that is no tenant's is in the zone that all tenants share, or in UTC if they share none.
    """
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared = next(iter(zones.values())) if len(set(zones.values())) == 1 else UTC
    before: list[Processor] = [_Frame(zones, shared)]
    lines = settings.format == "json"
    renderer: Processor = _json if lines else _console()
    structlog.configure(
        processors=[*before, renderer],  # two and no more: each is a call for every request
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_factory(in_bytes=lines),
        cache_logger_on_first_use=False,
    )
    _take_over_libraries(before, renderer, in_bytes=lines)


def settle() -> None:
    """The configuration is final for this process: build each logger once and keep it."""
    structlog.configure(cache_logger_on_first_use=True)


class _Frame:
    """What every line has: whom it is about, its level, and the time to the millisecond, with its zone (RFC 3339)."""

    def __init__(self, zones: Mapping[str, tzinfo], shared: tzinfo) -> None:
        self._zones = zones
        self._shared = shared

    def __call__(self, _logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        framed = {**_ABOUT.get({}), **event}  # what the line says itself goes before
        zone = self._zones.get(framed.get(TENANT, ""), self._shared)
        now = time.time()
        second, offset = _moment(zone, int(now))
        framed["level"] = LEVELS.get(method, method)
        framed["timestamp"] = f"{second}.{int(now * 1000) % 1000:03}{offset}"
        return framed


@lru_cache(maxsize=64)
def _moment(zone: tzinfo, second: int) -> tuple[str, str]:
    """A second's date and time, and the offset: drawn once for all its lines."""
    text = datetime.fromtimestamp(second, zone).isoformat()
    return text[:19], text[19:]


def _json(logger: WrappedLogger, method: str, event: EventDict) -> bytes:
    if "exc_info" in event:
        # Text, without the values of local variables: those hold what people type.
        event = structlog.processors.format_exc_info(logger, method, event)
    try:
        return orjson.dumps(event, default=str)  # `str` of a Secret is its mask
    except TypeError:  # half a surrogate pair, as only a strange client sends it, or a key that is no text
        return json.dumps(event, default=str).encode()


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _factory(*, in_bytes: bool) -> Any:
    if in_bytes:
        return structlog.BytesLoggerFactory(_Tolerant(sys.stderr.buffer))  # type: ignore[arg-type]
    return structlog.PrintLoggerFactory(_Tolerant(sys.stderr))  # type: ignore[arg-type]


class _Tolerant:
    """The log may lie on a disk that is full: what cannot be written is lost, but nobody is refused for it."""

    def __init__(self, stream: IO[Any]) -> None:
        self._stream = stream

    def write(self, line: Any) -> None:
        try:  # noqa: SIM105  four calls less for every line
            self._stream.write(line)
        except OSError:
            pass

    def flush(self) -> None:
        try:  # noqa: SIM105
            self._stream.flush()
        except OSError:
            pass


def _take_over_libraries(before: list[Processor], renderer: Processor, *, in_bytes: bool) -> None:
    """What libraries say by the standard library's logging takes the same form; below WARNING nothing."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
                *([_decoded] if in_bytes else ()),
            ],
        )
    )
    handler.addFilter(_say_where_not_what)
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def _say_where_not_what(record: logging.LogRecord) -> bool:
    if record.name.partition(".")[0] in TALKATIVE:
        record.msg, record.args = f"{record.name}:{record.lineno}", ()
        record.exc_info = record.exc_text = record.stack_info = None
    return True


def _decoded(_logger: WrappedLogger, _method: str, line: Any) -> str:
    text: str = line.decode()
    return text
