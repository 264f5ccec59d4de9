"""Spans by OpenTelemetry's own library, sent by a thread of it. The one file that knows it: it is an extra."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from socket import gethostname
from typing import Any, Final

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from idp import __version__
from idp.config.tracing import Tracing
from idp.tracing import CLIENT, INTERNAL, SERVER, SILENCE, Attributes, Span, span, tracing
from storage import Storage
from storage.following import Followed

KINDS: Final = {SERVER: SpanKind.SERVER, CLIENT: SpanKind.CLIENT, INTERNAL: SpanKind.INTERNAL}
TIMEOUT_SECONDS: Final = 5.0  # for one parcel; what a collector does not take by then is lost
END_SECONDS: Final = 3.0  # at the end, for what is still to be sent
DELAY_MILLISECONDS: Final = 1000
PROPAGATOR: Final = TraceContextTextMapPropagator()


class _Deaf(requests.Session):
    """Hears whether a collector took what it was sent, and not what it says of it, which may be without end."""

    def request(self, *asked: Any, **options: Any) -> requests.Response:
        heard = requests.Response()
        with super().request(*asked, **{**options, "stream": True, "allow_redirects": False}) as answer:
            heard.status_code, heard.reason, heard.headers = answer.status_code, answer.reason, answer.headers
        return heard


class _Span:
    """`idp.tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def tell(self, attributes: Attributes, name: str = "") -> None:
        self._span.set_attributes(attributes)
        if name:
            self._span.update_name(name)


class _Tracer:
    """`idp.tracing.Tracer`."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def span(
        self, name: str, kind: str, attributes: Attributes, parent: Mapping[str, str]
    ) -> AbstractContextManager[Span]:
        """A trace begins where somebody asks us: what is done in the background, every half second, is none, nor
        are there spans of what is not kept.
        """
        if kind != SERVER and not trace.get_current_span().is_recording():
            return SILENCE
        return self._begin(name, kind, attributes, parent)

    @contextmanager
    def _begin(
        self, name: str, kind: str, attributes: Attributes, parent: Mapping[str, str]
    ) -> Iterator[_Span]:
        context = PROPAGATOR.extract(parent) if parent else None
        with self._tracer.start_as_current_span(
            name,
            context,
            KINDS[kind],
            attributes,
            record_exception=False,  # its words and its stack may quote what somebody sent
            set_status_on_exception=False,
        ) as begun:
            try:
                yield _Span(begun)
            except BaseException as error:
                begun.set_status(StatusCode.ERROR)
                begun.set_attribute("error.type", type(error).__name__)
                raise


@asynccontextmanager
async def exporting(settings: Tracing, database: Storage) -> AsyncIterator[Storage]:
    """While the block runs, spans are collected and sent; gives the database with a span for each of its steps.

    To be entered after the fork, for it begins a thread.
    """
    instance = f"{gethostname()}/{os.getpid()}"
    resource = Resource(
        {"service.name": "masugata", "service.version": __version__, "service.instance.id": instance}
    )
    sampler = ParentBased(TraceIdRatioBased(settings.share))
    provider = TracerProvider(sampler, resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(settings.endpoint, timeout=TIMEOUT_SECONDS, session=_Deaf())
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=DELAY_MILLISECONDS))
    try:
        with tracing(_Tracer(provider.get_tracer("masugata", __version__))):
            yield Followed(database, span)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):  # the thread goes with the process
                await asyncio.to_thread(provider.shutdown)
