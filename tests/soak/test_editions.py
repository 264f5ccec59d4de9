"""A configuration that is no longer in force is let go, with its tenants, its pages and its routes."""

from __future__ import annotations

import os
from pathlib import Path

from tests.administration import ROOT
from tests.server import Server, eventually
from tests.soak import sample
from tests.soak.watched import sitecustomize


async def test_what_was_in_force_is_let_go(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    watched = tmp_path / "watched"
    watched.mkdir()
    beside = Path(sitecustomize.__file__).parent
    server.environment |= {
        "PYTHONPATH": f"{ROOT}{os.pathsep}{beside}",
        sitecustomize.WATCHED: str(watched),
    }
    server.imports_anew = True
    server.tenant.add_service("wiki", "http://localhost:9/callback")
    server.start()

    def routes() -> int:
        """Of all configurations that the worker holds."""
        return sample.kinds(server, watched)["ResourceRoute"]

    def switched() -> list[int]:
        return [each["revision"] for each in server.events if each["event"] == "configuration.switched"]

    try:
        server.imports_anew = False  # its commands need not
        one = routes()
        for number in range(1, 4):
            server.tenant.settings["display_name"] = {"en": f"Number {number}"}
            server.write()
            server.cli("config", "apply", "--why", f"number {number}")
            # Two that are applied at once are one to a node that looks for the newest.
            await eventually(lambda number=number: number in switched())
        await eventually(lambda: routes() == one)
    finally:
        server.stop()
