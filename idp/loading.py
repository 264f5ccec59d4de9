"""What a supervisor begins with each time: the configuration, read again, and the folders that outlive a worker."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from pathlib import Path

import storage
from idp.app import Server, load
from idp.config.in_force import InForce
from idp.supervisor.work import Unfit


class Loading:
    """Loads again and again, as the supervisor asks."""

    def __init__(self, folder: Path, workers: int | None) -> None:
        self._given = folder, workers
        self._loaded: list[InForce] = []
        self._claims: dict[str, object | None] = {}
        self._seats: Path | None = None

    def __call__(self) -> Server:
        """Raises `idp.supervisor.work.Unfit`."""
        loaded = load(*self._given)
        self._claim(loaded.in_force.configuration.storage_url)
        self._loaded.append(loaded.in_force)
        for each in self._loaded[:-2]:  # the workers of the one before are still there
            each.leave()
        del self._loaded[:-2]
        return dataclasses.replace(loaded, seats=self._seats_for(loaded))

    def _claim(self, url: str) -> None:
        """Once for each: what is claimed stays ours until this process ends."""
        if url in self._claims:
            return
        try:
            self._claims[url] = storage.claim(url)
        except (storage.StorageError, ValueError) as error:
            raise Unfit([str(error)]) from error

    def _seats_for(self, loaded: Server) -> Path | None:
        """Where workers lay down what they count: one place from the first reload that wants it to the end."""
        if self._seats is None and loaded.in_force.configuration.server.listen.monitoring:
            self._seats = Path(tempfile.mkdtemp(prefix="masugata-metrics-"))
        return self._seats

    def end(self) -> None:
        """No worker is left."""
        for each in self._loaded:
            each.leave()
        if self._seats is not None:
            shutil.rmtree(self._seats, ignore_errors=True)
