"""Tables and rules of patterns that differ by group: who is shown which, and what becomes of one that fits none."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable

import pytest

from idp.authenticators.matrix import Matrix
from idp.flow import direct, interaction
from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt, Require, Rule
from idp.visit import Visit
from keys.seal import Vault
from keys.secret import Secret
from protocols.radius.webtoken import draw
from tests.login.conftest import KEY, NOW, PATTERN, House
from tests.login.test_renewal import NEW, along, asked, set_matrix, type_all
from tests.people import answer

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
WIDE = "A1 N2 K3 P4 C2 G1"  # only sixteen columns have N and P
LONG = "A1 F2 K3 L4 C2 G1 D4 H2"
GROUPS = [
    {"when": {"groups": ["wide"]}, "table": {"columns": 16, "blocks": 4}},
    {"when": {"groups": "chiefs"}, "pattern": {"min": 8, "history": 4}},
]


@pytest.fixture
async def house(new_house: Callable[[str], House]) -> House:
    made = new_house("acme")
    rules = (Rule("all", Require("all", ("matrix",))),)
    made.tenant = dataclasses.replace(made.tenant, rules=rules)
    set_matrix(made, groups=GROUPS)
    await made.add("alice", matrix={"pattern": PATTERN})
    await made.add("wilma", "wide", matrix={"pattern": WIDE})
    await made.add("chloe", "chiefs", matrix={"pattern": LONG})
    return made


async def shown(house: House, name: str) -> Outcome:
    return await house.answer(await house.begin(wish=Wish(fresh=True)), name)


def size(outcome: Outcome) -> tuple[int, int]:
    prompt = asked(outcome)
    return len(prompt["table"][0]), prompt["blocks"]


async def regroup(house: House, name: str, *groups: str, disabled: bool = False) -> None:
    async with house.store.transaction(house.tenant.name) as tx:
        user = await tx.users.find(f"id-{name}")
        assert user is not None
        at = NOW if disabled else None
        await tx.users.replace(dataclasses.replace(user, groups=frozenset(groups), disabled_at=at))


async def by_radius(house: House, name: str, pattern: str) -> Accept | Reject | None:
    """What a NAS is told when the digits of the table at /webtoken are typed; None where they are wrong."""
    matrix = house.tenant.authenticators["matrix"]
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        attempt = Attempt("radius", "wiki", house.caller.address, house.now)
        begun = interaction.new(visit, attempt, Resume("radius", {}), None)
        found = await direct.identify(visit, begun, name)
        assert not isinstance(found, Reject)
        token = await draw(visit, matrix, name)
        given = Secret(answer(pattern, [list(row) for row in token.prompt["table"]]))
        proven = await direct.answer(
            visit, dataclasses.replace(found[0], prompt=token.prompt), found[1], given
        )
        if isinstance(proven, Reject):
            return None
        assert found[1] is not None
        done = await direct.conclude(visit, proven, found[1])
        assert not isinstance(done, interaction.Interaction)
        return done


async def test_each_group_has_its_table_and_its_rules(house: House) -> None:
    for name, pattern, expected in (("alice", PATTERN, (12, 3)), ("wilma", WIDE, (16, 4))):
        page = await shown(house, name)
        assert size(page) == expected
        assert isinstance(await along(house, page, pattern), Accept)
        assert isinstance(await by_radius(house, name, pattern), Accept)
    matrix = house.tenant.authenticators["matrix"]
    assert isinstance(matrix, Matrix)
    with pytest.raises(ValueError, match="at least 8 cells"):
        await house.add("clara", "chiefs", matrix={"pattern": PATTERN})
    with pytest.raises(ValueError, match="between A1 and L4"):
        await house.add("albert", matrix={"pattern": WIDE})
    chief = matrix.settings.of({"chiefs", "other"})
    assert (chief.pattern.min, chief.pattern.history, chief.pattern.max) == (8, 4, 12)
    assert matrix.settings.of({"wide", "chiefs"}).pattern.min == 6, "the first that fits"


async def test_an_initial_pattern_is_drawn_for_the_group(house: House) -> None:
    matrix = house.tenant.authenticators["matrix"]
    assert isinstance(matrix, Matrix)
    async with house.store.snapshot(house.tenant.name) as tx:
        for name, columns, length in (("wilma", 16, 6), ("chloe", 12, 8)):
            user = await tx.users.find(f"id-{name}")
            assert user is not None
            issued = matrix.issue(user, NOW, NOW + 1)
            assert len(issued.grid[0].replace(" ", "")) == columns
            assert len(issued.cells.reveal().split()) == length


async def test_who_is_in_another_group_now_proves_himself_and_sets_one_that_fits(house: House) -> None:
    """On the table that his pattern fits; over RADIUS he is refused until he has done so."""
    await regroup(house, "wilma")
    refused = await by_radius(house, "wilma", WIDE)
    assert isinstance(refused, Reject)
    assert refused.reason is Reason.DENIED
    page = await shown(house, "wilma")
    assert size(page) == (16, 4)
    page = await along(house, page, WIDE)
    assert (asked(page)["why"], size(page)) == ("unfit", (12, 3))
    assert isinstance(await type_all(house, page, NEW), Accept)
    assert size(await shown(house, "wilma")) == (12, 3)
    assert isinstance(await by_radius(house, "wilma", NEW), Accept)


async def test_a_pattern_that_breaks_the_rules_of_a_new_group_is_changed(house: House) -> None:
    await regroup(house, "alice", "chiefs")
    page = await along(house, await shown(house, "alice"), PATTERN)
    assert asked(page)["why"] == "unfit"
    short = await along(house, await along(house, page, NEW), NEW)
    assert asked(short)["refused"] == "too-short"
    long = await type_all(house, short, LONG)
    assert isinstance(long, Accept)


async def test_nobody_is_told_by_the_size_who_has_an_account(house: House) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, locked, factor-less and real users: same … body shape, where groups have
    tables of their own: unknown names are shown each as often as users are, and always the same; web and RADIUS."""
    letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    async with house.store.transaction(house.tenant.name) as tx:
        alice = await tx.users.find("id-alice")
        assert alice is not None
        for number, letter in enumerate(letters):
            groups = frozenset({"wide"} if number % 4 == 0 else {})
            await tx.users.add(
                dataclasses.replace(alice, id=f"{letter}~", username=f"p{number}", groups=groups)
            )
    names = [f"name{number}" for number in range(60)]
    sizes = {name: size(await shown(house, name)) for name in names}
    counts = Counter(sizes.values())
    assert set(counts) == {(12, 3), (16, 4)}
    assert 0.1 < counts[16, 4] / len(names) < 0.45, "one of four users"
    assert {name: size(await shown(house, name)) for name in names} == sizes
    matrix = house.tenant.authenticators["matrix"]
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        for name in names[:20]:
            prompt = (await draw(visit, matrix, name)).prompt
            assert (len(prompt["table"][0]), prompt["blocks"]) == sizes[name]
    await regroup(house, "wilma", "wide", disabled=True)
    page = await shown(house, "wilma")
    assert size(page) == (16, 4)
    again = await along(house, page, WIDE)
    assert isinstance(again, Challenge)
    assert again.retry
    await regroup(house, "wilma", disabled=True)
    assert size(await shown(house, "wilma")) == (16, 4), "as before he was disabled"


class Counting(Vault):
    """A vault that counts what it opens of credentials."""

    opened = 0

    def open(self, sealed: bytes, *context: str) -> bytes:
        self.opened += context[0] == "credentials"
        return super().open(sealed, *context)


@pytest.mark.parametrize("groups", [None, GROUPS])
async def test_a_pattern_is_opened_once_for_an_answer(house: House, groups: object) -> None:
    """To compare it; whether it must be changed is seen in what was opened then. Only where tables differ by group
    it is opened for the question too, of whomever.

    THREAT_MODEL.md 20: unknown and real users: the same work."""
    vault = Counting("acme", {1: KEY})
    house.tenant = dataclasses.replace(house.tenant, vault=vault)
    set_matrix(house, groups=groups)
    await house.add("olga", matrix={"pattern": PATTERN})
    asking = int(groups is not None)
    for name, end in (("olga", Accept), ("nobody", Challenge)):
        vault.opened = 0
        page = await shown(house, name)
        assert vault.opened == asking, name
        assert isinstance(await along(house, page, PATTERN), end)
        assert vault.opened == asking + 1 + (asking if end is Challenge else 0), name
