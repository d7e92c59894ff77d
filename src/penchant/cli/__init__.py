"""The command line: one file a command, errors in one sentence, results on standard output, all else on standard error.

Exit codes: 0 all done, 1 nothing could be done, 2 wrong usage, 3 done with something left out, 130 stopped by the user.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings

import typer

from penchant.cli import classify, collect, demo, doctor, domains, experiment, fit, models, profile, serve, tags
from penchant.version import __version__

_STOPPED = 130

app = typer.Typer(
    name="penchant",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"penchant {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """What a person cares about, from the pictures they keep: with the evidence, and how far to trust it.

    Everything stays on this machine, unless a command is told to ask elsewhere: --fetch, collect flickr, models pull,
    BabelNet. With --debug anywhere, an error shows its traceback.
    """


app.command("profile")(profile.profile)
app.command("classify")(classify.classify)
app.command("domains")(domains.domains)
app.command("tags")(tags.tags)
app.add_typer(collect.app, name="collect")
app.command("experiment")(experiment.experiment)
app.command("fit")(fit.fit)
app.add_typer(models.app, name="models")
app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and leaves the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    given = _json_to_stdout([argument for argument in given if argument != "--debug"])
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal can't show costs no result
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not debug:
        warnings.simplefilter("ignore")  # decoders warn of odd metadata in pictures that they read all the same
    sys.exit(_run(given, debug=debug))


def _run(arguments: list[str], *, debug: bool) -> int:
    from penchant.errors import PenchantError, UsageError

    try:
        code = app(arguments, prog_name="penchant", standalone_mode=False)
        sys.stdout.flush()
        if code == _STOPPED:  # typer's answer to a KeyboardInterrupt
            raise KeyboardInterrupt
    except PenchantError as error:
        if debug:
            raise
        typer.echo(f"penchant: {error}", err=True)
        return 2 if isinstance(error, UsageError) else 1
    except (KeyboardInterrupt, typer.Abort):
        keeps = "" if arguments[:1] in (["collect"], ["models"]) else "with --run, "
        typer.echo(f"penchant: stopped; {keeps}the same command goes on where it was", err=True)
        return _STOPPED
    except (BrokenPipeError, SystemExit):  # the reader of our output has gone, as `head` does: rich and typer exit then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes it when it ends
        return 0
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and not debug:
            typer.echo("penchant: the disk that the output goes to is full: make room, and run again", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # click's own usage errors
            error.show()  # type: ignore[attr-defined]
            return int(error.exit_code)
        if debug:
            raise
        typer.echo(
            f"penchant: an unexpected {type(error).__name__}: {error}\n"
            "This is a fault of penchant's. The same command with --debug shows where it happened.",
            err=True,
        )
        return 1
    return code if isinstance(code, int) else 0


def _json_to_stdout(arguments: list[str]) -> list[str]:
    """`profile … --json` without a file means standard output: `--json -`; a folder after it is a source."""
    if not arguments or arguments[0] not in {"profile", "demo"}:
        return arguments
    filled: list[str] = []
    for place, argument in enumerate(arguments):
        filled.append(argument)
        following = arguments[place + 1] if place + 1 < len(arguments) else "--"
        is_option = following.startswith("-") and following != "-"
        if argument == "--json" and (is_option or os.path.isdir(following)):  # noqa: PTH112 - any text
            filled.append("-")
    return filled
