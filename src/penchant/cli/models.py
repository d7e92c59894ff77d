"""`penchant models`: the catalogue, and the models of the hub; the only command that fetches any."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from penchant.cli import common

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penchant.recognition import ModelRow, ModelStore
    from penchant.recognition.pull import Pulled

SCHEMA_VERSION = 1

_HEADINGS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("name", "left"),
    ("size", "right"),
    ("state", "left"),
    ("licence", "left"),
)

app = typer.Typer(
    help="The models: which there are, fetching them, checking them.", no_args_is_help=True, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a model, one a line.")]


@app.command("list")
def list_models(json: Json = False) -> None:
    """List the models that are known by name, and those of the Hugging Face hub that were fetched."""
    from penchant.recognition import ModelStore

    store = ModelStore.default()
    rows = [*_catalogue(store), *_of_hub(store)]
    if json:
        for row in rows:
            _print_json(row)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    cells = [(row["name"], _size(row), row["state"], row["licence"]) for row in rows]
    for place, (heading, side) in enumerate(_HEADINGS):
        widest = max((len(row[place]) for row in cells), default=0)
        table.add_column(heading, justify=side, no_wrap=True, min_width=widest)
    table.add_column("what it is", no_wrap=True, overflow="ellipsis")
    for row, first in zip(rows, cells, strict=True):
        table.add_row(*first, row["title"])
    common.console().print(table)
    common.note("penchant models pull NAME fetches one, and pull hf:OWNER/NAME one of the Hugging Face hub")
    common.note("any other ONNX image classifier runs by its path: penchant profile … --model my.onnx")


@app.command("pull")
def pull(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="Names of `penchant models list`, or hf:OWNER/NAME[@REVISION][/FILE.onnx] for any image classifier of "
            "the Hugging Face hub that has an ONNX file.",
        ),
    ],
    mirror: Annotated[
        str | None,
        typer.Option(
            "--mirror",
            metavar="URL",
            help="Fetch from here; the paths are those of the Hugging Face hub.",
            show_default="PENCHANT_MODEL_MIRROR, HF_ENDPOINT, or https://huggingface.co",
        ),
    ] = None,
    json: Json = False,
    quiet: common.Quiet = False,
) -> int:
    """Fetch models, once; what is here already is checked, and not fetched again.

    An interrupted download goes on where it was. What huggingface_hub has fetched is used where it is. Nothing is sent
    but the requests for the files.

    \b
    penchant models pull googlenet resnet50
    penchant models pull hf:Xenova/vit-base-patch16-224
    """
    from penchant.errors import MissingExtraError, PenchantError, UsageError
    from penchant.recognition.pull import Puller

    failed = 0
    for name in names:
        with _download_bar(quiet=quiet) as show:
            puller = Puller.default(mirror=mirror, show=show, notify=(lambda _: None) if quiet else common.note)
            try:
                pulled = puller.pull(name)
            except (MissingExtraError, UsageError):
                raise
            except PenchantError as error:
                failed += 1
                _report_failure(name, error, json=json)
                continue
        _report_pulled(pulled, json=json, quiet=quiet)
    return _code(failed, len(names))


@app.command("verify")
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Which; all that are here, if none is given.")
    ] = None,
    json: Json = False,
) -> int:
    """Check that the models that are here are the right files, that they run, and what their labels mean."""
    from penchant.errors import PenchantError
    from penchant.recognition import Classifier, ModelStore
    from penchant.semantics.naming import synset_of_names

    store = ModelStore.default()
    here = [row["name"] for row in (*_catalogue(store), *_of_hub(store)) if row["path"] is not None]
    wanted = names or here
    failed = 0
    for name in wanted:
        try:
            classifier = Classifier.open(name, synset_of=synset_of_names)
        except PenchantError as error:
            failed += 1
            _report_failure(name, error, json=json)
            continue
        facts = classifier.facts
        if json:
            _print_json(
                {"name": name, "state": "good", "sha256": facts.sha256, "promised": classifier.promised,
                 "labels": facts.label_set, "notes": list(classifier.notes), "error": None}
            )  # fmt: skip
            continue
        doubt = "" if classifier.promised else ", and nobody said what it should be"
        typer.echo(f"{name}: good (SHA-256 {facts.sha256}{doubt})")
        common.notes_of(classifier, quiet=False)
    return _code(failed, len(wanted))


def _catalogue(store: ModelStore) -> Iterator[dict[str, Any]]:
    from penchant.errors import PenchantError
    from penchant.recognition import load_catalogue
    from penchant.recognition.finding import find_row

    for row in load_catalogue().models:
        try:
            path = find_row(row, store)[1]
        except PenchantError:
            path = None
        state = "not fetched" if path is None else "embedded" if row.remote is None else "here"
        yield _described(row, state, path)


def _of_hub(store: ModelStore) -> Iterator[dict[str, Any]]:
    from penchant.errors import PenchantError
    from penchant.recognition import find_model

    for repo, revision in store.hub_models():
        name = f"hf:{repo}" if revision == "main" else f"hf:{repo}@{revision}"
        try:
            row, path = find_model(name, store=store)
        except PenchantError:  # a part of one; `pull` mends it
            continue
        yield _described(row, "here", path) | {"bytes": path.stat().st_size, "labels": "its own"}


def _described(row: ModelRow, state: str, path: Path | None) -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(row), "state": state, "path": None if path is None else str(path)}


def _size(row: dict[str, Any]) -> str:
    about = "" if row["bytes"] is not None else "≈ "
    size = row["bytes"] or row["about_bytes"]
    return "" if size is None else f"{about}{size / 1e6:.1f} MB"


def _report_pulled(pulled: Pulled, *, json: bool, quiet: bool) -> None:
    state = "fetched" if pulled.fetched else "here already"
    if json:
        _print_json(
            {"name": pulled.name, "state": state, "path": str(pulled.path), "bytes": pulled.bytes,
             "sha256": pulled.sha256, "promised": pulled.promised, "error": None}
        )  # fmt: skip
        return
    typer.echo(f"{pulled.name}: {state}, {pulled.bytes / 1e6:.1f} MB, SHA-256 {pulled.sha256}: {pulled.path}")
    if pulled.fetched and not pulled.promised and not quiet:
        common.note(
            f"nobody has published the SHA-256 of {pulled.name}: it is trusted as it came, and written down for later"
        )


def _report_failure(name: str, error: Exception, *, json: bool) -> None:
    if json:
        _print_json({"name": name, "state": "failed", "error": str(error)})
    else:
        typer.echo(f"{name}: {error}", err=True)


def _print_json(document: dict[str, Any]) -> None:
    import msgspec

    typer.echo(msgspec.json.encode({"schema_version": SCHEMA_VERSION, **document}))


def _code(failed: int, wanted: int) -> int:
    if not failed:
        return common.DONE
    return common.NOTHING_DONE if failed == wanted else common.SOMETHING_LEFT_OUT


@contextmanager
def _download_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Calls to the value given show how much of a file is here; silent unless standard error is a terminal."""
    stderr = common.console(error=True)
    if quiet or not stderr.is_terminal:
        yield lambda *_: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=stderr, transient=True) as progress:
        bars: dict[str, Any] = {}

        def show(file: str, done: int, total: int | None) -> None:
            name = file.rpartition("/")[2]
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            progress.update(bars[name], completed=done, total=total)

        yield show
