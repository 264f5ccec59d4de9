"""`idp saml`: what this door lends to the command line."""

from __future__ import annotations

import click

from protocols.saml.metadata.commands import metadata


@click.group()
def saml() -> None:
    """SAML service providers: their metadata."""


saml.add_command(metadata)
