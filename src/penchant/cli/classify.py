"""`penchant classify`: what each picture shows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.errors import UsageError
from penchant.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penchant.types import Failure, LabelSet, Listing, Predictions

_KINDS = (".parquet", ".csv", ".jsonl")


def classify(
    sources: common.Sources,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a picture, one a line.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write a table: .parquet, .csv or .jsonl."),
    ] = None,
    labels: Annotated[int, typer.Option("--labels", min=1, max=10, help="Labels a picture.")] = 5,
    run: common.Run = None,
    retry_failed: common.RetryFailed = False,
    model: common.Model = "efficientnet-lite0-int8",
    fact: common.Facts = [],  # noqa: B006 - typer copies it
    fetch: common.Fetch = False,
    keep_pictures: common.KeepPictures = None,
    allow_private_addresses: common.AllowPrivate = False,
    threads: common.Threads = None,
    max_memory: common.MaxMemory = None,
    max_pixels: common.MaxPixels = 100,
    quiet: common.Quiet = False,
) -> int:
    """Say what each picture shows: its labels, their synsets and the confidence in each.

    \b
    penchant classify holiday/ --json | head
    penchant classify export.zip -o labels.parquet
    """
    if output is not None and output.suffix not in _KINDS:
        raise UsageError(f"--output {output}: end its name in {', '.join(_KINDS)}")
    if output is not None:
        beginnings = {".parquet": b"par1", ".csv": b'"user_id","photo_id"', ".jsonl": b'{"schema_version"'}
        common.check_target("--output", str(output), beginnings=(beginnings[output.suffix],))
    if retry_failed and run is None:
        raise UsageError("--retry-failed goes with --run DIR, which remembers what failed")
    fetching = common.fetch_options(fetch, keep_pictures, allow_private_addresses)
    from penchant.executors import ThreadExecutor, usable_cores
    from penchant.pipeline import Recipe, Worker, collect, predict
    from penchant.recognition import PixelLimits
    from penchant.storage import open_run

    names = common.named_sources(sources)
    with common.progress_bar("Looking for pictures", None, quiet=quiet) as show:
        collected = collect(names, on_progress=show)
    photos = collected.listing.photos
    if not photos:
        raise common.nothing_found(names, collected.listing)
    pixels = max_pixels * 1_000_000
    threads = threads or usable_cores()
    limits = PixelLimits(full=pixels, scaled=4 * pixels)
    recipe = Recipe(model, tuple(fact), max_memory, threads, limits, fetching)
    with (
        Worker(recipe) as worker,
        open_run(run) if run is not None else nullcontext() as place,
        common.progress_bar("Looking at pictures", len(photos), quiet=quiet) as show,
    ):
        common.notes_of(worker.classifier, quiet=quiet)
        resumed = run is not None or bool(collected.known)
        common.note_of_requests(photos, fetching, resumed=resumed, quiet=quiet)
        if place is not None:
            place.keep_photos(photos)
        predictions = predict(
            photos, worker, ThreadExecutor(threads),
            run=place, known=collected.known, retry_failed=retry_failed, on_progress=show,
        )  # fmt: skip
        label_set = worker.classifier.label_set
    order = {(photo.user_id, photo.photo_id): i for i, photo in enumerate(photos)}
    rows = sorted(range(len(predictions)), key=lambda i: order[predictions.user_id[i], predictions.photo_id[i]])
    return _write(_first_labels(predictions, rows, labels), label_set, collected.listing, as_json=json, output=output)


def _first_labels(predictions: Predictions, rows: list[int], labels: int) -> Predictions:
    from dataclasses import replace

    from penchant.profiles import select

    chosen = select(predictions, rows)
    return replace(chosen, label=chosen.label[:, :labels], confidence=chosen.confidence[:, :labels])


def _write(
    predictions: Predictions, label_set: LabelSet, listing: Listing, *, as_json: bool, output: Path | None
) -> int:
    from penchant.report import prediction_documents

    documents = [
        *prediction_documents(predictions, label_set),
        *(_failure_document(failure) for failure in listing.failures),
    ]
    if output is not None:
        _write_table(output, documents)
    if as_json:
        common.write_text("-", _json_lines(documents))
    elif output is None:
        _print(documents)
    failed = sum(document["status"] != "ok" for document in documents)
    if failed == len(documents):
        return common.NOTHING_DONE
    return common.SOMETHING_LEFT_OUT if failed else common.DONE


def _failure_document(failure: Failure) -> dict[str, Any]:
    """The line of something that could not even be listed."""
    name = {"user_id": None, "photo_id": failure.photo_id, "path": failure.photo_id}
    return {"schema_version": SCHEMA_VERSION, **name, "status": "failed", "error": failure.error, "labels": []}


def _json_lines(documents: Iterable[dict[str, Any]]) -> str:
    import msgspec

    return "".join(msgspec.json.encode(document).decode() + "\n" for document in documents)


def _write_table(output: Path, documents: list[dict[str, Any]]) -> None:
    if output.suffix == ".jsonl":
        common.write_text(str(output), _json_lines(documents))
        return
    import pyarrow as pa

    from penchant.storage import atomic_file

    if output.suffix == ".parquet":
        import pyarrow.parquet as pq

        label = pa.struct({"index": pa.int32(), "name": pa.string(), "synset": pa.string(), "confidence": pa.float32()})
        schema = pa.schema(
            {"user_id": pa.string(), "photo_id": pa.string(), "path": pa.string(), "status": pa.string(),
             "error": pa.string(), "labels": pa.list_(label)},
            metadata={"schema_version": "1"},
        )  # fmt: skip
        with atomic_file(output) as file:
            pq.write_table(pa.Table.from_pylist(documents, schema=schema), file, compression="zstd")
        return
    import pyarrow.csv as pc

    # A CSV has no lists: one row a label, and one row for a picture without any.
    flat = [
        {**{key: document[key] for key in ("user_id", "photo_id", "path", "status", "error")},
         "rank": rank, **label}
        for document in documents
        for rank, label in enumerate(document["labels"] or [{}], start=1)
    ]  # fmt: skip
    schema = pa.schema(
        {"user_id": pa.string(), "photo_id": pa.string(), "path": pa.string(), "status": pa.string(),
         "error": pa.string(), "rank": pa.int32(), "index": pa.int32(), "name": pa.string(), "synset": pa.string(),
         "confidence": pa.float32()}
    )  # fmt: skip
    with atomic_file(output) as file:
        pc.write_csv(pa.Table.from_pylist(flat, schema=schema), file)


def _print(documents: list[dict[str, Any]]) -> None:
    for document in documents:
        if document["status"] == "ok":
            labels = document["labels"]
            said = ", ".join(f"{label['name']} {label['confidence']:.0%}" for label in labels)
        else:
            said = f"({document['error']})"
        typer.echo(f"{document['photo_id']}: {said}")
