"""A noun of the command line, and what its help says of its commands."""

from __future__ import annotations

from typing import Final

import click

WHOLE: Final = 1000  # letters: more than any sentence has


class Noun(click.Group):
    """Says the whole first sentence of each command, which click cuts short to one line."""

    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(WHOLE)) for name, one in found if one])
