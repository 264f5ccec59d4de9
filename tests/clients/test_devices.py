"""Real clients without a browser get their user: curl, openid-client and oidc-agent (RFC 8628)."""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from protocols.oidc.vocabulary import DEVICE_CODE
from tests.browser import Browser
from tests.clients.chromium import NODE_MODULES
from tests.clients.tls import certificate, forwarding
from tests.configuration import SECRET
from tests.people import ALICE
from tests.server import Server

PATIENCE_SECONDS = 60
USER_CODE = re.compile(r"\b[B-Z]{4}-[B-Z]{4}\b")


async def allow(issuer: str, code: str, tls: ssl.SSLContext | None = None) -> None:
    """alice, at another screen: types the code, signs in, says yes."""
    async with Browser(tls=tls) as browser:
        page = await browser.get(f"{issuer}/device")
        page = await browser.submit(page, {"user_code": code.lower()}, form=page.forms[0])
        page = await browser.login(page, ALICE, "https://nowhere")
        assert code in page.text, page.text
        page = await browser.submit(page, {}, form=page.forms[0])
        assert page.status == 200, page.text


async def run(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What the program prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=environment)
    said, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert process.returncode == 0, f"{command[0]}: {said.decode()}{complaints.decode()}"
    return said.decode()


async def curl(*arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await run("curl", "-sS", *arguments))
    return answer


async def test_curl(server: Server) -> None:
    """As docs/clients/device.md has it."""
    told = await curl(
        "-d", "client_id=tv", "-d", "scope=openid profile", f"{server.url}/oidc/device_authorization"
    )
    poll = ("-d", "client_id=tv", "-d", f"grant_type={DEVICE_CODE}", "-d", f"device_code={told['device_code']}",
            f"{server.url}/oidc/token")  # fmt: skip
    assert (await curl(*poll))["error"] == "authorization_pending"
    await allow(server.url, told["user_code"])
    tokens = await curl(*poll)
    shown = await curl("-H", f"Authorization: Bearer {tokens['access_token']}", f"{server.url}/oidc/userinfo")
    assert shown["preferred_username"] == ALICE.name
    assert (await curl(*poll))["error"] == "invalid_grant"


async def test_openid_client(server: Server) -> None:
    assert NODE_MODULES.is_dir(), "npm ci --prefix tests"
    script = Path(__file__).with_name("openid_client_device.mjs")
    process = await asyncio.create_subprocess_exec("node", script, server.url, "tv", stdout=PIPE)
    try:
        assert process.stdout
        told = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS))
        await allow(server.url, told["user_code"])
        shown = json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS))
    finally:
        await end(process)
    assert (shown["claims"]["iss"], shown["claims"]["aud"]) == (server.url, "tv")
    assert shown["userinfo"]["preferred_username"] == ALICE.name
    assert shown["rotated"]


async def end(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@pytest.fixture
async def secure(server: Server, secure_port: int, tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """The issuer of the tenant behind TLS, and the certificate to trust."""
    certified, key = certificate(tmp_path)
    async with forwarding(secure_port, server.port, certified, key):
        yield f"https://localhost:{secure_port}", certified


@contextmanager
def home() -> Iterator[dict[str, str]]:
    """The environment of somebody whose folder of oidc-agent is empty."""
    with TemporaryDirectory(prefix="masugata-agent-") as folder:
        (Path(folder) / ".oidc-agent").mkdir(mode=0o700)
        secrets = {"OIDC_ENCRYPTION_PW": "password", "OIDC_CLIENT_SECRET": SECRET}
        yield {**os.environ, "HOME": folder, **secrets}


async def test_oidc_agent(secure: tuple[str, Path]) -> None:
    """Debian's: it speaks https only, keeps the refresh token, and gives access tokens to other programs."""
    issuer, certified = secure
    with home() as environment:
        started = await run("oidc-agent", environment=environment)
        environment |= dict(re.findall(r"(OIDC\w+)=([^;]+);", started))
        try:
            await register(issuer, certified, environment)
            token = (await run("oidc-token", "masugata", environment=environment)).strip()
        finally:
            await run("oidc-agent", "--kill", environment=environment)
    shown = await curl(
        "--cacert", str(certified), "-H", f"Authorization: Bearer {token}", f"{issuer}/oidc/userinfo"
    )
    assert shown["preferred_username"] == ALICE.name


async def register(issuer: str, certified: Path, environment: Mapping[str, str]) -> None:
    """`oidc-gen`, and alice with the code that it shows."""
    process = await asyncio.create_subprocess_exec(
        "oidc-gen", "masugata", "--manual", "--flow=device", f"--issuer={issuer}", "--client-id=agent",
        f"--client-secret={SECRET}", "--scope=openid profile offline_access",
        f"--dae={issuer}/oidc/device_authorization", f"--cp={certified}", "--redirect-uri=http://localhost:8100",
        "--pw-env=OIDC_ENCRYPTION_PW", "--prompt=none", "--confirm-default", "--no-url-call",
        stdout=PIPE, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    said = ""
    try:
        assert process.stdout
        while not (code := USER_CODE.search(said)):
            line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
            assert line, said
            said += line.decode()
        await allow(issuer, code[0], ssl.create_default_context(cafile=certified))
        said += (await asyncio.wait_for(process.stdout.read(), PATIENCE_SECONDS)).decode()
        assert await process.wait() == 0, said
    finally:
        await end(process)
