"""What thousands of SAML services cost: until the server is ready, and in memory.

python -m tests.bench.services DIR [--services 2000] [--starts 3]    prints one line of JSON for each start

The first start takes the metadata of every file over into the database; those after it find them there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path

from keys.certified_key import CertifiedKey
from keys.xml_signature import RSA_SHA256
from tests.bench.load import calibrate
from tests.browser import Browser
from tests.server import Server
from tests.service_provider import Provider, ServiceProvider

REQUESTS = 500


def folder(root: Path, services: int) -> Server:
    """A configuration with so many services, each with metadata in a file of its own and an RSA certificate."""
    server = Server(root)
    server.configuration.idp["doors"] = ["saml"]
    server.imports_anew = True  # as an administrator starts it
    key = CertifiedKey.generate(RSA_SHA256, "sp", int(time.time()))
    published = server.config / "metadata"
    published.mkdir(parents=True)
    for number in range(services):
        one = Provider(f"service{number}", key=key)
        (published / f"{one.name}.xml").write_text(one.metadata())
        server.tenant.services[one.name] = {
            "service": one.name,
            "display_name": {"en": f"Service {number}"},
            "saml": {"metadata": f"metadata/{one.name}.xml", "attributes": {"mail": "email"}},
        }
    return server


async def ask(server: Server, services: int) -> float:
    """CPU milliseconds of a request up to the login page; each is another service's, in turn."""
    async with Browser() as browser:
        before = server.cpu_seconds
        for number in range(REQUESTS):
            one = Provider(f"service{number % services}")
            service = ServiceProvider(browser, one, server.url)
            page = await browser.request("GET", service.redirect(service.request()), cookies=False)
            assert page.status == 200, page.text
        return round((server.cpu_seconds - before) * 1000 / REQUESTS, 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--services", type=int, default=2000)
    parser.add_argument("--starts", type=int, default=3)
    given = parser.parse_args()
    server = folder(given.folder, given.services)
    server.write()  # before the clock runs: thousands of files, written by a slow library
    for start in range(1, given.starts + 1):
        began = time.monotonic()
        server.launch()
        wall, cpu = time.monotonic() - began, server.cpu_seconds
        time.sleep(3)  # until it has looked at its services once
        memory = server.memory_bytes
        first, again = [asyncio.run(ask(server, given.services)) for _ in range(2)]
        said = {
            "services": given.services,
            "start": start,
            "wall_s": round(wall, 2),
            "cpu_s": round(cpu, 2),
            "memory_mb": round(memory / 1e6),
            "memory_after_mb": round(server.memory_bytes / 1e6),
            "first_request_ms": first,
            "request_ms": again,
            "signature_ms": calibrate(),
        }
        server.stop()
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
