"""pydantic's errors in plain English: what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from idp.config.mistake import suggest

_MAPPING = "must be a mapping, keys with values behind a colon"
_LIST = "must be a list, for example [one, two]"
_NUMBER = "must be a whole number"
_NETWORK = "must be a network, for example 10.0.0.0/8"

_WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be text, put it in quotes",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must have the form {pattern}",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "ip_any_network": _NETWORK,
    "ip_v4_network": _NETWORK,
    "ip_v6_network": _NETWORK,
    "ip_any_address": "must be an IP address, for example 192.0.2.1",
}


def words(error: ErrorDetails, known: Iterable[str] = ()) -> str:
    """What an administrator reads. `known` are the keys that may stand where an unknown one does."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is an unknown key, {suggest(str(error['loc'][-1]), known)}"
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    if kind == "literal_error":
        return _literal(error["input"], context["expected"])
    if error["input"] is None and kind != "missing":
        return f"is empty, {_plain(kind, context, error['msg'])}"
    return _plain(kind, context, error["msg"])


def _plain(kind: str, context: Mapping[str, Any], otherwise: str) -> str:
    if kind in ("too_short", "too_long"):
        limit, key = ("least", "min_length") if kind == "too_short" else ("most", "max_length")
        return f"must have at {limit} {context[key]} {'entry' if context[key] == 1 else 'entries'}"
    template = _WORDS.get(kind)
    return template.format(**context) if template else otherwise[:1].lower() + otherwise[1:]


def _literal(given: object, expected: str) -> str:
    """`expected` is how pydantic lists them: 'a', 'b' or 'c'."""
    allowed = expected.replace("'", "")
    choices = [word.strip() for word in allowed.replace(" or ", ",").split(",")]
    known = suggest(given, choices) if isinstance(given, str) else ""
    hint = f", {known}" if known.startswith("did") and len(choices) > 1 else ""
    return f"must be {allowed}{hint}"
