"""What is well-formed and odd: JSON with one value of another kind, text of every kind, forms of any fields.

Mutated bytes seldom get behind the reader of JSON: this begins there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.oidc import payloads, registrations, request
from tests.fuzz.targets import TARGETS

few = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
ODD = (
    None, True, -1, 0.5, 10**25, -(10**19), float("nan"), float("inf"), "", "\0", "\ud800", "x" * 3000, "\u202e", "https://[",
    "x:y", "有 ", [], {}, [None], [{}], ["\ud800"], {"\ud800": 1}, {"a": {"b": []}}, [[[[[[]]]]]],
)  # fmt: skip
TEXTS = st.text(max_size=30) | st.sampled_from([odd for odd in ODD if isinstance(odd, str)])
SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "signed-claims": payloads,
    "registration": registrations,
    "passkey-answer": TARGETS["passkey-answer"].seeds,  # type: ignore[dict-item]
    "jwks": TARGETS["jwks"].seeds,  # type: ignore[dict-item]
    "oidc-claims": TARGETS["oidc-claims"].seeds,  # type: ignore[dict-item]
}
NAMED = (
    "user-name",
    "directory-name",
    "accept-language",
    "yaml",
    "redirect-uri",
    "list-of-users",
    "radius-setting",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of everything in a value, the whole too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], odd)
    return changed


@pytest.mark.parametrize("name", SEEDS)
def test_one_value_of_another_kind(name: str) -> None:
    """THREAT_MODEL.md 32: Every parser: what is JSON and otherwise nothing that was meant is refused in words."""
    right = [json.loads(seed) for seed in SEEDS[name]()]

    for chosen in right:
        for path, odd in product(places(chosen), ODD):
            TARGETS[name].check(json.dumps(replaced(chosen, path, odd)).encode())


@pytest.mark.parametrize("name", NAMED)
def test_text_of_every_kind(name: str) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded, whatever letters there are."""

    @few
    @given(st.text())
    def look(text: str) -> None:
        TARGETS[name].check(text.encode("utf-8", "surrogatepass"))

    look()


@few
@given(st.data())
def test_parameters_of_every_kind(data: st.DataObject) -> None:
    """THREAT_MODEL.md 32: Every parser: each parameter of a request with any text, twice, or without one."""
    parts = data.draw(st.sampled_from(request())).decode().split("&")
    place = data.draw(st.integers(0, len(parts) - 1))
    text = data.draw(TEXTS).encode("utf-8", "surrogatepass")
    parts[place] = (
        parts[place].partition("=")[0] + "=" + quote(text, safe=data.draw(st.sampled_from(["", "&= ", "%"])))
    )
    TARGETS["oidc-parameters"].check("&".join(parts).encode())


def test_an_answer_of_a_passkey_may_be_spelled_otherwise() -> None:
    """What fido2 passes over in base64 changes nothing of what was signed; the answer is good once, however it is
    spelled (found by the long round)."""
    right = next(seed for seed in SEEDS["passkey-answer"]() if b"authenticatorData" in seed)
    spelled = json.loads(right)
    said = spelled["response"]["clientDataJSON"]
    spelled["response"]["clientDataJSON"] = f"{said[:40]}<<<<{said[40:]}"
    TARGETS["passkey-answer"].check(json.dumps(spelled).encode())
