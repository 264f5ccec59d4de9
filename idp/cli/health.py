"""`idp health`: ask the running server whether it is well."""

from __future__ import annotations

import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from idp.cli.folder import config_option, read_server
from idp.cli.show import json_option, show_json
from idp.config.loopback import nearest
from idp.config.server import ServerSettings

SECONDS = 6


@click.command()
@config_option
@json_option
def health(config: Path, as_json: bool) -> None:
    """Exit with 0 if the server that this configuration describes answers and can serve, otherwise with 1.

    What should be seen to while it serves, such as a certificate that ends soon, is printed line by line: with why,
    where listen.monitoring is set.
    """
    server = read_server(config).server
    url = _address(server)
    handlers: list[urllib.request.BaseHandler] = [
        urllib.request.ProxyHandler({})
    ]  # whatever the environment says
    if server.tls and not server.listen.monitoring:
        handlers.append(urllib.request.HTTPSHandler(context=_trusting(config / server.tls.certificate)))
    direct = urllib.request.build_opener(*handlers)
    try:
        with direct.open(url, timeout=SECONDS) as answer:
            said, status = _told(answer.read()), 0
    except urllib.error.HTTPError as error:
        said, status = _told(error.read()) or {"status": str(error.code)}, 1
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{url}: {_why(getattr(error, 'reason', error))}") from None
    if as_json:
        show_json(said)
        sys.exit(status)
    lines = list(_lines(said))
    if status:
        raise click.ClickException("\n".join([f"{url}: {lines[0]}", *lines[1:]]))
    click.echo("\n".join(lines))


def _why(reason: object) -> str:
    """Why nobody answered, with what that means where it is the usual thing."""
    if isinstance(reason, ConnectionRefusedError):
        return "connection refused: no server runs there, start it by idp serve"
    return str(reason)


def _address(server: ServerSettings) -> str:
    """Where health is told with its reasons, if it is anywhere."""
    own = server.listen.monitoring
    scheme = "https" if server.tls and not own else "http"
    host, port = nearest(own or server.listen.http)
    return f"{scheme}://{host}:{port}/health/ready"


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Our own certificate, whatever it is called: we ask by address."""
    try:
        context = ssl.create_default_context(cafile=certificate)
    except OSError as error:
        raise click.ClickException(f"cannot read {certificate}: {error.strerror or error}") from None
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _lines(said: Mapping[str, Any]) -> Iterator[str]:
    """The status, then what should be seen to: each part that is not as it should be, with why where that is told."""
    yield str(said.get("status", "ready"))
    notices = list(map(str, said.get("notices") or ()))
    yield from notices
    reasons = said.get("reasons") or {}
    for part, state in (said.get("parts") or {}).items():
        if state != "ok":
            told = [words for words in reasons.get(part, ()) if words not in notices]
            yield ": ".join([f"{part} {state}", *(["; ".join(told)] if told else [])])
