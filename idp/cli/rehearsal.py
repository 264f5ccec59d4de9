"""What other rules would have done to people, as commands say it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from idp.cli.audit import Span
from idp.cli.crew import Work, crew
from idp.config.configuration import Configuration, TenantConfiguration
from idp.policy import Rule
from idp.policy.needs import needs_of
from idp.policy.rehearsal import Findings, Flip

DEFAULT_SPAN: Final = "30d"
UNWRITTEN: Final = ("country", "known", "exposures", "models", "certificate", "session")

since_option = click.option(
    "--since",
    type=Span(),
    metavar="SPAN",
    default=DEFAULT_SPAN,
    show_default=True,
    help="12h, 30d: rehearse on logins that are not older.",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Rehearsed:
    """One tenant's logins. `unwritten` are facts that only the candidates look at: no login has them."""

    tenant: TenantConfiguration
    findings: Findings
    unwritten: tuple[str, ...]


def rehearse(before: Configuration, after: Configuration, since: int, until: int) -> list[Rehearsed]:
    """The logins of all tenants whose rules differ, with a progress bar on a terminal. Raises ClickException.

    Forks: only a process without threads may call this.
    """
    old = {tenant.name: tenant for tenant in before.tenants}
    both = [
        tenant for tenant in after.tenants if tenant.name in old and tenant.rules != old[tenant.name].rules
    ]
    seconds = (until - since) * len(both)
    with click.progressbar(
        length=seconds, label="Rehearsing", hidden=not sys.stderr.isatty(), file=sys.stderr
    ) as bar:
        return [
            Rehearsed(
                tenant,
                crew(Work(before.storage_url, tenant.name, rules, since, until), bar.update),
                _unwritten(*rules),
            )
            for tenant in both
            if (rules := (old[tenant.name].rules, tenant.rules))
        ]


def _unwritten(active: Sequence[Rule], candidate: Sequence[Rule]) -> tuple[str, ...]:
    """A fact is written down only while some rule looks at it."""
    was, would_be = needs_of(active), needs_of(candidate)
    names = [name for name in UNWRITTEN if getattr(would_be, name) and not getattr(was, name)]
    names += [f"attributes.{name}" for name in sorted(would_be.attributes - was.attributes)]
    return (
        *names,
        *(each.key for each in sorted(would_be.requests - was.requests, key=lambda each: each.key)),
    )


def is_clean(found: Sequence[Rehearsed]) -> bool:
    """Whether nobody would notice, as far as can be known."""
    return not any(each.findings.flipped or each.unwritten for each in found)


def print_rehearsal(found: Sequence[Rehearsed]) -> None:
    """Tenant by tenant: each way in which logins would flip, the most frequent first, with examples."""
    if not found:
        click.echo("No rule changes, so no login would.")
    for each in found:
        findings, name = each.findings, each.tenant.name
        click.echo(f"tenant {name}: {findings.flipped} of {findings.attempts} logins would flip")
        for flip, count in findings.flips.most_common():
            click.echo(f"  {count}: {flip.before} → {flip.after}, {_rules(flip)}")
            for example in _examples(each, flip):
                click.echo(
                    f"      {example['at']}  {example['user_id']}  {example['service']}  {example['reference']}"
                )
        for (old, new), count in findings.moved.most_common():
            click.echo(f"  {count} would be decided alike by another rule: {old} → {new}")
        if findings.unknown:
            click.echo(
                f"  {findings.unknown} could not be rehearsed: what was looked at is not, or no longer, known"
            )
        if each.unwritten:
            click.echo(f"  no login has what no rule looked at before: {', '.join(each.unwritten)}")


def told(found: Sequence[Rehearsed]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "tenant": each.tenant.name,
            "attempts": each.findings.attempts,
            "flipped": each.findings.flipped,
            "unknown": each.findings.unknown,
            "unwritten": list(each.unwritten),
            "flips": [
                {**dataclasses.asdict(flip), "count": count, "examples": list(_examples(each, flip))}
                for flip, count in each.findings.flips.most_common()
            ],
            "moved": [
                {"rule_before": old, "rule_after": new, "count": count}
                for (old, new), count in each.findings.moved.most_common()
            ],
        }
        for each in found
    ]


def _rules(flip: Flip) -> str:
    if flip.rule_before == flip.rule_after:
        return f"rule {flip.rule_after}"
    return f"rule {flip.rule_before} before, {flip.rule_after} after"


def _examples(each: Rehearsed, flip: Flip) -> Iterator[Mapping[str, str | None]]:
    zone = ZoneInfo(each.tenant.settings.time_zone)
    for example in each.findings.examples[flip]:
        yield {
            "at": datetime.fromtimestamp(example.at, zone).isoformat(sep=" ", timespec="seconds"),
            "user_id": example.user_id,
            "service": example.service,
            "reference": example.reference,
        }
