"""`idp health`: asks a server that answers over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.conftest import Office


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_server_that_is_ready(unmigrated: Office, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy the environment names: the question stays on this machine."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with answering(200, b'{"status": "ready"}') as port:
        (unmigrated.folder / "idp.yaml").write_text(f'listen: {{http: "{host}:{port}"}}\n')
        assert unmigrated.run("health").stdout == "ready\n"


def test_a_server_that_cannot_serve(unmigrated: Office) -> None:
    with answering(503, b'{"status": "unavailable"}') as port:
        (unmigrated.folder / "idp.yaml").write_text(f"listen: {{http: 127.0.0.1:{port}}}\n")
        assert "unavailable" in unmigrated.run("health", status=1).stderr


def test_no_server_at_all(unmigrated: Office) -> None:
    (unmigrated.folder / "idp.yaml").write_text("listen: {http: 127.0.0.1:1}\n")
    assert "refused: no server runs there, start it by idp serve" in unmigrated.run("health", status=1).stderr
