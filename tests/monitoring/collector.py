"""A collector of OpenTelemetry: it takes spans over HTTP, and reads them by the protocol's own definition."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """One that has arrived."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]
    events: int
    is_error: bool


@dataclass
class Collector:
    """What has arrived, as it was sent and as it reads."""

    url: str
    raw: list[bytes] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)
    close: Callable[[], None] = field(default=lambda: None, repr=False)  # nobody listens any more

    def take(self, body: bytes) -> None:
        self.raw.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = _read(resource.resource.attributes)
            assert about["service.name"] == "masugata"
            self.instances.add(about["service.instance.id"])
            for scope in resource.scope_spans:
                self.spans += map(_span, scope.spans)

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def above(self, span: Span) -> list[str]:
        """The names of the spans that it lies in, from the nearest on."""
        by_id = {each.id: each for each in self.spans}
        names = []
        while (above := by_id.get(span.parent)) is not None:
            names.append(above.name)
            span = above
        return names


def _read(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in attributes}


def _span(said: Any) -> Span:
    return Span(
        name=said.name,
        trace=said.trace_id.hex(),
        id=said.span_id.hex(),
        parent=said.parent_span_id.hex(),
        kind=said.kind,
        attributes=_read(said.attributes),
        events=len(said.events),
        is_error=said.status.code == said.status.STATUS_CODE_ERROR,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            body = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)

    def close() -> None:
        server.shutdown()
        server.server_close()

    collector = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", close=close)
    thread.start()
    try:
        yield collector
    finally:
        close()
        thread.join()
