"""Real relying parties, and a real browser between them and us."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from protocols.oidc.vocabulary import DEVICE_CODE
from tests.clients.apache import Apache
from tests.clients.chromium import NODE_MODULES, launch
from tests.configuration import SECRET, TenantFolder
from tests.people import ALICE, PATTERN
from tests.running import usual
from tests.server import Server, free_port, running


@pytest.fixture(scope="session")
def relying_ports() -> tuple[int, int]:
    """Where the two relying parties will listen: their callbacks are registered before they start."""
    return free_port(), free_port()


@pytest.fixture(scope="session")
def secure_port() -> int:
    """Where something that speaks TLS will listen, in front of the tenant `secure`."""
    return free_port()


def add_devices(server: Server, secure_port: int) -> None:
    """Clients without a browser: one at the first tenant, one that wants TLS at a tenant of its own."""
    oidc = {"grant_types": [DEVICE_CODE, "refresh_token"]}
    oidc["scopes"] = ["openid", "profile", "offline_access"]
    server.tenant.add_service("tv", **oidc, token_endpoint_auth_method="none")
    del server.tenant.services["tv"]["oidc"]["client_secret"]
    settings = {"oidc": {"device_interval_seconds": 1}}
    secure = TenantFolder("secure", f"https://localhost:{secure_port}", settings=settings)
    secure.add_service("agent", **oidc)
    secure.add_demo_user(ALICE.name, "staff", matrix={"pattern": PATTERN})
    server.configuration.tenants.append(secure)


@pytest.fixture(scope="session")
def apache(relying_ports: tuple[int, int]) -> Iterator[Apache]:
    """Not started."""
    with TemporaryDirectory(prefix="masugata-apache-") as folder:
        one = Apache(Path(folder), relying_ports[1])
        try:
            yield one
        finally:
            one.stop()


@pytest.fixture(scope="session")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    relying_ports: tuple[int, int],
    apache: Apache,
    secure_port: int,
) -> Iterator[Server]:
    """The usual server, which knows both relying parties and the devices."""
    one = usual(tmp_path_factory.mktemp("server"), "")
    node = f"http://localhost:{relying_ports[0]}"
    scopes = ["openid", "profile", "email", "offline_access"]
    one.tenant.add_service("node", f"{node}/callback", scopes=scopes)
    one.tenant.services["node"]["launch_url"] = node
    one.tenant.add_service("apache", apache.callback)
    one.tenant.services["apache"]["launch_url"] = apache.url
    one.tenant.add_service("posting", "http://127.0.0.1/posted", pkce="optional", consent="required")
    one.tenant.authenticators["matrix"]["select"] = True
    one.tenant.settings["support"] = {"ja": "内線 1234", "en": "Extension 1234"}
    one.tenant.settings["oidc"] = {
        "registration": {"enabled": True, "consent": "never"},
        "device_interval_seconds": 1,
    }
    add_devices(one, secure_port)
    for server in running(one):
        server.add_people()
        yield server


@pytest.fixture(scope="session")
def openid_client(server: Server, relying_ports: tuple[int, int]) -> Iterator[str]:
    """The address of the relying party made with openid-client."""
    assert NODE_MODULES.is_dir(), "npm ci --prefix tests"
    script = Path(__file__).with_name("openid_client.mjs")
    with subprocess.Popen(
        ["node", script, server.url, "node", str(relying_ports[0])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout
        process.stdin.write(SECRET)
        process.stdin.close()
        assert process.stdout.readline() == "ready\n"
        yield f"http://localhost:{relying_ports[0]}/"
        process.terminate()


@pytest.fixture(scope="session")
def mod_auth_openidc(server: Server, apache: Apache) -> Apache:
    """Apache, started."""
    apache.start(server.url, "apache", SECRET)
    return apache


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests share the browser, and so the event loop that it was started on."""
    for item in items:
        if "shared_chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_chromium() -> AsyncIterator[Browser]:
    """Started once: a start takes longer than most tests."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(shared_chromium: Browser) -> AsyncIterator[Browser]:
    """Each test opens contexts of its own, which know nothing of any other's and end with it."""
    yield shared_chromium
    for context in shared_chromium.contexts:
        await context.close()
