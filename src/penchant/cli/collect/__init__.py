"""`penchant collect`: a table of photos from a service, an export or a folder of keyworded pictures."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from penchant.cli.collect import flickr, local

_WITHOUT_A_NAME = "files"


class _Collect(TyperGroup):
    """A group of which one command is meant where none is named: `collect DIR` is `collect files DIR`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the command's name before arguments that begin with no command."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = [_WITHOUT_A_NAME, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Collect,
    help="Build a table of photos: from exports and keyworded pictures (penchant collect DIR), or from Flickr.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("flickr")(flickr.flickr)
app.command(_WITHOUT_A_NAME)(local.files)
