"""Doors are found by name; only their settings are imported until one is opened."""

from __future__ import annotations

import subprocess
import sys

import pytest

from idp import doors


def test_a_door_is_found_by_name() -> None:
    assert doors.names()[0] == "oidc"
    models = doors.models("oidc")
    assert "client_id" in models.service.model_fields
    assert models.unique == ("client_id",)


def test_a_door_that_is_not_there_is_an_error() -> None:
    with pytest.raises(LookupError, match="no door is called nowhere"):
        doors.models("nowhere")


def test_reading_the_configuration_loads_no_door_and_no_server() -> None:
    """Whoever only checks a folder, or adds a user, waits for neither pyop nor aiohttp."""
    program = (
        "import sys; from pathlib import Path; import idp.cli.user; from idp.config.load import load;"
        "load(Path('conf')); print([name for name in ('pyop', 'oic', 'aiohttp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
