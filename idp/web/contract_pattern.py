"""The part of the contract with themes that is about setting patterns; see `idp.web.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

QUESTIONS: Final = (
    "pattern",
    "cells",
    "phrase",
)  # of a login: to type along tables, to choose, and what to add


def pages(required: object) -> Mapping[str, Mapping[str, Any]]:
    """The pages, with `required` for what has no default."""
    return {
        "account/pattern": {
            "action": required,
            "csrf": required,
            "since": None,  # when the pattern was set; None for somebody who has none
            "until": None,  # when it ends, if it does
            "young": None,  # from when on it may be changed, if it may not be yet
            "initial": False,  # it was drawn by us, and works until then only
            "has_phrase": False,
            "ways": required,  # how it may be changed: type, select, phrase
            "done": False,
            "late": False,  # what was begun could not be finished
        },
        "paper/patterns": {  # printed, never served
            "sheets": required,  # name, username, grid, blocks, cells, until; one for each user
            "url": required,  # where they sign in
        },
    }
