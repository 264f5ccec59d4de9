"""The files of the token app: their address changes with their content, so what was loaded together fits together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import orjson

from idp.config.theme_files import visible

FOLDER: Final = Path("static", "token")
PAGE: Final = f"{FOLDER}/index"  # the template of its page
WORKER: Final = (
    "worker.js"  # served beside the page: a service worker governs what lies below its own address
)
STYLE: Final = "style.css"  # of all our pages
CONTENT_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


class AppFiles:
    """Those of one theme; a file of the theme's own goes before the default one."""

    def __init__(self, layers: Iterable[Path], style: bytes) -> None:
        """`layers` are the theme's folders, its own first; `style` the style sheet of its pages."""
        found = {
            path.name: path
            for layer in reversed([*layers])
            for path in sorted(visible(layer / FOLDER, "*.*"))
            if path.suffix in CONTENT_TYPES
        }
        worker = found.pop(WORKER).read_text()
        files = {name: (path.read_bytes(), CONTENT_TYPES[path.suffix]) for name, path in found.items()}
        files[STYLE] = (style, CONTENT_TYPES[".css"])
        digest = hashlib.sha256(worker.encode())
        for name, (body, _) in sorted(files.items()):
            digest.update(b"%s\0%d\0%s" % (name.encode(), len(body), body))
        self.version: Final = digest.hexdigest()[:12]
        self.files: Final[Mapping[str, tuple[bytes, str]]] = files
        loaded = orjson.dumps([f"{self.version}/{name}" for name in sorted(files)]).decode()
        # It changes with any of the files, so that browsers notice.
        head = f'const VERSION = "{self.version}";\nconst FILES = {loaded};\n'
        self.worker: Final = f"{head}{worker}".encode()
