"""A new pattern at login and afterwards: typed along constructed tables, or chosen by cells, and confirmed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from idp import session
from idp.authenticators import table
from idp.authenticators.matrix import Matrix
from idp.authenticators.matrix.content import Content
from idp.authenticators.matrix.draft import Way
from idp.authenticators.matrix.history import remember
from idp.authenticators.matrix.pattern import parse
from idp.authenticators.matrix.settings import TableSettings
from idp.credentials import renewal
from idp.flow import direct, interaction
from idp.flow.wish import Wish
from idp.login import Login
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from keys.seal import Unsealable
from keys.secret import Secret
from tests.login.conftest import NOW, PATTERN, TOTP_SECRET, House
from tests.people import answer

one_store = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
NEW, OTHER = "B2 H4 L1 C3 F2 F2", "E1 A4 J3 C1 L2 G3"
DAY = 86_400


@pytest.fixture
async def house(new_house: Callable[[str], House]) -> House:
    """alice has a pattern of her own, ines is to have one."""
    made = new_house("acme")
    await made.add("alice", "staff", matrix={"pattern": PATTERN})
    await made.add("ines", "staff")
    set_matrix(made)
    return made


@pytest.fixture
async def initial(house: House) -> str:
    """The initial pattern of ines."""
    return await issue(house, "ines")


def set_matrix(house: House, **settings: object) -> Matrix:
    """The tenant's matrix with these settings."""
    section = table.find("matrix").Settings.model_validate({"select": True, **settings})
    opened = table.open_authenticators({"matrix": section}, house.tenant.vault)
    house.tenant = dataclasses.replace(house.tenant, authenticators={**house.tenant.authenticators, **opened})
    found = opened["matrix"]
    assert isinstance(found, Matrix)
    return found


async def issue(house: House, name: str) -> str:
    """An initial pattern; its cells."""
    matrix = house.tenant.authenticators["matrix"]
    assert isinstance(matrix, Matrix)
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find(f"id-{name}")
        assert user is not None
        issued = matrix.issue(user, house.now, house.now + DAY)
        await tx.credentials.delete(user.id, "matrix")
        await tx.credentials.add(issued.credential)
    return issued.cells.reveal()


async def fill(house: House, challenge: Outcome, text: str = "-", **beside: str) -> Outcome:
    """Send the form of the page: `text` in its field, and what stands beside it."""
    assert isinstance(challenge, Challenge), challenge
    names = {renewal.WAY: "way", renewal.CHOICE: "do", renewal.PHRASE: "phrase", renewal.AGAIN: "again"}

    def typed(question: str) -> Secret:
        return Secret(beside.get(names[question], "") if question in names else text)

    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        outcome = await Login().answer(visit, challenge.interaction_id, challenge.step, typed)
    if isinstance(outcome, Accept) and outcome.session_secret:
        house.caller = dataclasses.replace(house.caller, session=outcome.session_secret)
    return outcome


async def along(house: House, challenge: Outcome, pattern: str, before: str = "", after: str = "") -> Outcome:
    """Type the digits along a pattern."""
    shown = asked(challenge)["table"]
    return await fill(house, challenge, before + answer(pattern, [list(row) for row in shown]) + after)


async def type_all(house: House, challenge: Outcome, pattern: str, **beside: str) -> Outcome:
    for _ in range(3):
        challenge = await along(house, challenge, pattern, **beside)
    return challenge


async def choose(house: House, challenge: Outcome, pattern: str) -> Outcome:
    for cell in pattern.split():
        challenge = await fill(house, challenge, do=cell)
    return await fill(house, challenge, do="done")


def asked(challenge: Outcome) -> Any:
    assert isinstance(challenge, Challenge), challenge
    return challenge.prompt


async def to_question(house: House, name: str, pattern: str) -> Outcome:
    shown = await house.answer(await house.begin(wish=Wish(fresh=True)), name)
    return await along(house, shown, pattern)


async def works(house: House, name: str, pattern: str, **beside: str) -> bool:
    """Whether one signs in with it and nothing more is asked."""
    shown = await house.answer(await house.begin(wish=Wish(fresh=True)), name)
    return isinstance(await along(house, shown, pattern, **beside), Accept)


async def rows(house: House, name: str) -> int:
    async with house.store.snapshot(house.tenant.name) as tx:
        return len(await tx.credentials.list(f"id-{name}", "matrix"))


async def test_who_has_an_initial_pattern_sets_one_before_he_goes_on(house: House, initial: str) -> None:
    page = await to_question(house, "ines", initial)
    assert (asked(page)["why"], asked(page)["number"], asked(page)["steps"]) == ("initial", 1, 3)
    assert house.caller.session is None
    done = await type_all(house, page, NEW)
    assert isinstance(done, Accept)
    assert done.authentication.user.username == "ines"
    assert await works(house, "ines", NEW)
    assert not await works(house, "ines", initial)
    assert await house.events("pattern.changed") == 1


@one_store
async def test_an_initial_pattern_that_has_ended_stays_locked(house: House, initial: str) -> None:
    house.now += DAY
    page = await to_question(house, "ines", initial)
    assert isinstance(page, Challenge)
    assert (page.authenticator, page.retry) == ("matrix", True)


@one_store
async def test_a_pattern_that_has_expired_is_changed_first(house: House) -> None:
    set_matrix(house, pattern={"expires_days": 90})
    house.now = NOW + 90 * DAY - 1
    assert await works(house, "alice", PATTERN)
    house.now += 1
    page = await to_question(house, "alice", PATTERN)
    assert asked(page)["why"] == "expired"
    assert isinstance(await type_all(house, page, NEW), Accept)
    house.now += 89 * DAY
    assert await works(house, "alice", NEW)


@one_store
async def test_it_is_asked_after_all_proofs(house: House) -> None:
    """Who has seen a pattern that must be changed, and has no second proof, takes it from nobody."""
    await house.add("otto", "staff", totp={"secret": TOTP_SECRET})
    seen = await issue(house, "otto")
    page = await along(house, await house.answer(await house.begin("vpn"), "otto"), seen)
    assert isinstance(page, Challenge)
    assert page.authenticator == "totp"
    page = await house.answer(page, house.right(page))
    assert asked(page)["why"] == "initial"
    done = await type_all(house, page, NEW)
    assert isinstance(done, Accept)
    assert {"kba", "otp"} <= set(done.authentication.amr)


@one_store
@pytest.mark.parametrize("beside", [{"before": "4711"}, {"after": "0123456"}, {"after": "(-_-)"}, {}])
async def test_a_phrase_is_told_apart_even_when_numeric(
    house: House, initial: str, beside: dict[str, str]
) -> None:
    page = await to_question(house, "ines", initial)
    assert isinstance(await type_all(house, page, NEW, **beside), Accept)
    assert await works(house, "ines", NEW, **beside)
    assert await works(house, "ines", NEW) is (not beside)


@one_store
@pytest.mark.parametrize(
    ("pattern", "beside", "rule"),
    [
        ("A1 F2 K3 L4 C2", {}, "too-short"),
        ("A1 F2 K3 L4 C2 G1 " * 2 + "H1", {}, "too-long"),
        ("B2 B2 B2 B2 B2 B2", {}, "one-cell"),
        ("A1 B1 C1 D1 E1 F1", {}, "straight"),
        ("A1 B2 C1 D2 E1 F2", {}, "one-stroke"),
        ("A1 D4 A4 D1 F2 H3", {}, "every-block"),
        (NEW, {"before": "abc"}, "length"),
        (NEW, {"before": "a b c"}, "characters"),
        (NEW, {"before": "1234", "after": "1234"}, "side"),
    ],
)
async def test_each_rule_is_told_by_its_name_and_typing_begins_anew(
    house: House, initial: str, pattern: str, beside: dict[str, str], rule: str
) -> None:
    set_matrix(house, pattern={"every_block": True}, phrase={"min": 4})
    page = await to_question(house, "ines", initial)
    second = await along(house, page, pattern, **beside)
    assert asked(second)["refused"] == ""
    again = await along(house, second, pattern, **beside)
    assert (asked(again)["refused"], asked(again)["number"]) == (rule, 1)
    assert asked(again)["table"] not in (asked(page)["table"], asked(second)["table"])
    assert isinstance(await type_all(house, again, "A1 H4 L1 C3 F2 F2"), Accept)


@one_store
async def test_the_last_patterns_do_not_come_again(house: House, initial: str) -> None:
    """Neither the present one nor those before it, as many as the policy says."""
    set_matrix(house, pattern={"history": 2})
    first, second, third = "B2 H4 L1 C3 F2 F2", "C2 H4 L1 C3 F2 F2", "D2 H4 L1 C3 F2 F2"
    assert isinstance(await type_all(house, await to_question(house, "ines", initial), first), Accept)
    for new, refused in ((second, (first,)), (third, (second, first)), (first, (third, second))):
        house.now += 10
        page = await wish(house, "ines")
        for former in refused:
            page = await along(house, await along(house, page, former), former)
            assert asked(page)["refused"] == "former"
        assert isinstance(await type_all(house, page, new), Accept)


@one_store
async def test_without_a_history_only_the_present_one_is_refused(house: House) -> None:
    await house.login("alice")
    page = await wish(house, "alice")
    page = await along(house, await along(house, page, PATTERN), PATTERN)
    assert asked(page)["refused"] == "former"
    assert isinstance(await type_all(house, page, NEW), Accept)
    assert isinstance(await type_all(house, await wish(house, "alice"), PATTERN), Accept)


@one_store
async def test_a_slip_of_the_fingers_begins_anew_or_confirms_once_more(house: House, initial: str) -> None:
    """Another pattern the second time fits no cells; a wrong confirmation brings another table and is no guess."""
    page = await to_question(house, "ines", initial)
    page = await along(house, await along(house, page, NEW), f"{NEW} A1")
    assert (asked(page)["refused"], asked(page)["number"]) == ("mismatch", 1)
    page = await along(house, await along(house, page, NEW), NEW)
    for _ in range(7):
        before = asked(page)["table"]
        page = await along(house, page, PATTERN)
        assert (asked(page)["refused"], asked(page)["number"]) == ("wrong", 3)
        assert asked(page)["table"] != before
    assert await house.events("proof.refused") == 0
    assert isinstance(await along(house, page, NEW), Accept)


@one_store
@pytest.mark.parametrize("phrase", ["optional", "never", "required"])
async def test_cells_are_chosen_one_by_one(house: House, initial: str, phrase: str) -> None:
    set_matrix(house, phrase={"use": phrase})
    page = await fill(house, await to_question(house, "ines", initial), way="select")
    assert asked(page)["steps"] == (2 if phrase == "never" else 3)
    page = await choose(house, page, "B2 H4 L1 C3 F2")
    assert (asked(page)["refused"], asked(page)["chosen"]) == ("too-short", ["B2", "H4", "L1", "C3", "F2"])
    page = await fill(house, await fill(house, page, do="A1"), do="undo")
    page = await fill(house, page, do="Z9")
    assert asked(page)["refused"] == "cell"
    page = await choose(house, page, "F2")
    fixed = "" if phrase == "never" else "secret"
    if fixed:
        assert (asked(page)["stage"], asked(page)["chosen"]) == ("phrase", ())
        page = await fill(house, page, phrase="secret", again="secreT")
        assert asked(page)["refused"] == "differs"
        page = await fill(house, page, phrase=fixed, again=fixed)
    assert isinstance(await along(house, page, NEW, before=fixed), Accept)
    assert await works(house, "ines", NEW, after=fixed)


@one_store
async def test_cells_are_chosen_only_where_the_policy_allows(house: House, initial: str) -> None:
    set_matrix(house, select=False)
    page = await to_question(house, "ines", initial)
    assert asked(page)["ways"] == ("type",)
    for way in ("select", "phrase", "nonsense"):
        refused = await fill(house, await to_question(house, "ines", initial), way=way)
        assert isinstance(refused, Reject)
        assert refused.reason is Reason.EXPIRED


@one_store
async def test_empty_old_and_foreign_forms_set_nothing(house: House, initial: str) -> None:
    """THREAT_MODEL.md 19: Empty post, wrong step, old step, another user's step: never advances a new pattern either.
    No response contains an expected answer: no page tells the cells that were typed."""
    page = await to_question(house, "ines", initial)
    shown = asked(page)["table"]
    empty = await fill(house, page, "")
    assert isinstance(empty, Challenge)
    assert (empty.stale, asked(empty)["table"]) == (True, shown)
    old = await along(house, dataclasses.replace(empty, step=page.step), NEW)  # type: ignore[union-attr,type-var]
    assert isinstance(old, Challenge)
    assert (old.stale, asked(old)["number"]) == (True, 1)
    mine, house.caller = house.caller, dataclasses.replace(house.caller, browser=Secret("x" * 43))
    foreign = await along(house, old, NEW)
    assert isinstance(foreign, Reject)
    assert foreign.reason is Reason.FOREIGN
    house.caller = mine
    second = await along(house, old, NEW)
    assert asked(second)["number"] == 2
    third = await along(house, second, NEW)
    assert asked(third)["stage"] == "confirm"
    for told in (asked(second), asked(third)):
        assert not any(cell in str({**told, "table": ()}) for cell in NEW.split())
    assert isinstance(await along(house, third, NEW), Accept)


@one_store
async def test_what_was_typed_lies_sealed_until_it_is_kept(house: House, initial: str) -> None:
    """THREAT_MODEL.md 30: A stolen database without the master key gives no pattern that is being set, and none of the
    former ones; what was typed for one user does not open for another."""
    set_matrix(house, pattern={"history": 5})
    page = await along(house, await to_question(house, "ines", initial), NEW)
    page = await along(house, page, NEW)
    assert isinstance(page, Challenge)
    async with house.store.transaction(house.tenant.name) as tx:
        stored = await tx.interactions.find(page.interaction_id, NOW)
        assert stored is not None
        assert asked(page)["table"][0] not in repr(stored)
        assert "[1,1]" not in repr(stored)
        visit = Visit(tx, house.tenant, house.caller, NOW)
        alice = await tx.users.find("id-alice")
        assert alice is not None
        with pytest.raises(Unsealable):
            renewal.shown(visit, dataclasses.replace(stored, user_id="id-alice"), alice, "")
        with pytest.raises(Unsealable):
            renewal.shown(visit, dataclasses.replace(stored, id="another"), alice, "")
    assert isinstance(await along(house, page, NEW), Accept)
    async with house.store.transaction(house.tenant.name) as tx:
        (mine,) = await tx.former_patterns.list("id-ines", 9)
        await remember(tx, house.tenant.vault, "id-alice", parse(NEW, TableSettings()), NOW)
        (hers,) = await tx.former_patterns.list("id-alice", 9)
    assert mine.pattern_hash != hers.pattern_hash, "nobody sees that two people have the same pattern"


async def test_of_many_confirmations_at_once_one_is_kept(house: House, initial: str) -> None:
    """THREAT_MODEL.md 15: a pattern that is being set is used once, and several at once leave one pattern."""
    page = await along(house, await along(house, await to_question(house, "ines", initial), NEW), NEW)
    once = await asyncio.gather(*(along(house, page, NEW) for _ in range(10)))
    assert [isinstance(one, Accept) for one in once].count(True) == 1
    await to_question(house, "alice", PATTERN)
    pages = [await wish(house, "alice") for _ in range(5)]
    for _ in range(2):
        pages = [await along(house, each, NEW) for each in pages]
    await asyncio.gather(*(along(house, each, NEW) for each in pages))
    assert await rows(house, "alice") == 1
    assert await works(house, "alice", NEW)


@one_store
@pytest.mark.parametrize("meanwhile", ["issued", "reset", "disabled", "changed"])
async def test_nothing_is_kept_where_something_happened_meanwhile(
    house: House, initial: str, meanwhile: str
) -> None:
    page = await along(house, await along(house, await to_question(house, "ines", initial), NEW), NEW)
    if meanwhile == "changed":
        other = await to_question(house, "ines", initial)
        house.now += 1
        assert isinstance(await type_all(house, other, OTHER), Accept)
    elif meanwhile == "issued":
        await issue(house, "ines")
    else:
        async with house.store.transaction(house.tenant.name) as tx:
            ines = await tx.users.find("id-ines")
            assert ines is not None
            if meanwhile == "reset":
                await tx.credentials.delete(ines.id, "matrix")
            else:
                await tx.users.replace(dataclasses.replace(ines, disabled_at=NOW))
    over = await along(house, page, NEW)
    assert isinstance(over, Reject)
    assert over.reason is Reason.EXPIRED
    assert not await works(house, "ines", NEW)


async def wish(house: House, name: str, way: Way = "type") -> Outcome:
    """Begin a change by one's own wish, in the browser that is signed in."""
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        held, user = await session.find(visit), await tx.users.find(f"id-{name}")
        assert held is not None
        assert user is not None
        attempt = Attempt("portal", "wiki", house.caller.address, house.now, user)
        return await interaction.ask_anew(visit, attempt, Resume("portal", {}), held, user, way)


@one_store
async def test_a_change_by_ones_own_wish_ends_with_the_session(house: House) -> None:
    await house.login("alice")
    page = await along(house, await along(house, await wish(house, "alice"), NEW), NEW)
    async with house.store.transaction(house.tenant.name) as tx:
        await tx.sessions.delete_of("id-alice")
    over = await along(house, page, NEW)
    assert isinstance(over, Reject)
    assert not await works(house, "alice", NEW)


@one_store
async def test_a_phrase_alone_is_changed_and_makes_the_pattern_no_younger(house: House) -> None:
    set_matrix(house, pattern={"expires_days": 2})
    house.now += DAY
    await house.login("alice")
    page = await fill(house, await wish(house, "alice", "phrase"), phrase="abcd", again="abcd")
    done = await along(house, page, PATTERN, after="abcd")
    assert isinstance(done, Accept)
    assert done.session_secret is None, "it is no login"
    assert await house.events("phrase.changed") == 1
    assert not await works(house, "alice", PATTERN)
    house.now += DAY
    page = await to_question(house, "alice", PATTERN)
    assert isinstance(page, Challenge)
    assert page.authenticator == "matrix", "without the phrase it is wrong"
    page = await along(house, page, PATTERN, before="abcd")
    assert asked(page)["why"] == "expired"


@one_store
@pytest.mark.parametrize("change_first", [True, False])
async def test_where_nobody_can_be_asked_such_a_pattern_is_refused_or_not(
    house: House, initial: str, change_first: bool
) -> None:
    set_matrix(house, change_first=change_first)
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        attempt = Attempt("radius", "wiki", house.caller.address, house.now)
        begun = interaction.new(visit, attempt, Resume("radius", {}), None)
        found = await direct.identify(visit, begun, "ines")
        assert not isinstance(found, Reject)
        asked_now, user = found
        assert user is not None
        prompt = await house.tenant.authenticators["matrix"].challenge(tx, user, house.now)
        shown = dataclasses.replace(asked_now, prompt=prompt)
        right = Secret(answer(initial, [list(row) for row in prompt["table"]]))
        proven = await direct.answer(visit, shown, user, right)
        assert not isinstance(proven, Reject)
        done = await direct.conclude(visit, proven, user)
    assert isinstance(done, Reject if change_first else Accept)
    assert await house.events("login.denied") == int(change_first)


@one_store
async def test_a_phrase_is_no_way_around_the_rules(house: House, initial: str) -> None:
    """An initial pattern does not become one's own by a phrase, nor does a new phrase lead to a new pattern."""
    await house.login("alice")
    over = await fill(house, await wish(house, "alice", "phrase"), way="type")
    assert isinstance(over, Reject)
    over = await fill(house, await wish(house, "alice", "select"), way="phrase")
    assert isinstance(over, Reject)
    await issue(house, "alice")
    with pytest.raises(renewal.Over):
        await wish(house, "alice", "phrase")
    matrix = set_matrix(house)
    async with house.store.transaction(house.tenant.name) as tx:
        ines = await tx.users.find("id-ines")
        assert ines is not None
        present = await matrix.present(tx, ines)
        assert present is not None
        assert await matrix.change(tx, present, Content(present.content.cells, "abcd"), NOW)
        changed = await matrix.present(tx, ines)
        assert changed is not None
        assert (changed.due(NOW), changed.content.phrase) == ("initial", "abcd")


@one_store
async def test_a_table_that_is_made_smaller_meanwhile_confirms_nothing(house: House, initial: str) -> None:
    page = await to_question(house, "ines", initial)
    second = await along(house, page, NEW)
    set_matrix(house, table={"columns": 8, "blocks": 2})
    smaller = await along(house, second, NEW)
    assert (asked(smaller)["refused"], asked(smaller)["number"]) == ("cell", 1)
    assert len(asked(smaller)["table"][0]) == 8
    page = await along(house, await along(house, smaller, "B2 H4 C1 C3 F2 F2"), "B2 H4 C1 C3 F2 F2")
    set_matrix(house, table={"columns": 6, "blocks": 2})
    page = await fill(house, page, "123456")
    assert asked(page)["refused"] == "wrong"
    page = await fill(house, page, "123456")
    assert asked(page)["refused"] == "wrong", "a table without all of the cells"
    page = await fill(house, page, way="type")
    assert isinstance(await type_all(house, page, "B2 F4 C1 C3 F2 F2"), Accept)
