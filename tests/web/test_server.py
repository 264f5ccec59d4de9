"""What happens below HTTP: bytes that are no request, and what answers tell of us."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.server import Server, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"))
    one.tenant.add_service("wiki", "http://localhost:9/callback")
    yield from running(one)


def send(server: Server, request: bytes) -> bytes:
    """Everything that is answered until the connection closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sock:
        sock.sendall(request)
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return answer


MALFORMED = {
    "no HTTP": b"sekret\r\n\r\n",
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"sekret" * 30,
    "long line": b"GET /" + b"sekret" * 2000 + b" HTTP/1.1\r\n\r\n",
    "long field": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"sekret" * 2000 + b"\r\n\r\n",
    "many fields": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"sekret: 1\r\n" * 100 + b"\r\n",
    "two lengths": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: sekret\r\n\r\n",
    "length and chunks": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nsekret",
}


@pytest.mark.parametrize("request_", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_request_is_refused_without_repeating_it(server: Server, request_: bytes) -> None:
    """Neither to the sender nor in the log, and our libraries are not named."""
    answer = send(server, request_)
    assert answer.partition(b"\r\n")[0].endswith(b"400 Bad Request")
    assert b"sekret" not in answer
    assert b"ython" not in answer
    assert "sekret" not in server.log
    assert all(line["level"] != "error" for line in server.events)


def test_answers_do_not_name_our_libraries(server: Server) -> None:
    for path in ("/", "/health/live", "/nowhere", "/oidc/jwks"):
        head = f"GET {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\n\r\n"
        assert b"\r\nserver:" not in send(server, head.encode()).lower()


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    head = (
        f"POST /login HTTP/1.1\r\nHost: localhost:{server.port}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 300000\r\n\r\n"
    )
    assert send(server, head.encode() + b"a" * 300000).startswith(b"HTTP/1.1 413 ")
