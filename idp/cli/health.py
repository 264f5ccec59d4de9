"""`idp health`: ask the running server whether it is well."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import click

from idp.cli.folder import config_option, read_server

SECONDS = 5
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  where it listens, not we


@click.command()
@config_option
def health(config: Path) -> None:
    """Exit with 0 if the server that this configuration describes answers and can serve, otherwise with 1."""
    host, _, port = read_server(config).server.listen.http.rpartition(":")
    url = f"http://{EVERYWHERE.get(host, host)}:{port}/health/ready"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever the environment says
    try:
        with direct.open(url, timeout=SECONDS) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        raise click.ClickException(f"{url}: {_status(error.read()) or error.code}") from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{url}: {getattr(error, 'reason', error)}") from None
    click.echo(_status(said) or "ready")


def _status(body: bytes) -> str:
    try:
        status = json.loads(body)["status"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(status)
