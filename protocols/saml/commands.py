"""`idp saml`: what this door lends to the command line."""

from __future__ import annotations

import click

from protocols.saml.metadata.commands import metadata
from protocols.saml.preview_command import preview


@click.group()
def saml() -> None:
    """SAML service providers: their metadata, and what they would be told."""


saml.add_command(metadata)
saml.add_command(preview)
