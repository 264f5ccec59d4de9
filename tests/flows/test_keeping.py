"""What lies in the database, read as its thief would."""

import base64
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tests.browser import Browser
from tests.configuration import SECRET
from tests.people import ALICE, PASSWORD, PATTERN, Person
from tests.postgres import binaries
from tests.relying_party import RelyingParty
from tests.running import MakeServer
from tests.server import Server

pytestmark = pytest.mark.both_stores

PHRASE = "shibboleth-of-ephraim"
OTHERS = "A4 C1 F3 H2 J4 L1"
PIN = "pin-90210-beverly"
SHORTEST = 8  # characters of a part of an encoding that cannot be there by chance
PRIVATE_KEY_SIGNS = (
    b"PRIVATE KEY",
    bytes.fromhex("06092a864886f70d010101050004"),  # rsaEncryption as in PKCS #8, before the key itself
    b'"d":',  # a private JWK
)


def encodings(secret: bytes) -> Iterator[bytes]:
    """A secret as it may look in a dump: itself, its hex, its base64 at each of the three alignments."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret + b"\0" * 3)
        inner = encoded[4 if shift else 0 : -8]  # without what depends on the neighbours
        if len(inner) < SHORTEST:
            continue
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def dump(server: Server) -> bytes:
    """Everything that the database holds: the files themselves, and what a dump says."""
    if server.storage.startswith("sqlite:"):
        path = Path(server.storage.removeprefix("sqlite:"))
        with closing(sqlite3.connect(path)) as database:
            text = "\n".join(database.iterdump()).encode()
        return text + b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    done = subprocess.run(
        [binaries().joinpath("initdb").resolve().with_name("pg_dump"), "--inserts", superuser(server)],
        capture_output=True,
        check=True,
        env={},
    )
    return done.stdout


def superuser(server: Server) -> str:
    return server.storage.replace("masugata@", "postgres@", 1)


def contains(dumped: bytes, secret: str | bytes) -> bool:
    raw = secret.encode() if isinstance(secret, str) else secret
    return any(form in dumped for form in encodings(raw))


@pytest.fixture
def used(make_server: MakeServer) -> Server:
    """A server whose users hold every kind of secret there is."""
    server = make_server().start()
    server.add_people()
    server.cli("credential", "set", "alice", "matrix", "--tenant", "demo",
               "--pattern", PATTERN, "--phrase", PHRASE)  # fmt: skip
    server.cli(
        "credential",
        "set",
        "bob",
        "totp",
        "--tenant",
        "demo",
        "--secret",
        server.bob.token.secret,
        "--pin",
        PIN,
    )
    return server


async def test_a_stolen_database_gives_no_secret(used: Server) -> None:
    """THREAT_MODEL.md 30: A stolen database without the master key gives no pattern, TOTP secret, PIN, client
    secret or signing key."""
    async with Browser() as browser:
        party = RelyingParty(browser, used.url, scope="openid profile offline_access")
        pending = await party.begin()
        page = await browser.get(pending.url)
        page = await browser.answer(page, "alice")
        typed = PHRASE + ALICE.reply(page)
        page = await browser.answer(page, typed, party.redirect_uri)
        code = party.code(pending, page)
        tokens = await party.redeem(pending, code)
        unused = await party.begin()
        open_code = party.code(unused, await browser.get(unused.url, party.redirect_uri))
        cookies = [morsel.value for morsel in browser.cookies.values()]
    dumped = dump(used)
    assert contains(dumped, "alice"), "the search finds what is there"
    assert contains(base64.b64encode(b"x" + dumped[:3000]), dumped[100:130])
    cells = PATTERN.split()
    numbers = [12 * (int(cell[1]) - 1) + ord(cell[0]) - ord("A") for cell in cells]
    secrets = [
        PATTERN, "".join(cells), ",".join(cells), json.dumps(cells), json.dumps(cells, separators=(",", ":")),
        json.dumps(numbers), json.dumps(numbers, separators=(",", ":")), bytes(numbers),
        PHRASE, PIN, PASSWORD, used.bob.token.secret, base64.b32decode(used.bob.token.secret), SECRET,
        code, open_code, tokens.access_token, tokens.refresh_token or "", tokens.id_token, *cookies,
        (used.folder / "var" / "master.key").read_bytes().strip(),
    ]  # fmt: skip
    assert [secret for secret in secrets if contains(dumped, secret)] == []
    assert [sign for sign in PRIVATE_KEY_SIGNS if sign in dumped] == []


def copy_credential(server: Server, source: str, target: str) -> None:
    """As somebody who can write the database but has no key."""
    statement = (
        "UPDATE credentials SET sealed = (SELECT c.sealed FROM credentials c JOIN users u ON u.id = c.user_id"
        f" WHERE u.username = '{source}' AND c.authenticator = 'matrix')"
        f" WHERE authenticator = 'matrix' AND user_id = (SELECT id FROM users WHERE username = '{target}')"
    )
    if server.storage.startswith("sqlite:"):
        with closing(sqlite3.connect(server.storage.removeprefix("sqlite:"))) as database:
            assert database.execute(statement).rowcount == 1
            database.commit()
        return
    with (
        closing(psycopg2.connect(superuser(server))) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        assert cursor.rowcount == 1


async def test_a_row_copied_to_another_user_does_not_open(make_server: MakeServer) -> None:
    """THREAT_MODEL.md 30: a row copied to another user does not open."""
    server = make_server().start()
    server.add_user("alice", "staff", pattern=PATTERN)
    server.add_user("mallory", "staff", pattern=OTHERS)
    copy_credential(server, "mallory", "alice")
    async with Browser() as browser:
        alice = Person("alice", pattern=OTHERS)
        asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
        answered = await browser.answer(asked, alice.reply(asked))
        assert answered.asked == "answer", "she is asked again, as after any wrong answer"
        assert browser.cookie("session") is None
        mallory = Person("mallory", pattern=OTHERS)
        assert (await browser.login(f"{server.url}/", mallory, "\0")).status == 200
