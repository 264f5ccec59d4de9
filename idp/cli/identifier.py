"""Identifiers as arguments: one in 64 begins with `-`, and is no option for that."""

from __future__ import annotations

import re

import click

# Ids have 22 letters of base64url, a kid has 43 (RFC 7638); no option of ours is so long.
_DASHED = re.compile(r"-[A-Za-z0-9_-]{21}|-[A-Za-z0-9_-]{42}")


class Identifying(click.Command):
    """A command that works on what an identifier names."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever looks like an identifier goes behind `--`, where nothing is taken for an option."""
        if "--" not in args:
            named = [each for each in args if _DASHED.fullmatch(each)]
            args = [*(each for each in args if each not in named), "--", *named]
        return super().parse_args(ctx, args)
