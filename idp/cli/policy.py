"""`idp policy`: the rules, and what they do to people."""

from __future__ import annotations

import click

from idp.cli.desk import Ask, at_desk
from idp.cli.explain import explain_
from idp.cli.noun import Noun
from idp.cli.rehearsal import print_rehearsal, rehearse, since_option, told
from idp.cli.revision import FIRST, both
from idp.cli.show import json_option, show_json


@click.group(cls=Noun)
def policy() -> None:
    """What the rules say of a login, and what they would do to people."""


@policy.command("rehearse")
@since_option
@json_option
@at_desk
def rehearse_(ask: Ask, since: int, as_json: bool) -> None:
    """Show what the rules of the files would have done to logins that were let in or denied by those in force."""
    before, after, now = ask(both)
    if before is None:
        raise click.ClickException(FIRST)
    found = rehearse(before.configuration, after.configuration, now - since, now + 1)
    if as_json:
        show_json(told(found))
    else:
        print_rehearsal(found)


policy.add_command(explain_)
