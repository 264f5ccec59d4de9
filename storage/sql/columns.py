"""How structured fields are written into TEXT columns, and read back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from storage.records import JSON, Proof

load = orjson.loads


def dump(value: JSON) -> str:
    """A JSON object. Tuples come back as lists. Raises TypeError for what JSON cannot say."""
    return orjson.dumps(dict(value)).decode()


def dump_names(names: Iterable[str]) -> str:
    """A list of names in their order."""
    return orjson.dumps([*names]).decode()


def load_names(text: str) -> tuple[str, ...]:
    return tuple(load(text))


def dump_proofs(proofs: Iterable[Proof]) -> str:
    return orjson.dumps([_proof(proof) for proof in proofs]).decode()


def load_proofs(text: str) -> tuple[Proof, ...]:
    rows: list[list[Any]] = load(text)
    return tuple([Proof(name, tuple(amr), *rest) for name, amr, *rest in rows])


def _proof(proof: Proof) -> tuple[Any, ...]:
    said = (proof.authenticator, proof.amr, proof.at)
    return (*said, proof.model) if proof.model else said
