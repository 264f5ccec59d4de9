"""The files of a configuration as one whole: what a revision keeps, and a folder can be laid out from."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, Self

import orjson

from idp.config.configuration import Configuration
from idp.config.theme_files import theme_files

DIGITS: Final = 12
# What is larger is no part of a revision: a list of breached passwords has gigabytes. Every node has its own.
LARGEST_FILE: Final = 8 * 1024 * 1024
LARGEST: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class Bundle:
    """Files by their path from the configuration folder on, with slashes; no secret is among them."""

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """What was read when the configuration was loaded, and the themes in use, as they lie in the folder now.

        Secrets stay where they are, and what lies elsewhere or is larger than `LARGEST_FILE`. Raises OSError.
        """
        folder = configuration.folder
        named = {*configuration.files, *_theme_files(configuration)}
        files = {
            name: path.read_bytes()
            for path in named
            if (name := _within(folder, path))
            and (_is_configuration(name) or path.stat().st_size <= LARGEST_FILE)
        }
        return cls(dict(sorted(files.items())))

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """What `pack` gave."""
        contents = zlib.decompress(packed)
        length = int.from_bytes(contents[:4])
        sizes, at = orjson.loads(contents[4 : 4 + length]), 4 + length
        files = {}
        for name, size in sizes:
            files[name], at = contents[at : at + size], at + size
        return cls(files)

    def pack(self) -> bytes:
        """All of it as bytes: names and sizes, then the contents, compressed."""
        sizes = orjson.dumps([(name, len(content)) for name, content in self.files.items()])
        return zlib.compress(b"".join((len(sizes).to_bytes(4), sizes, *self.files.values())))

    @property
    def is_too_large(self) -> bool:
        """Whether it is more than a revision may be."""
        return sum(map(len, self.files.values())) > LARGEST

    @cached_property
    def hash(self) -> str:
        """Changes with the name and the content of every file."""
        digest = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    def without(self, name: str) -> Bundle:
        """The same but for one file."""
        return Bundle({each: content for each, content in self.files.items() if each != name})

    def lay_out(self, folder: Path) -> None:
        """Write the files below a folder, over those that are there. Raises OSError."""
        for name, content in self.files.items():
            path = folder.joinpath(*PurePosixPath(name).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def themes(bundle: Bundle) -> Mapping[str, bytes]:
    """What pages are made of."""
    return {name: content for name, content in bundle.files.items() if name.startswith("themes/")}


def short(digest: str) -> str:
    """So much of a hash as people read."""
    return digest[:DIGITS]


def _is_configuration(name: str) -> bool:
    """Whether a file is itself configuration: a revision without it would mean something else, however large it is."""
    return name.endswith(".yaml")


def _theme_files(configuration: Configuration) -> Iterable[Path]:
    for theme in {tenant.settings.theme for tenant in configuration.tenants}:
        yield from theme_files(configuration.themes_folder / theme)


def _within(folder: Path, path: Path) -> str:
    """Its path from the folder on; empty for what lies elsewhere. Links are not followed: their names count."""
    base, text = f"{folder}{os.sep}", str(path)
    if text.startswith(base) and os.pardir not in text:  # nearly all, of thousands
        return path.as_posix()[len(base) :]
    name = os.path.relpath(path, folder)
    return "" if name.startswith(os.pardir + os.sep) else PurePosixPath(*Path(name).parts).as_posix()
