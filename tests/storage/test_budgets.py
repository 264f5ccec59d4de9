"""`storage.budgets.Budgets`."""

from __future__ import annotations

from storage import Storage
from storage.records import Budget
from tests.storage.examples import NOW

LIMIT, SECONDS = 3, 60


async def test_the_limit_is_evaluated_and_not_one_guess_more(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        spent = [(await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)).failures for _ in range(6)]
    assert spent == [1, 2, 3, 4, 4, 4]


async def test_a_refused_guess_does_not_prolong_the_lock(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for second in range(LIMIT):
            assert (
                await tx.budgets.spend("alice", LIMIT, SECONDS, NOW + second)
            ).until == NOW + second + SECONDS
        end = NOW + LIMIT - 1 + SECONDS
        assert await tx.budgets.spend("alice", LIMIT, SECONDS, end - 1) == Budget(
            "alice", LIMIT + 1, end, LIMIT
        )
        assert await tx.budgets.spend("alice", LIMIT, SECONDS, end) == Budget("alice", 1, end + SECONDS, 1)


async def test_the_count_begins_anew_after_a_pause(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        await tx.budgets.spend("alice", LIMIT, SECONDS, NOW + SECONDS - 1)
        again = NOW + SECONDS - 1 + SECONDS
        assert (await tx.budgets.spend("alice", LIMIT, SECONDS, again)).failures == 1


async def test_a_right_guess_does_not_count(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.budgets.refund("nobody")
        for _ in range(10):
            assert (await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)).failures == 1
            await tx.budgets.refund("alice")
        await tx.budgets.refund("alice")
        assert await tx.budgets.find("alice") == Budget("alice", 0, NOW + SECONDS)


async def test_a_lowered_limit_holds_at_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for _ in range(LIMIT):
            await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        assert await tx.budgets.spend("alice", 1, SECONDS, NOW) == Budget("alice", 2, NOW + SECONDS, LIMIT)


async def test_budgets_are_found_and_deleted_by_subject(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        await tx.budgets.spend("bob", LIMIT, SECONDS, NOW)
        assert await tx.budgets.delete("alice") is True
        assert await tx.budgets.delete("alice") is False
        assert await tx.budgets.find("alice") is None
        assert await tx.budgets.find("bob") == Budget("bob", 1, NOW + SECONDS, 1)


async def test_a_guess_is_pending_until_it_is_known_how_it_was(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        pending = [(await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)).pending for _ in range(LIMIT + 2)]
        assert pending == [1, 2, 3, 3, 3]
        await tx.budgets.charge("alice")
        assert await tx.budgets.find("alice") == Budget("alice", 3, NOW + SECONDS, 2)
        await tx.budgets.refund("alice")
        assert await tx.budgets.find("alice") == Budget("alice", 2, NOW + SECONDS, 1)
        for _ in range(3):
            await tx.budgets.charge("alice")
        assert await tx.budgets.find("alice") == Budget("alice", 2, NOW + SECONDS, 0)
        await tx.budgets.charge("nobody")


async def test_refused_guesses_take_nothing_from_those_that_turn_out_right(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for _ in range(LIMIT + 2):
            await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        for _ in range(LIMIT):
            await tx.budgets.refund("alice")
        assert await tx.budgets.find("alice") == Budget("alice", 0, NOW + SECONDS, 0)


async def test_a_count_that_begins_anew_forgets_what_was_never_said(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        again = await tx.budgets.spend("alice", LIMIT, SECONDS, NOW + SECONDS)
        assert again == Budget("alice", 1, NOW + 2 * SECONDS, 1)


async def test_a_guess_that_is_known_at_once_is_never_pending(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.budgets.spend("alice", LIMIT, SECONDS, NOW)
        spent = [await tx.budgets.spend("alice", LIMIT, SECONDS, NOW, pending=False) for _ in range(3)]
        assert [(each.failures, each.pending) for each in spent] == [(2, 1), (3, 1), (4, 1)]
        anew = await tx.budgets.spend("alice", LIMIT, SECONDS, NOW + SECONDS, pending=False)
        assert (anew.failures, anew.pending) == (1, 0)
        assert (await tx.budgets.spend("bob", LIMIT, SECONDS, NOW, pending=False)).pending == 0
