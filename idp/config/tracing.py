"""`tracing` in `idp.yaml`: where spans go."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from idp.config.loopback import is_loopback
from idp.config.model import Model

EXPORTER = "opentelemetry.exporter.otlp.proto.http"


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("must be the address of a collector, for example http://127.0.0.1:4318/v1/traces")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must be https, but for a collector on this machine")
    return value


class Tracing(Model):
    """OpenTelemetry's protocol (OTLP) by HTTP, in protobuf."""

    endpoint: Annotated[str, AfterValidator(_endpoint)] = "http://127.0.0.1:4318/v1/traces"
    # Of requests that no trusted proxy has decided about.
    share: Annotated[float, Field(gt=0, le=1)] = 0.01

    @model_validator(mode="after")
    def _is_installed(self) -> Self:
        try:
            found = find_spec(EXPORTER)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ValueError("needs OpenTelemetry: pip install 'masugata[tracing]'")
        return self
