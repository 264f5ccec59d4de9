"""One line an event, in the tenant's time, and nothing of what is secret."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextvars import copy_context
from zoneinfo import ZoneInfo

import pytest
import structlog

from idp import log
from idp.config.server import Log
from keys.secret import Secret

ZONES = {"tokyo": ZoneInfo("Asia/Tokyo"), "paris": ZoneInfo("Europe/Paris")}


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def line(capfdbinary: pytest.CaptureFixture[bytes]) -> dict[str, object]:
    """The only line that was written."""
    (only,) = capfdbinary.readouterr().err.splitlines()
    event: dict[str, object] = json.loads(only)
    return event


def said(event: str, fields: dict[str, str], **values: object) -> None:
    """One event about something."""

    def say() -> None:
        log.about(**fields)
        structlog.get_logger().info(event, **values)

    copy_context().run(say)


def test_an_event_is_a_line_of_json_with_what_was_bound(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure(Log(), ZONES)
    said("hello", {"request_id": "r1", "tenant": "tokyo"}, answer=42, name="有栖")
    event = line(capfdbinary)
    assert (event["event"], event["level"], event["answer"], event["name"]) == ("hello", "info", 42, "有栖")
    assert (event["request_id"], event["tenant"]) == ("r1", "tokyo")


@pytest.mark.parametrize(("tenant", "offsets"), [("tokyo", ["+09:00"]), ("paris", ["+01:00", "+02:00"])])
def test_the_time_is_the_tenants(
    capfdbinary: pytest.CaptureFixture[bytes], tenant: str, offsets: list[str]
) -> None:
    log.configure(Log(), ZONES)
    said("hello", {"tenant": tenant})
    assert str(line(capfdbinary)["timestamp"])[-6:] in offsets


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_secret_is_masked_however_deep_it_lies(
    capfdbinary: pytest.CaptureFixture[bytes], style: str
) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a secret."""
    log.configure(Log(format=style), ZONES)  # type: ignore[arg-type]
    structlog.get_logger().info("hello", one=Secret("hunter2"), deep={"list": [Secret("hunter2")]})
    written = capfdbinary.readouterr().err
    assert b"hello" in written and b"hunter2" not in written


@pytest.mark.parametrize("style", ["json", "console"])
def test_a_traceback_shows_no_variable(capfdbinary: pytest.CaptureFixture[bytes], style: str) -> None:
    log.configure(Log(format=style), ZONES)  # type: ignore[arg-type]

    def fail(password: str) -> None:
        raise LookupError("nothing there" if password else "")

    try:
        fail(bytes.fromhex("68756e74657232").decode())  # so that the source line does not show it
    except LookupError:
        structlog.get_logger().exception("defect")
    written = capfdbinary.readouterr().err
    assert b"nothing there" in written and b"in fail" in written and b"hunter2" not in written


@pytest.mark.parametrize("library", ["pyop", "oic.oauth2.message", "jwkest.jws", "aiohttp.server"])
def test_of_libraries_that_talk_only_the_place_is_kept(
    capfdbinary: pytest.CaptureFixture[bytes], library: str
) -> None:
    log.configure(Log(level="debug"), ZONES)
    logging.getLogger(library).warning("code=%s", "hunter2")
    logging.getLogger(library).info("token=hunter2")
    event = line(capfdbinary)
    assert str(event["event"]).startswith(f"{library}:") and event["level"] == "warning"


def test_what_other_libraries_say_comes_out_the_same_way(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure(Log(), ZONES)
    logging.getLogger("asyncio").error("slow: %d ms", 12)
    assert line(capfdbinary)["event"] == "slow: 12 ms"


def test_a_warning_of_python_is_an_event(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure(Log(), ZONES)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        logging.captureWarnings(True)
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert "old ways" in str(line(capfdbinary)["event"])


def test_what_is_below_the_level_is_not_written(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log.configure(Log(level="warning"), ZONES)
    structlog.get_logger().info("quiet")
    assert capfdbinary.readouterr().err == b""


@pytest.mark.parametrize("style", ["json", "console"])
@pytest.mark.parametrize("strange", ["\ud800", "a\nb", b"\xff", object])
def test_no_value_breaks_a_line(
    capfdbinary: pytest.CaptureFixture[bytes], style: str, strange: object
) -> None:
    log.configure(Log(format=style), ZONES)  # type: ignore[arg-type]
    structlog.get_logger().info("request", path=strange)
    assert len(capfdbinary.readouterr().err.splitlines()) == 1


def test_after_a_reload_the_new_level_counts(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    logger = structlog.get_logger()
    log.configure(Log(level="error"), ZONES)
    logger.info("before")
    log.configure(Log(level="info"), ZONES)
    logger.info("after")
    assert line(capfdbinary)["event"] == "after"
