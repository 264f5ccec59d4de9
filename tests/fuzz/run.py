"""The long round: each parser for FUZZ_SECONDS (60), led by what its code does with an input, where atheris is there.

python -m tests.fuzz.run [TARGET…]     What is found lies in tests/out/fuzz, and is looked at again by
python -m tests.fuzz.run --look TARGET FILE
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.target import LONGEST, Target

# What is fuzzed is imported where it is: under atheris, which must see it first, or not at all.

FOUND = Path(__file__).parents[1] / "out" / "fuzz"
PACKAGES = ["idp", "protocols", "keys"]
MEMORY_MB, HANGS_SECONDS = 2048, 30


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="*")
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("FUZZ_SECONDS", "60")))
    parser.add_argument("--one", action="store_true", help="in this very process")
    parser.add_argument("--look", action="store_true", help="at one input: TARGET FILE")
    given = parser.parse_args()
    if given.one:
        return fuzz(given.target[0], given.seconds)
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    if given.look:
        name, file = given.target
        TARGETS[name].check(Path(file).read_bytes())
        return 0
    if not find_spec("atheris"):
        print("atheris is not there for this Python: mutated inputs without a guide", flush=True)
    failed = [name for name in given.target or TARGETS if not passes(name, given.seconds)]
    print(f"defects: {', '.join(failed)}" if failed else "no defect was found")
    return 1 if failed else 0


def passes(name: str, seconds: int) -> bool:
    """In a process of its own, which a defect ends."""
    began = time.monotonic()
    words = [sys.executable, "-m", "tests.fuzz.run", "--one", name, "--seconds", str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    ran = [line for line in said.splitlines() if line.startswith(("Done ", "looked at "))]
    print(f"{name:24} {time.monotonic() - began:6.0f} s  {ran[-1] if ran else ''}", flush=True)
    if done.returncode:
        print(said[-4000:], flush=True)
    return done.returncode == 0


def fuzz(name: str, seconds: int) -> int:
    if not find_spec("atheris"):
        return unguided(name, seconds)
    import atheris  # noqa: PLC0415

    with atheris.instrument_imports(include=PACKAGES):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    FOUND.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="masugata-fuzz-") as folder:
        corpus, dictionary = Path(folder) / "corpus", Path(folder) / "words"
        corpus.mkdir()
        for number, seed in enumerate(target.seeds()):
            (corpus / str(number)).write_bytes(seed)
        dictionary.write_text("".join(f'"{escaped(word)}"\n' for word in target.words if 0 < len(word) < 60))
        options = {
            "max_total_time": seconds, "max_len": LONGEST // 4, "rss_limit_mb": MEMORY_MB, "timeout": HANGS_SECONDS,
            "dict": dictionary, "artifact_prefix": f"{FOUND}/{name}-", "print_final_stats": 1,
        }  # fmt: skip
        arguments = [sys.argv[0], *(f"-{key}={value}" for key, value in options.items()), str(corpus)]
        atheris.Setup(arguments, target.look)
        atheris.Fuzz()
    return 0


def escaped(word: bytes) -> str:
    """As libFuzzer writes words."""
    return "".join(f"\\x{byte:02x}" for byte in word)


def unguided(name: str, seconds: int) -> int:
    from tests.fuzz.mutator import inputs  # noqa: PLC0415
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    target: Target = TARGETS[name]
    until, looked, seed = time.monotonic() + seconds, 0, int(time.time())
    while time.monotonic() < until:
        seed += 1
        for data in inputs(target, 1000, seed):
            try:
                target.check(data)
            except BaseException:
                FOUND.mkdir(parents=True, exist_ok=True)
                (FOUND / f"{name}-{seed}").write_bytes(data)
                raise
            looked += 1
    print(f"looked at {looked} inputs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
