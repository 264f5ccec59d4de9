"""A plan as it is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Final

import click

from idp.config.change import Change, Kind
from idp.config.plan import Plan

SIGNS: Final[Mapping[Kind, str]] = {"added": "+", "changed": "~", "removed": "-"}


def print_plan(plan: Plan) -> None:
    """Tenant by tenant."""
    for tenant, changes in groupby(plan.changes, key=lambda change: change.tenant):
        click.echo(f"tenant {tenant}" if tenant else "for all tenants")
        for change in changes:
            _print(change)
    for name in plan.texts:
        click.echo(f"{name}: other words, the same meaning")
    for key in plan.of_the_node:
        click.echo(f"idp.yaml: {key} is this node's own: it comes into force here with SIGHUP or a restart")
    for words in plan.waits:
        click.echo(words)
    click.echo(_summary(plan))


def _print(change: Change) -> None:
    marked = "  REMOVED" if change.kind == "removed" else ""
    click.echo(f"  {SIGNS[change.kind]} {_line(change.what)}{marked}")
    for detail in change.details:
        before = "" if change.kind == "added" else f"{_line(detail.before)} → "
        click.echo(f"      {_line(detail.path)}: {before}{_line(detail.after)}")


def _summary(plan: Plan) -> str:
    if plan.is_empty:
        return "Nothing would change."
    counts = Counter(change.kind for change in plan.changes)
    return ", ".join(f"{counts[kind]} {kind}" for kind in SIGNS)


def _line(text: str) -> str:
    """One line, whatever a file holds."""
    return "".join(c if c.isprintable() else " " for c in text)
