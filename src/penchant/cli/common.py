"""What the commands share: options, consoles, progress, and how results are written."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console

    from penchant.recognition import Classifier
    from penchant.sources.fetch import FetchOptions
    from penchant.types import Listing, Photo

DONE, NOTHING_DONE, WRONG_USAGE, SOMETHING_LEFT_OUT = 0, 1, 2, 3

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE",
        help="Folders, pictures, archives (zip, tar), data exports, tables of photos (.parquet, .csv, .jsonl), "
        "addresses or folders of earlier runs; - reads names from standard input, one a line.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help="A model of `penchant models list`, hf:OWNER/NAME for one of the Hugging Face hub (both fetched before by "
        "`penchant models pull`), or an .onnx file.",
    ),
]
Facts = Annotated[
    list[str],
    typer.Option(
        "--fact",
        metavar="KEY=VALUE",
        help="Something to know about an .onnx file of your own, if no TOML file beside it says so: labels, size, "
        "resize, channels, mean, std, interpolation, fit, output, kind, background. May be repeated.",
    ),
]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="DIR", help="Keep what is done in this folder; the next call goes on from there."),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="With --run: try pictures again that failed before.")]
Generaliser = Annotated[
    str,
    typer.Option(
        "--generaliser",
        metavar="NAME",
        help="What says to which domains a label or word belongs: ontology; paper (the 2018 study's way: first names, "
        "all key senses); babelnet, or paper:babelnet (they ask BabelNet's service, with your key); calibrated:FILE "
        "(for pictures, what `penchant fit` learned from tags).",
    ),
]
BabelNetKey = Annotated[
    str | None,
    typer.Option(
        "--babelnet-key",
        metavar="KEY",
        help="Your key to BabelNet; better kept in the environment variable BABELNET_KEY or in a file, because others "
        "can see a command's options.",
        show_default="BABELNET_KEY, or penchant/babelnet.key among your settings",
    ),
]
BabelNetCache = Annotated[
    Path | None,
    typer.Option(
        "--babelnet-cache",
        metavar="FILE",
        help="Where BabelNet's answers are kept for good; nothing is asked twice.",
        show_default="penchant/babelnet.sqlite among your caches",
    ),
]
MaxRequests = Annotated[
    int | None,
    typer.Option(
        "--max-requests",
        metavar="N",
        min=0,
        help="With BabelNet: stop before request N + 1; what was fetched is kept. 0 asks only the cache.",
        show_default="no limit",
    ),
]
Fetch = Annotated[
    bool,
    typer.Option(
        "--fetch",
        help="Fetch pictures from their addresses, of a table's column url or given as https://…; without it nobody is "
        "asked for anything.",
    ),
]
KeepPictures = Annotated[
    Path | None,
    typer.Option(
        "--keep-pictures",
        metavar="DIR",
        help="Keep fetched pictures in this folder, and look there first; without --fetch, only there.",
    ),
]
AllowPrivate = Annotated[
    bool,
    typer.Option("--allow-private-addresses", help="With --fetch: also ask hosts that are not on the public internet."),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Pictures worked on at once.", show_default="one for each core"),
]
MaxMemory = Annotated[
    int | None,
    typer.Option(
        "--max-memory",
        metavar="MIB",
        help="What the whole program may use, in MiB.",
        show_default="1024 with two threads, 16 more for each further one",
    ),
]
MaxPixels = Annotated[
    int,
    typer.Option(
        "--max-pixels",
        metavar="MEGAPIXELS",
        min=1,
        help="Larger pictures are refused before they are decoded (JPEGs: four times this, they decode at a fraction).",
    ),
]
Taxonomy = Annotated[
    Path | None,
    typer.Option(
        "--taxonomy",
        metavar="NAME|FILE",
        help="Other domains: those of interests-tier1, or of a file of your own (TOML).",
        show_default="babeldomains-34",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no notes on standard error.")]


def fetch_options(fetch: bool, keep_pictures: Path | None = None, allow_private: bool = False) -> FetchOptions | None:
    """What the three options about addresses come to; None where no picture may come from anywhere else.

    Raises:
        UsageError: an option that has no effect without --fetch.
    """
    if allow_private and not fetch:
        raise UsageError("--allow-private-addresses goes with --fetch")
    if not fetch and keep_pictures is None:
        return None
    from penchant.sources.fetch import AddressPolicy, FetchOptions

    if keep_pictures is not None and keep_pictures.exists() and not keep_pictures.is_dir():
        raise UsageError(f"--keep-pictures {keep_pictures}: that is a file; name a folder")
    policy = AddressPolicy(public_only=not allow_private)
    return FetchOptions(policy=policy, keep=keep_pictures, online=fetch)


def note_of_requests(photos: Iterable[Photo], options: FetchOptions | None, *, resumed: bool, quiet: bool) -> None:
    """Tells who is about to be asked for how many pictures: nothing leaves the machine without a word.

    Args:
        photos: all whose pictures are needed.
        options: how they are fetched, if at all.
        resumed: some may be done already.
        quiet: say nothing.
    """
    if quiet or options is None or not options.online or all(photo.url is None for photo in photos):
        return
    from penchant.sources.fetch import request_summary, shown_hosts

    count, hosts = request_summary(photos, options)
    if count:
        most = "up to " if resumed else ""
        note(f"asking {shown_hosts(hosts)} for {most}{count:,} picture{'' if count == 1 else 's'}")


def console(*, error: bool = False) -> Console:
    """A console on standard output, or on standard error."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=False)


def note(message: str) -> None:
    """Tells the user something, on standard error."""
    typer.echo(f"penchant: {message}", err=True)


def notes_of(classifier: Classifier, *, quiet: bool) -> None:
    """Tells what was assumed about a model, and which of its labels have no synset."""
    for sentence in () if quiet else classifier.notes:
        note(sentence)


def named_sources(given: list[str]) -> list[str]:
    """The sources, with `-` replaced by the names that standard input gives, one a line."""
    names: list[str] = []
    for name in given:
        names.extend(lines_of_stdin() if name == "-" else [name])
    if not names:
        raise UsageError("no source given: name a folder, a picture, an archive or a table")
    return names


def lines_of_stdin() -> list[str]:
    """Standard input's lines, without empty ones; bytes that aren't UTF-8 are kept as file names keep them.

    Lines end at a line feed only, as names may hold all else, and at a NUL where there is one (`find -print0`).
    """
    text = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    lines = text.split("\0") if "\0" in text else [line.removesuffix("\r") for line in text.split("\n")]
    return [line for line in lines if line.strip()]


@contextmanager
def progress_bar(task: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Calls to the value given show how many are done; silent unless standard error is a terminal."""
    stderr = console(error=True)
    if quiet or not stderr.is_terminal:
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")

    columns = [TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn()]
    with Progress(*columns, Rate(), TimeRemainingColumn(), console=stderr, transient=True) as progress:
        bar = progress.add_task(task, total=total)
        yield lambda done: progress.update(bar, completed=done)


def check_target(option: str, target: str, *, beginnings: tuple[bytes, ...]) -> None:
    """Refuses, before any work is done, to write where that can't work or would destroy something else.

    `profile --json cat.jpg` shall not replace the picture: an existing file is replaced only if it begins as one that
    the option has written would.

    Raises:
        UsageError: saying so.
    """
    if target == "-":
        return
    path = Path(target)
    try:
        if not target or path.is_dir():
            raise UsageError(f"{option} {target!r}: name a file, not a folder")
        if not path.parent.is_dir():
            raise UsageError(f"{option} {target}: there is no folder {path.parent}")
        if not path.is_file():
            return
        with path.open("rb") as file:
            head = file.read(64).lstrip().lower()
    except OSError as error:
        raise UsageError(f"{option} {target}: {error.strerror or error}") from error
    if head and not head.startswith(beginnings):
        raise UsageError(f"{option} {target}: that file exists and is something else; name another, or remove it")


def write_text(target: str, text: str) -> None:
    """Writes to standard output for "-", else to a file, which is never half written."""
    if target == "-":
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
        return
    from penchant.storage import atomic_file

    with atomic_file(Path(target)) as file:
        file.write(text.encode())


def nothing_found(sources: list[str], listing: Listing) -> SourceError:
    """Says why there is nothing to do."""
    if listing.failures:
        return SourceError("; ".join(f"{failure.error}" for failure in listing.failures[:5]))
    places = ", ".join(sources[:3]) + (" …" if len(sources) > 3 else "")
    skipped = ", ".join(f"{count:,} {suffix}" for suffix, count in listing.skipped[:5])
    return SourceError(f"no pictures in {places}" + (f" (only {skipped})" if skipped else ""))
