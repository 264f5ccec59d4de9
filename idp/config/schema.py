"""JSON Schema of each file, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any, Final

from pydantic import TypeAdapter

from idp import doors
from idp.config.assemble import Shape
from idp.config.policies import RuleSettings
from idp.config.server import ServerSettings

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
FILES: Final = ("idp", "tenant", "authenticators", "policies", "service")


def schema_of(file: str) -> dict[str, Any]:
    """The schema of one of `FILES`, with the sections of every door and authenticator that is installed."""
    shape = Shape.of({name: doors.models(name) for name in doors.names()})
    models: dict[str, Any] = {
        "idp": ServerSettings,
        "tenant": shape.tenant,
        "authenticators": shape.authenticators,
        "policies": tuple[RuleSettings, ...],
        "service": shape.service,
    }
    return {"$schema": DRAFT, **TypeAdapter(models[file]).json_schema()}
