"""`idp health`: ask the running server whether it is well."""

from __future__ import annotations

import json
import ssl
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
    """Exit with 0 if the server that this configuration describes answers and can serve, otherwise with 1.

    What should be seen to while it serves, such as a certificate that ends soon, is printed line by line.
    """
    server = read_server(config).server
    host, _, port = server.listen.http.rpartition(":")
    url = f"http{'s' if server.tls else ''}://{EVERYWHERE.get(host, host)}:{port}/health/ready"
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler({})
    ]  # whatever the environment says
    if server.tls:
        handlers.append(urllib.request.HTTPSHandler(context=_trusting(config / server.tls.certificate)))
    direct = urllib.request.build_opener(*handlers)
    try:
        with direct.open(url, timeout=SECONDS) as answer:
            said = answer.read()
    except urllib.error.HTTPError as error:
        raise click.ClickException(f"{url}: {_said(error.read())[0] or error.code}") from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{url}: {getattr(error, 'reason', error)}") from None
    status, *notices = _said(said)
    click.echo("\n".join([status or "ready", *notices]))


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Our own certificate, whatever it is called: we ask by address."""
    try:
        context = ssl.create_default_context(cafile=certificate)
    except OSError as error:
        raise click.ClickException(f"cannot read {certificate}: {error.strerror or error}") from None
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _said(body: bytes) -> list[str]:
    """The status, empty where there is none, and what should be seen to."""
    try:
        told = json.loads(body)
        return [str(told["status"]), *map(str, told.get("notices", ()))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [""]
