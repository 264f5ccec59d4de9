"""Where a secret lies: a file, the environment, the output of a command; a plain string only in the demo.

A model that needs one says `client_secret: SecretValue | None = None` and finds a `keys.secret.Secret`
there. It is read while the model is validated, so that a missing one is a mistake at its own line and column.
"""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, core_schema

from idp.config.model import Model
from keys.secret import Secret

COMMAND_SECONDS = 15
MAX_BYTES = 65_536
LONG_ENOUGH = 64


class SecretSource(Model):
    """Exactly one of the three. Relative files are found from the configuration folder."""

    file: Annotated[str, Field(min_length=1)] | None = None
    env: Annotated[str, Field(min_length=1)] | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(source is not None for source in (self.file, self.env, self.command)) != 1:
            raise ValueError("give exactly one of file, env or command")
        return self


@dataclass(slots=True)
class SecretReading:
    """How secrets and other files are read during one validation: the `context` of `model_validate`."""

    folder: Path = field(default_factory=Path)
    plain: bool = False  # a demo tenant may keep a secret in its files
    warnings: list[tuple[Path, str]] = field(default_factory=list)
    # Where secrets lie, and what no revision holds because it is too large; None: in `folder` like everything else.
    home: Path | None = None
    files: set[Path] = field(default_factory=set)  # those that were named and are no secrets
    blind: bool = False  # for who only looks: no file of a secret is read, and no command is run

    def find(self, name: str) -> Path:
        """The file that a setting names, and that is no secret; a relative one begins at the folder."""
        path = self.folder / name
        if self.home is not None:
            # The same file, also where it is named by its whole path.
            path = self.folder / os.path.relpath(self.home / name, self.home)
            if not path.is_relative_to(self.folder) or not path.exists():
                return self.home / name
        self.files.add(path)
        return path


def read(source: SecretSource, reading: SecretReading) -> Secret:
    """The secret itself, without a newline at its end. Raises ValueError with words for the administrator."""
    if reading.blind:
        return _unread(source)
    if source.file is not None:
        text = _from_file((reading.home or reading.folder) / source.file, reading)
    elif source.env is not None:
        text = _from_environment(source.env)
    else:
        text = _from_command(source.command or (), reading.home or reading.folder)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("the secret is empty")
    return Secret(text)


def _unread(source: SecretSource) -> Secret:
    """In place of the secret: as long as any has to be, and another where another is meant."""
    place = source.file or source.env or " ".join(source.command or ())
    return Secret(f"not read: {place}".ljust(LONG_ENOUGH, "."))


def _from_file(path: Path, reading: SecretReading) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = _text(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {_reason(error)}") from None
    if mode & 0o077:
        reading.warnings.append((path, f"others may read this secret (mode {mode:04o}), chmod 600 it"))
    return text


def _from_environment(name: str) -> str:
    text = os.environ.get(name)
    if text is None:
        raise ValueError(f"the environment variable {name} is not set")
    return text


def _from_command(command: tuple[str, ...], folder: Path) -> str:
    try:
        # The administrator's own words, run without a shell.
        done = subprocess.run(  # noqa: S603
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"the command {command[0]} took longer than {COMMAND_SECONDS} s") from None
    except OSError as error:
        raise ValueError(f"cannot run {command[0]}: {_reason(error)}") from None
    if done.returncode != 0:
        raise ValueError(f"the command {command[0]} failed with exit status {done.returncode}")
    return _text(done.stdout)


def _text(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise ValueError(f"the secret is longer than {MAX_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError("the secret is not UTF-8 text") from None


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _validate(value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: ValidationInfo) -> Secret:
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    if isinstance(value, Secret):
        return value
    if isinstance(value, str):
        if not reading.plain:
            raise ValueError("a secret stands here only in a demo tenant, give {file: …} or {env: …}")
        return Secret(value)
    return read(handler(value), reading)


class _Resolved:
    """Tells pydantic to read a source and keep only the secret."""

    reads = SecretSource

    @classmethod
    def __get_pydantic_core_schema__(cls, _type: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            _validate,
            handler.generate_schema(SecretSource),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "string", "description": "only in a demo tenant"}]}


SecretValue = Annotated[Secret, _Resolved]
