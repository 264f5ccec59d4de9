"""kill -9 at random moments, a thousand times: `python -m tests.faults.one_node`."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Round after round; each says its seed, by which it can be begun with again."""
    # Every process that is forked for the server imports this file: the rest only here.
    from tests.faults.one_node_campaign import ROUND, Findings, run  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, help="of the first round; each of the others has the next number")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    findings, began = Findings(), time.monotonic()
    for number, done in enumerate(range(0, given.kills, ROUND)):
        kills = min(ROUND, given.kills - done)
        with tempfile.TemporaryDirectory(prefix="one-node-") as folder:
            try:
                asyncio.run(run(Path(folder), seed + number, kills, findings))
            except BaseException:
                print(f"in the round --seed {seed + number} --kills {kills}:", file=sys.stderr)
                raise
        print(f"seed {seed + number}: {done + kills} kills, {time.monotonic() - began:.0f} s", flush=True)
    print(findings)


if __name__ == "__main__":
    main()
