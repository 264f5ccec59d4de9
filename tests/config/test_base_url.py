"""Where the pages of a tenant may lie."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from idp.config.tenant import BaseURL

READER: TypeAdapter[str] = TypeAdapter(BaseURL)


@pytest.mark.parametrize("path", ["", "/acme", "/healthy", "/acme/health"])
def test_a_tenant_may_lie_below_a_path(path: str) -> None:
    assert READER.validate_python(f"https://login.example.com{path}/") == f"https://login.example.com{path}"


@pytest.mark.parametrize("path", ["/health", "/health/acme", "//health"])
def test_below_health_is_nobody(path: str) -> None:
    """Whoever watches us asks there: no request has a tenant, and none is turned away however many there are."""
    with pytest.raises(ValidationError, match="must not lie below /health"):
        READER.validate_python(f"https://login.example.com{path}")
