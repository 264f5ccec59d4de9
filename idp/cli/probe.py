"""`idp probe`: sign in at every door as a client does, and say which is broken."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import click

from idp import doors
from idp.cli.context import Opened, in_tenant
from idp.cli.show import json_option, show_json
from idp.cli.written import replaced_file
from idp.probe import Broken
from idp.probe.person import Person
from idp.probe.result import Result, exposed
from idp.probe.trial import Trial


@click.command()
@click.option(
    "--metrics",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the result there too, for the textfile collector of node_exporter.",
)
@json_option
@in_tenant
async def probe(opened: Opened, metrics: Path | None, as_json: bool) -> None:
    """Sign in at each door as the user made for it; exit with 0 if all let him in, otherwise with 1.

    The section probe of tenant.yaml says who he is, and at which services. He comes over the network as a client
    does: to the tenant's base_url, and as a NAS to the first address of listen.radius.
    """
    if opened.tenant.settings.probe.user is None:
        raise click.ClickException("nobody is made for it, write probe.user in tenant.yaml")
    results = []
    async for result in _results(opened):
        results.append(result)
        if not as_json:
            click.echo(result.line())
    if as_json:
        show_json([each.record() for each in results])
    if metrics is not None:
        _replace(metrics, exposed(results))
    if not all(each.is_ok for each in results):
        raise click.exceptions.Exit(1)


async def _results(opened: Opened) -> AsyncIterator[Result]:
    """One after the other: a code is good for one login."""
    tenant = opened.tenant
    person = Person(tenant.settings.probe, tenant.authenticators, _clock)
    for name in tenant.settings.probe.services:
        for door, settings in tenant.services[name].doors.items():
            trial = Trial(
                opened.configuration.server, tenant, name, settings, person, _clock, opened.snapshot
            )
            yield await _try(door, trial)


async def _try(door: str, trial: Trial) -> Result:
    person, began, why = trial.person, time.perf_counter(), ""
    person.waited = 0.0
    try:
        sign_in = doors.probe(door)
        if sign_in is None:
            raise Broken("nobody has written a probe for this door")
        await sign_in(trial)
    except Broken as broken:
        why = str(broken)
    took = round((time.perf_counter() - began - person.waited) * 1000)
    return Result(trial.tenant.name, trial.service, door, _clock(), took, trial.step if why else "", why)


def _clock() -> int:
    return int(time.time())


def _replace(path: Path, text: str) -> None:
    """In one piece: a collector never reads half of it."""
    with replaced_file(path, mode=0o644) as file:  # the collector is somebody else
        file.write(text.encode())
