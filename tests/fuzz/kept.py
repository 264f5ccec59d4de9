"""What is right and made of random keys, kept as it was made once: each round mutates the same bytes on every machine.

Only public halves and what they verify are kept. `python -m tests.fuzz.kept` makes all of it anew.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

Make = Callable[[], list[bytes]]

FILE = Path(__file__).with_name("kept.json")
MADE: dict[str, Make] = {}


def kept(make: Make) -> Make:
    """The function, which gives what the file has under its module's and its own name."""
    name = f"{make.__module__.rpartition('.')[2]}.{make.__name__}"
    MADE[name] = cache(make)
    return cache(
        lambda: [base64.b64decode(each) for each in _file()[name]] if name in _file() else MADE[name]()
    )


@cache
def _file() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def main() -> None:
    FILE.unlink(missing_ok=True)
    from tests.fuzz import targets  # noqa: PLC0415  with nothing kept

    assert targets.TARGETS
    made = {name: [base64.b64encode(each).decode() for each in make()] for name, make in MADE.items()}
    FILE.write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    from tests.fuzz.kept import main as of_the_module  # the one that the targets import

    of_the_module()
