"""A real Chromium that holds client certificates, as its user imported them (NSS)."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from playwright.sync_api import BrowserContext, Playwright

from tests.clients.chromium import FLAGS

EXECUTABLE = "/usr/bin/chromium"  # the whole of it: the shell for tests knows no certificates of its user

CHOSEN = "auto_select_certificate"  # what a person says who ticks the dialog's only certificate, as Chromium keeps it


class Holder:
    """A person's home folder: certificates last from window to window."""

    def __init__(self, home: Path, server: Path) -> None:
        """Believes the certificate in the file `server`, which signed itself."""
        self._home, self._database = home, home / ".pki" / "nssdb"
        self._database.mkdir(parents=True)
        self._run("certutil", "-N", "--empty-password")
        self._run("certutil", "-A", "-n", "server", "-t", "P,,", "-i", str(server))

    def holds(self, file: Path, password: str) -> None:
        """Nothing but the certificate of this file (PKCS #12)."""
        for name in self._names():
            self._run("certutil", "-F", "-n", name)
        self._run("pk12util", "-i", str(file), "-W", password)

    def _names(self) -> list[str]:
        said = self._run("certutil", "-L")
        return [line.rsplit(None, 1)[0] for line in said.splitlines() if line.endswith("u,u,u")]

    def _run(self, command: str, *words: str) -> str:
        done = subprocess.run(
            [command, "-d", f"sql:{self._database}", *words], check=True, capture_output=True, text=True
        )
        return done.stdout

    @contextmanager
    def browser(self, playwright: Playwright, origin: str) -> Iterator[BrowserContext]:
        """From its start, when it has asked for no certificate yet, to its end; at `origin` it shows what it has."""
        profile = Path(mkdtemp(dir=self._home))  # the browser before may still be writing into its own
        (profile / "Default").mkdir()
        chosen = {f"{origin},*": {"setting": {"filters": [{}]}}}
        preferences = {"profile": {"content_settings": {"exceptions": {CHOSEN: chosen}}}}
        (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=EXECUTABLE,
            args=list(FLAGS),
            env={**os.environ, "HOME": str(self._home)},
            locale="en",
            accept_downloads=True,
        )
        try:
            yield context
        finally:
            context.close()
