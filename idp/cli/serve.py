"""`idp serve`: the server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from idp.cli.folder import config_option
from idp.loading import Loading
from idp.supervisor.sockets import Listeners, inherited
from idp.supervisor.supervisor import Supervisor
from idp.supervisor.work import Unfit


@click.command()
@config_option
@click.option("--workers", type=click.IntRange(1, 256), help="Number of processes; otherwise as configured.")
def serve(config: Path, workers: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C. SIGHUP takes the configuration anew, if it is without mistakes."""
    loading = Loading(config, workers)
    supervisor = Supervisor(loading, Listeners(inherited()))
    try:
        status = supervisor.run()
    except Unfit as unfit:
        for mistake in unfit.mistakes:
            click.echo(mistake, err=True)
        status = 1
    finally:
        loading.end()
    sys.exit(status)
