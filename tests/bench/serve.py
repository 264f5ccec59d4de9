"""Keeps our server up for a bench of another kind, until Ctrl-C.

python -m tests.bench.serve DIR    writes DIR/masugata.json and DIR/run.pids, as the targets of a shared bench are

A bench whose client types a name and a password on one page gets on with ours by `login_hint`, which fills the name
in; so there is one user, and every login costs a password hash.
"""

from __future__ import annotations

import argparse
import json
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.bench.servers import masugata
from tests.bench.target import Target
from tests.processes import Stat

USER = "user0"


def described(target: Target) -> dict[str, Any]:
    return {
        "name": "masugata (password, durable SQLite)",
        "peer": "masugata",
        "base": target.issuer,
        "ready": "/health/ready",
        "oidc": {
            "client_id": target.client_id,
            "client_secret": target.client_secret,
            "redirect_uri": target.redirect_uri,
            "scope": target.scope,
            "users": [USER],
            "password": target.password,
            "user_field": "password",  # the page with the password has no other field to fill in
            "authorize_extra": {"login_hint": USER},
        },
        "get": ["/.well-known/openid-configuration", "/oidc/jwks"],
        "hash": "argon2id",
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), masugata(folder / "server", "password", 1) as target:
        (folder / "masugata.json").write_text(json.dumps(described(target), indent=1))
        started = [f"{pid} {Stat.started(pid)} idp\n" for pid in target.roots]
        (folder / "run.pids").write_text("".join(started))
        print(f"{target.issuer} is up, see {folder / 'masugata.json'}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
