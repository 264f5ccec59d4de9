"""How a user stands with us: wrong answers that count, browsers that are known, logins that could be seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import click

from idp import throttle
from idp.authenticators.matrix.settings import MatrixSettings
from idp.cli.context import Opened, in_tenant
from idp.cli.counted import counted
from idp.cli.identifier import Identifying
from idp.config.lockout import Lockout
from idp.flow import exposure, known_devices
from storage import Transaction
from storage.records import Budget, User


async def standing(tx: Transaction, opened: Opened, person: User) -> dict[str, Any]:
    """What `idp user show` says besides who he is."""
    wrong = [each async for each in _budgets(tx, opened, person)]
    locks = [until for device, _, _, until in wrong if until is not None and device == throttle.STRANGER]
    devices = await tx.known_devices.list(person.id, opened.now)
    return {
        "locked_until": opened.time(max(locks)) if locks else None,
        "wrong_answers": [
            {
                "authenticator": authenticator,
                "known_device": device,
                "wrong": budget.failures,
                "blocked_until": None if until is None else opened.time(until),
            }
            for device, authenticator, budget, until in wrong
        ],
        "known_devices": [
            {
                "id": each.id,
                "proven": list(each.authenticators),
                "since": opened.time(each.created_at),
                "seen": opened.time(each.seen_at),
                "address": each.address,
                "browser": each.user_agent,
            }
            for each in devices
        ],
        "exposure": await _exposure(tx, opened, person),
    }


@click.command(cls=Identifying)
@click.argument("name")
@click.argument("devices", nargs=-1, metavar="[ID]...")
@in_tenant
async def forget(opened: Opened, name: str, devices: tuple[str, ...]) -> None:
    """Forget browsers in which a user signed in before, those named or all: they are a stranger's from then on."""
    async with opened.changing(name) as about:
        known, person = about.tx.known_devices, about.user
        for each in set(devices):
            if not await known.delete(person.id, each):
                raise click.ClickException(f"{person.login_name} has no browser {each}, see idp user show")
        forgotten = len(set(devices)) or await known.delete_of(person.id)
        await about.record("devices.forgotten", devices=forgotten)
    click.echo(f"forgot {counted(forgotten, 'browser')} of {person.login_name}")


async def _budgets(
    tx: Transaction, opened: Opened, person: User
) -> AsyncIterator[tuple[str, str, Budget, int | None]]:
    """Device, authenticator, each count of wrong answers that has not ended, and until when no more are looked at."""
    lockout = opened.tenant.settings.lockout
    for device in await known_devices.budgets_of(tx, person, opened.now):
        limits = lockout.of_known_device if device else lockout
        for authenticator in opened.tenant.authenticators:
            budget = await tx.budgets.find(throttle.subject(person.login_name, authenticator, device))
            if budget and budget.failures and budget.until > opened.now:
                until = _blocked_until(limits, budget)
                yield device, authenticator, budget, until if until > opened.now else None


def _blocked_until(lockout: Lockout, budget: Budget) -> int:
    """0 while there are guesses left."""
    if budget.failures < lockout.failures:
        return 0
    return budget.until - lockout.seconds + lockout.wait(budget.failures)


async def _exposure(tx: Transaction, opened: Opened, person: User) -> dict[str, int] | None:
    """None where they are not counted."""
    matrix = opened.tenant.authenticators.get("matrix")
    if not isinstance(matrix, MatrixSettings) or matrix.exposure.budget is None:
        return None
    return {"logins": await exposure.logins(tx, person), "budget": matrix.exposure.budget}
