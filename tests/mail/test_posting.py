"""Mail on its way: over TLS, once to everybody, again after an outage, and never lost by a crash."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import replace
from email.utils import parsedate_to_datetime

import pytest

from tests.flows.test_keeping import contains, dump
from tests.mail.conftest import Browsers, House
from tests.mail_server import PASSWORD
from tests.people import ALICE
from tests.server import eventually
from tests.setting import way

pytestmark = pytest.mark.both_stores


def message_ids(house: House, address: str) -> list[str]:
    return [str(mail.message["Message-ID"]) for mail in house.mail.to(address)]


def notices(house: House) -> list[str]:
    """What any of the two workers says; each looks for itself."""
    said: list[str] = house.server.health()[1]["notices"]
    return said


def dead(house: House, user: str) -> list[dict[str, object]]:
    """What could not be sent to one user; time that another test lets pass may outlast mail to others."""
    return [row for row in house.waiting("--dead") if row["user"] == user]


async def test_an_initial_pattern_comes_by_mail_and_signs_in(house: House, browsers: Browsers) -> None:
    said = house.server.cli("credential", "issue", "dora", "matrix", "--mail")
    (mail,) = house.mail.to("dora@example.com")
    message = mail.message
    assert mail.encrypted and mail.sender == "idp@example.com"
    assert (
        str(message["From"]) == "demo株式会社 <idp@example.com>"
        and str(message["Reply-To"]) == "help@example.com"
    )
    assert message["Auto-Submitted"] == "auto-generated" and message["Content-Language"] == "ja"
    assert abs(parsedate_to_datetime(str(message["Date"])).timestamp() - house.now) < 60
    assert re.fullmatch(r"<[0-9a-f]{32}@localhost>", str(message["Message-ID"]))
    assert mail.raw.isascii()  # UTF-8, but seven bits on the way
    cells = re.search(r"(?:[A-L][1-4] ){5}[A-L][1-4]", mail.text)
    assert cells is not None and cells[0] not in said
    assert re.search(r"^    ([*1-6]{4} ?){3}$", mail.text, re.MULTILINE)
    assert (
        "<pre>" in mail.html
        and cells[0] in mail.html
        and "http" not in re.sub(r'href="[^"]*"', "", mail.html)
    )
    dora = replace(ALICE, name="dora", pattern=cells[0])
    page = await browsers().login(f"{house.server.url}/", dora, "\0")
    assert page.status == 200 and page.table and way(page, "select"), "it is to be changed at once"


def test_each_mail_is_sent_by_one_worker(house: House) -> None:
    for _ in range(4):
        house.server.cli("credential", "issue", "hana", "matrix", "--mail")
    house.mail.to("hana@example.com", 4)
    time.sleep(2.5)  # every worker has looked again
    assert len(set(message_ids(house, "hana@example.com"))) == len(house.mail.to("hana@example.com")) == 4


async def test_an_outage_delays_mail_and_is_told(house: House) -> None:
    """Each pause is longer than the one before, and it is one mail however often it was tried."""
    house.mail.stop()
    try:
        house.server.cli("credential", "issue", "jun", "matrix", "--mail")
        await eventually(lambda: house.waiting()[0]["attempts"] == 1 and house.waiting()[0]["failure"])
        (row,) = house.waiting()
        assert (
            row["user"] == "jun"
            and row["kind"] == "welcome"
            and "cannot reach localhost" in str(row["failure"])
        )
        for attempts, pause in ((2, 35), (3, 95), (4, 275), (5, 815)):
            house.server.advance(pause)
            await eventually(lambda n=attempts: house.waiting()[0]["attempts"] == n)
        await eventually(lambda: any("has waited for" in words for words in notices(house)))
    finally:
        house.mail.start()
    house.server.advance(3600)
    house.mail.to("jun@example.com")
    await eventually(lambda: house.waiting() == [])


async def test_what_is_refused_for_good_waits_for_an_administrator(house: House) -> None:
    house.mail.refusal = "550 5.1.1 no such mailbox"
    try:
        house.server.cli("credential", "issue", "ivan", "matrix", "--mail")
        await eventually(lambda: bool(dead(house, "ivan")))
    finally:
        house.mail.refusal = ""
    (row,) = dead(house, "ivan")
    assert (
        row["failure"] == "the server refuses the address, 550 5.1.1 no such mailbox" and row["attempts"] == 1
    )
    await eventually(lambda: any("mails could not be sent" in words for words in notices(house)))
    shown = house.server.cli("mail", "show", str(row["id"]))
    assert "ivan@example.com" in shown and not re.search(r"[A-L][1-4] [A-L][1-4]", shown)
    house.server.cli("mail", "retry", str(row["id"]))
    (mail,) = house.mail.to("ivan@example.com")
    assert str(row["id"]) in str(mail.message["Message-ID"])
    await eventually(lambda: dead(house, "ivan") == [])


async def test_a_crash_while_sending_sends_the_same_mail_again(house: House) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged."""
    await eventually(lambda: house.waiting() == [])
    before = len(house.mail.to("alice@example.com", 0))
    house.mail.hold = threading.Event()
    house.server.cli("credential", "issue", "alice", "matrix", "--mail")
    await eventually(lambda: house.mail.held == 1)  # all of it was sent, and nothing answered
    house.server.stop(kill=True)
    house.mail.hold.set()
    house.mail.hold = None
    house.server.start()
    house.server.advance(91)
    again = house.mail.to("alice@example.com", before + 2)[before:]
    assert again[0].message["Message-ID"] == again[1].message["Message-ID"] and again[0].text == again[1].text
    await eventually(lambda: house.waiting() == [])


def test_no_secret_of_a_mail_is_in_the_log_the_audit_or_the_database(house: House) -> None:
    """THREAT_MODEL.md 30, THREAT_MODEL.md 33: what waits to be sent is sealed, and no log line holds it."""
    before = len(house.mail.to("jun@example.com", 0))
    house.mail.stop()
    try:
        house.server.cli("credential", "issue", "jun", "matrix", "--mail")
        stored = dump(house.server)
    finally:
        house.mail.start()
    house.server.advance(3600)
    mail = house.mail.to("jun@example.com", before + 1)[-1]
    cells = re.search(r"(?:[A-L][1-4] ){5}[A-L][1-4]", mail.text)
    assert cells is not None
    secrets = (cells[0], PASSWORD)
    assert not [secret for secret in secrets if contains(stored, secret)]
    assert not [secret for secret in secrets if secret in house.server.log + json.dumps(house.server.audit())]
