"""A node whose disk fails when a test says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.faults.one_node_server import Node
from tests.prepared import Running, Streams, anew

SOURCE = Path(__file__).with_suffix(".c")


class Failing(Node):
    """`fault` is one of full, readonly, broken (each write fails), sync (each flush does), or none of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.configuration.idp["workers"] = 1  # each process knows of what it has tried by itself
        library, self._word = folder.parent / "disk.so", folder.parent / "fault"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE], check=True
        )
        self.faulty = {
            **self.environment,
            "LD_PRELOAD": str(library),
            "DISK_FAULT_WORD": str(self._word),
            "DISK_FAULT_FOLDER": str(folder),
        }

    def command(self, *words: str, streams: Streams) -> Running:
        """The server has the bad disk, and so an interpreter of its own; what is done beside it has not."""
        if words[0] != "serve":
            return super().command(*words, streams=streams)
        return anew((*words, "--config", str(self.config)), self.faulty, streams)

    def fault(self, word: str) -> None:
        self._word.write_text(word)
