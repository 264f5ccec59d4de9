"""One small server a test, on the embedded store: what is tested here does not depend on the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Not started; two workers."""
    one = Server(tmp_path, workers=2)
    one.tenant.add_service("wiki", "http://localhost:9/callback")
    try:
        yield one
    finally:
        one.stop()
