"""What a server takes that nobody uses.

python -m tests.bench.idle DIR [--seconds 60] [--doors oidc saml]    prints one line of JSON
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from tests.bench.load import calibrate
from tests.server import Server

SETTLING_SECONDS = 10  # what it does once after its start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--doors", nargs="+", choices=["oidc", "saml"], default=["oidc", "saml"])
    given = parser.parse_args()
    server = Server(given.folder)
    server.configuration.idp["doors"] = given.doors
    server.imports_anew = True  # as an administrator starts it
    server.start()
    time.sleep(SETTLING_SECONDS)
    before = server.cpu_seconds
    time.sleep(given.seconds)
    said = {
        "doors": given.doors,
        "seconds": given.seconds,
        "cpu_s": round(server.cpu_seconds - before, 2),
        "memory_mb": round(server.memory_bytes / 1e6),
        "signature_ms": calibrate(),
    }
    server.stop()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
