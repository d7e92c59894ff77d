"""Writes docs/commands.md, the reference of the command line, from the commands themselves.

    python tools/build_commands.py

A test fails while the page is not what this script would write.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from penchant.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import typer

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
_BEGINNING = """\
# The command line

<!-- Written by tools/build_commands.py: edit the commands in src/penchant/cli, then run it. -->

Results go to standard output, progress and notes to standard error. Exit codes: 0 all done, 1 nothing could be done,
2 wrong usage, 3 done with something left out, 130 stopped by the user. With `--debug` anywhere, an error shows its
traceback.
"""


@dataclass(frozen=True)
class Command:
    """One command: its words after `penchant`, its help, its arguments and its options by the names of each."""

    path: tuple[str, ...]
    help: str
    arguments: list[tuple[str, ArgumentInfo]]
    options: list[tuple[tuple[str, ...], OptionInfo, type, object]]


def commands(group: typer.Typer = app, path: tuple[str, ...] = ()) -> Iterator[Command]:
    """All commands, in the order of the help; read from the functions' own annotations."""
    for info in group.registered_commands:
        if info.callback is not None:
            yield _command(info.callback, (*path, info.name or info.callback.__name__))
    for child in group.registered_groups:
        if child.typer_instance is not None and isinstance(child.name, str):
            yield from commands(child.typer_instance, (*path, child.name))


def _command(function: Callable[..., Any], path: tuple[str, ...]) -> Command:
    arguments, options = [], []
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = get_args(hints[name])
        if isinstance(info, ArgumentInfo):
            arguments.append((name, info))
        else:
            # In an annotation the first name stands where Typer has the default; "--x/--no-x" are two.
            names = tuple(one for name in (info.default, *(info.param_decls or ())) for one in name.split("/"))
            options.append((names, info, kind, parameter.default))
    return Command(path, function.__doc__ or "", arguments, options)


def page() -> str:
    """The whole page."""
    return "\n".join([_BEGINNING, *(line for command in commands() for line in _section(command))])


def _section(command: Command) -> Iterator[str]:
    usage = " ".join(["penchant", *command.path])
    yield from (f"## {usage}", "", *_description(command.help), "")
    places = [f"{info.metavar or name.upper()}..." for name, info in command.arguments]
    yield from ("```", " ".join([usage, *(["[OPTIONS]"] if command.options else []), *places]), "```", "")
    rows = [_row(f"`{place}`", info.help, "") for place, (_, info) in zip(places, command.arguments, strict=True)]
    rows += [_row(_names(*option[:3]), option[1].help, _default(*option[1:])) for option in command.options]
    if rows:
        yield from ("| | | default |", "|---|---|---|", *rows, "")


def _description(text: str) -> list[str]:
    """Paragraphs as they are; click's verbatim blocks (after a \\b) as code."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        content = paragraph.removeprefix("\b").strip("\n")
        lines += ["", *(["```sh", content, "```"] if paragraph != content else [content])]
    return lines[1:]


def _names(names: tuple[str, ...], info: OptionInfo, kind: type) -> str:
    shown = ", ".join(f"`{name}`" for name in names)
    if kind is bool or bool in get_args(kind):
        return shown
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"{shown} `{'|'.join(choice.value for choice in kind)}`"
    return f"{shown} `{info.metavar or 'N'}`"


def _default(info: OptionInfo, _: type, default: object) -> str:
    if isinstance(info.show_default, str):
        return info.show_default
    if default is None or default is False or default == []:
        return ""
    if default is True:
        return "yes"
    return f"`{default.value if isinstance(default, Enum) else default}`"


def _row(name: str, meaning: str | None, default: str) -> str:
    cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in (name, meaning or "", default)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
