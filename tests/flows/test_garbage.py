"""What no browser sends: answered without a defect, and without a word of it in the log."""

import asyncio

import pytest

from tests.people import PATTERN, answer
from tests.running import Browsers
from tests.server import Server

GARBAGE = b"\xff\xfe" * 20
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


async def send(server: Server, line: bytes, headers: bytes, body: bytes = b"") -> int:
    """One request as these very bytes; returns the status."""
    host = server.url.removeprefix("http://").encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    writer.write(line + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + headers + length + b"\r\n" + body)
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


@pytest.mark.parametrize(
    ("line", "header", "status"),
    [
        (b"GET /", b"Cookie: demo-session=" + GARBAGE, 200),
        (b"GET /", b"Cookie: demo-browser=" + GARBAGE, 200),
        (b"GET /oidc/userinfo", b"Authorization: Bearer " + GARBAGE, 401),
        (b"POST /oidc/token", b"Authorization: Basic " + GARBAGE, 400),
        (b"GET /login?interaction=%00%ff", b"Accept-Language: " + GARBAGE, 400),
    ],
)
async def test_bytes_that_are_no_text(server: Server, line: bytes, header: bytes, status: int) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no 5xx."""
    assert await send(server, line, header + b"\r\n") == status


async def test_a_browser_with_a_strange_name_logs_in(server: Server, browsers: Browsers) -> None:
    """THREAT_MODEL.md 32: generated bad inputs: no 5xx. The session keeps what the browser calls itself."""
    browser = browsers()
    page = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    assert page.table
    fields = {**page.form.fields, "answer": answer(PATTERN, page.table)}
    body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
    cookie = f"Cookie: demo-browser={browser.cookie('browser')}\r\n".encode()
    assert (
        await send(server, b"POST /login", cookie + FORM + b"User-Agent: " + GARBAGE + b"\r\n", body) == 303
    )


@pytest.mark.parametrize(
    ("line", "header"),
    [
        (b"GET /?code=hunter2\xff", b""),
        (b"GET /", b"Cookie: demo-session=hunter2\x01\r\n"),
        (b"GET /", b"Authorization : Basic hunter2\r\n"),
        (b"GET /?code=hunter2" + b"2" * 9000, b""),
    ],
)
async def test_a_request_that_is_none_leaves_nothing_of_itself_in_the_log(
    server: Server, line: bytes, header: bytes
) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a code or token, also where the web server itself refuses."""
    assert await send(server, line, header) == 400
    assert "hunter2" not in server.log
