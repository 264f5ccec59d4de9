"""A month of logins, a policy that is planned, rehearsed, applied on two nodes and rolled back; a person is erased; and
whoever laid hands on the log is found.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from idp.chain.anchoring import ANCHOR_SECONDS
from idp.revisions.succession import LOOK_SECONDS
from keys import base64url
from tests.browser import Browser
from tests.kept import Kept
from tests.people import PATTERN, wrong_answer
from tests.protocols.radius.nas import REJECT
from tests.relying_party import RelyingParty
from tests.server import eventually
from tests.service_provider import ServiceProvider, handover
from tests.story import month
from tests.story.asking import cli, drifted, health, idp, linked, refused, rehearsed, until, until_in_force
from tests.story.company import AFTER, GUS, HANAKO, NIGHT, WORKERS, Company, Node, founded
from tests.story.doors import DOORS, RULES, Load, by_oidc, dial, typing, under_load
from tests.story.forgery import FORGERIES, Hand
from tests.story.month import HOME, Login, counted

# From an apply to its coming into force everywhere. `make story` asks for what is promised, of a machine with nothing
# else to do; among other tests it may take longer.
PROMISED_SECONDS = float(os.environ.get("STORY_SECONDS", "60"))
EXAMPLES = 5


@pytest.fixture(scope="module")
def company(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """On PostgreSQL."""
    cluster = kept.postgres()
    url = cluster.create("story", kept.migrated())
    folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    yield from founded(folders, url, cluster.url("story", "postgres"))


async def test_the_whole_story(company: Company) -> None:
    """THREAT_MODEL.md 31: delete, alter, reorder or cut any record and the verifier names the place; erasing a person
    keeps the proof. THREAT_MODEL.md 24: within 1 s every node refuses, at each of these doors.
    THREAT_MODEL.md 18: every path that checks a secret spends the same budget, on whichever node.
    """
    past = await a_month_goes_by(company)
    await a_policy_is_planned_that_would_lock_the_night_shift_out(company, past)
    await without_the_night_it_comes_into_force_under_load_and_is_taken_back(company, past)
    await the_files_are_those_of_the_revision_again(company)
    await one_budget_counts_guesses_at_every_door_of_every_node(company)
    await ann_is_disabled_on_one_node_and_refused_on_the_other(company)
    await somebody_deletes_a_revision_and_is_noticed(company)
    proof = await hanako_is_erased_and_the_log_is_whole(company)
    await each_forgery_is_found(company, proof)


@dataclass(frozen=True)
class Past:
    """All that was recorded, oldest first; of the generated logins each by its reference."""

    logins: Sequence[Login]
    by_reference: Mapping[str, Login] = field(repr=False)


async def a_month_goes_by(company: Company) -> Past:
    """Most of it is written as the product records it; one login at each door is real."""
    first = company.first
    await cli(first, "config", "apply", "--why", "as it was")
    await until_in_force(company, 1)
    for (service, sign_in), person in zip(DOORS.items(), WORKERS.values(), strict=False):
        assert await sign_in(company, first, person) == RULES["before"][service]
    assert await by_oidc(company, company.second, HANAKO) == "staff"
    people = {each["id"]: each for each in json.loads(await cli(first, "user", "list", "--json"))}
    (hanako,) = [user_id for user_id, each in people.items() if each["username"] == HANAKO.name]
    groups = {user_id: each["groups"][0] for user_id, each in people.items()}
    generated = list(month.logins(groups, hanako, int(time.time()) - 3600))
    by_reference = await month.write(first.storage, generated)
    real = await logins_since(first, generated[-1].at + 1)
    assert [each.service for each in real] == [*DOORS, "wiki"]
    return Past([*generated, *real], by_reference)


async def a_policy_is_planned_that_would_lock_the_night_shift_out(company: Company, past: Past) -> None:
    """The plan says what would change and whom that meets, as an independent count has it; a pipeline refuses it."""
    company.first.rules([NIGHT, *AFTER])
    planned = json.loads(await cli(company.first, "config", "plan", "--json"))
    changes = {(each["kind"], each["what"]) for each in planned["changes"]}
    assert {("added", f"rule {name}") for name in ("night", "outside", "temps", "web")} <= changes
    (found,) = planned["rehearsal"]
    flips, moved = counted(past.logins, with_night=True)
    assert found["attempts"] == len(past.logins) and found["unknown"] == 0
    assert rehearsed(found) == flips and len(flips) == 3
    assert {(each["rule_before"], each["rule_after"]): each["count"] for each in found["moved"]} == moved
    for flip in found["flips"]:
        for_example(flip, past)
    said = await refused(company.first, "config", "apply", "--why", "quiet nights", "--if-rehearsal-clean")
    assert f"{flips.total()} of {len(past.logins)} logins would flip" in said
    assert "the rehearsal is not clean, nothing was done" in said
    assert [(await health(node))["revision"] for node in company.nodes] == [1, 1]


def for_example(flip: Mapping[str, Any], past: Past) -> None:
    """The examples are the first of those whom it meets, and can be found."""
    change = (flip["before"], flip["after"], flip["rule_before"], flip["rule_after"])
    met = [each for each in past.logins if (*counted([each], with_night=True)[0],) == (change,)]
    assert [each["user_id"] for each in flip["examples"]] == [each.user_id for each in met[:EXAMPLES]]
    assert [past.by_reference[each["reference"]] for each in flip["examples"]] == met[:EXAMPLES]


async def without_the_night_it_comes_into_force_under_load_and_is_taken_back(
    company: Company, past: Past
) -> None:
    """Each login is decided by one revision, at each door, and none fails; who looked earlier is refused."""
    first, second = company.nodes
    first.rules(AFTER)
    (found,) = json.loads(await cli(first, "policy", "rehearse", "--json"))
    assert rehearsed(found) == counted(past.logins, with_night=False)[0]
    began = int(time.time())
    async with under_load(company) as load:
        await load.until("before")
        with typing(second, GUS) as finish:
            await cli(first, "config", "apply", "--why", "outside two proofs", "--expect-revision", "1")
            await until_in_force(company, 2)
            assert await asyncio.to_thread(finish) == "outside", "who had begun to type is asked for more"
        await load.until("after")
        said = await refused(second, "config", "apply", "--why", "mine", "--expect-revision", "1")
        assert "revision 2 is in force, and not revision 1: nothing was done" in said
        assert [drifted(await health(node)) for node in company.nodes] == [False, True]
        await cli(second, "config", "rollback", "1", "--why", "the desk is closed")
        await until_in_force(company, 3)
        await load.until("before")
    for (service, address), turns in load.turns.items():
        assert turns == [RULES[each][service] for each in ("before", "after", "before")], (service, address)
    await what_was_told_is_what_was_recorded(first, load, began)
    both_switched_in_time(company)


async def what_was_told_is_what_was_recorded(node: Node, load: Load, began: int) -> None:
    """One event for each login, by the rule that its service was told."""
    told = Counter((service, rule) for (_, service), rules in load.told.items() for rule in rules)
    accepted = [each for each in node.audit(limit=5000) if each["event"] == "login.accepted"]
    workers = [
        each for each in accepted if each["user"] in WORKERS and each["details"]["attempt"]["at"] >= began
    ]
    assert Counter((each["service"], each["details"]["rule"]) for each in workers) == told


def both_switched_in_time(company: Company) -> None:
    """By their own records: a node looks every so often, and then needs so long."""
    for node in company.nodes:
        switches = node.switches()
        assert [number for number, _ in switches] == [1, 2, 3]
        assert LOOK_SECONDS + max(seconds for _, seconds in switches) < PROMISED_SECONDS, switches


async def the_files_are_those_of_the_revision_again(company: Company) -> None:
    """After the rollback the first folder differs; what is exported into it plans nothing."""
    first = company.first
    assert drifted(await health(first))
    await cli(first, "config", "export", str(first.config), "--replace")
    assert await cli(first, "config", "plan") == "Nothing would change.\n"
    history = json.loads(await cli(first, "config", "history", "--json"))
    assert [(each["revision"], each["restores"]) for each in history] == [(3, 1), (2, None), (1, None)]


async def one_budget_counts_guesses_at_every_door_of_every_node(company: Company) -> None:
    """A stranger tries dai's name at one after the other."""
    first, second = company.nodes
    dai = WORKERS["dai"]
    assert (await asyncio.to_thread(dial, first, dai, wrong_answer)).code == REJECT
    async with Browser(address=second.address) as browser:
        party = RelyingParty(browser, second.url)
        page = await browser.answer(await browser.get((await party.begin()).url), dai.name)
        await browser.answer(page, wrong_answer(PATTERN, page.table or []))
    async with Browser(address=first.address) as browser:
        service = ServiceProvider(browser, company.files, first.url)
        page = await browser.answer(await browser.get(service.redirect(service.request())), dai.name)
        await browser.answer(page, wrong_answer(PATTERN, page.table or []))
    (counted,) = json.loads(await cli(first, "user", "show", "dai", "--json"))["wrong_answers"]
    assert (counted["authenticator"], counted["known_device"], counted["wrong"]) == ("matrix", "", 3)


async def ann_is_disabled_on_one_node_and_refused_on_the_other(company: Company) -> None:
    """Her session opens no service any more, her token nothing, and the VPN is closed."""
    first, second = company.nodes
    async with Browser(address=second.address) as browser:
        party, service = (
            RelyingParty(browser, second.url),
            ServiceProvider(browser, company.files, second.url),
        )
        tokens = await party.login(WORKERS["ann"])
        assert handover(await browser.get(service.redirect(service.request()))), "she is signed in"
        await cli(first, "user", "disable", "ann")
        assert (await party.userinfo(tokens.access_token)).status == 401
        assert (await browser.get(service.redirect(service.request()))).asked == "username"
    assert (await asyncio.to_thread(dial, second, WORKERS["ann"])).code == REJECT


async def somebody_deletes_a_revision_and_is_noticed(company: Company) -> None:
    """Nodes that run go on as they were; one that starts anew is led back to an older one, and says so."""
    first, second = company.nodes
    await linked(first)
    hand = Hand(company.superuser)
    hand.do("DELETE FROM revisions WHERE number = 3")
    hand.close()
    for node in company.nodes:
        await until(node, lambda told: "revision 3 was applied and is gone" in str(told["notices"]))
        assert (await health(node))["revision"] == 3
    await asyncio.to_thread(second.stop)
    await asyncio.to_thread(second.launch)
    told = await health(second)
    assert told["revision"] == 2 and "revision 3 was applied and is gone" in str(told["notices"])
    said = await cli(first, "config", "rollback", "1", "--why", "what was deleted")
    assert "Revision 4 (" in said
    await until_in_force(company, 4)
    for node in company.nodes:
        assert "is gone" not in str((await health(node))["notices"])


@dataclass(frozen=True)
class Proof:
    """What an auditor keeps."""

    keys: Path
    anchors: tuple[str, ...]


async def hanako_is_erased_and_the_log_is_whole(company: Company) -> Proof:
    """Nobody can read any more who she was, wherever he looks; the log is proven, also by who has only a file."""
    first = company.first
    traces = (HANAKO.name, HOME)
    keys, export = first.folder / "keys.json", first.folder / "log.jsonl"
    keys.write_text(await cli(first, "audit", "key"))
    await linked(first)
    await cli(first, "audit", "export", "--out", str(export))
    assert all(trace in export.read_text() for trace in traces)
    await cli(first, "user", "erase", HANAKO.name, "--yes")
    await linked(first)
    await cli(first, "audit", "export", "--out", str(export))
    table = await cli(first, "audit", "export", "--format", "csv")
    shown = await cli(first, "audit", "show", "--limit", "10000", "--json")
    for place, text in {"export": export.read_text(), "table": table, "log": shown}.items():
        assert not [trace for trace in traces if trace in text], place
    hand = Hand(company.superuser)
    assert not [trace for trace in traces if trace.encode() in await asyncio.to_thread(hand.steal)]
    hand.close()
    anchors = await anchored(company)
    for node in company.nodes:
        await asyncio.to_thread(node.stop)
    offline = ("audit", "verify", str(export), f"--keys={keys}", *anchors)
    assert "whole: records 1 to" in (await idp(*offline))[1]
    return Proof(keys, anchors)


async def anchored(company: Company) -> tuple[str, ...]:
    """A minute later: the anchors, of which one knows the last record."""
    hand = Hand(company.superuser)
    last, files = hand.last(), [node.folder / "var" / "anchor" for node in company.nodes]
    hand.close()
    for node in company.nodes:
        node.advance(ANCHOR_SECONDS)

    def known() -> list[int]:
        lines = [line for file in files if file.exists() for line in file.read_text().split()]
        return [json.loads(base64url.decode(line.split(".")[1].encode()))["last"] for line in lines]

    await eventually(lambda: last in known())
    return tuple(f"--anchor={file}" for file in files if file.exists())


async def each_forgery_is_found(company: Company, proof: Proof) -> None:
    """By what was done and where; afterwards, when it is undone, the log is whole."""
    hand = Hand(company.superuser)
    verify = ("audit", "verify", f"--config={company.first.config}", *proof.anchors)
    places = hand.places()
    for way, (statements, words) in FORGERIES.items():
        with hand.forging(statements, places):
            status, said = await idp(*verify)
        assert status == 1 and words.format(**places) in said, (way, said)
    status, said = await idp(*verify)
    assert (status, said.split("\n")[0]) == (0, f"whole: records 1 to {places['LAST']}")
    hand.close()


async def logins_since(node: Node, begin: int) -> list[Login]:
    """The real ones, oldest first."""
    shown = [each for each in reversed(node.audit()) if each["event"] == "login.accepted"]
    return [each for each in map(Login.of, shown) if each.at >= begin]
