"""`penchant fit`: learn from tagged photos what their people call interesting."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.errors import PenchantError, UsageError
from penchant.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.experiment.fitting import Teaching, Trial
    from penchant.experiment.looking import Looked
    from penchant.pipeline import Collected
    from penchant.semantics.calibration import Calibration, Datasheet, Stored
    from penchant.semantics.calibration.file import Score
    from penchant.semantics.choose import Chosen
    from penchant.sources.fetch import FetchOptions
    from penchant.storage import RunDirectory
    from penchant.types import Domain

_BASES = ("ontology", "paper")
_FEW = 200
_DOMAINS_SHOWN = 6
_MAX_PIXELS = 100


@dataclass(frozen=True)
class Request:
    """What was asked for; the fields are the command's options."""

    tables: list[str]
    output: Path
    group: str | None = None
    folds: int = 5
    seed: int = 0
    run: Path | None = None
    retry_failed: bool = False
    fetch: FetchOptions | None = None
    model: str = "efficientnet-lite0-int8"
    facts: list[str] = field(default_factory=list)
    generaliser: str = "ontology"
    taxonomy: Path | None = None
    threads: int | None = None
    max_memory: int | None = None
    max_pixels: int = _MAX_PIXELS
    quiet: bool = False


def fit(
    tables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TABLE]...",
            help="Tables of photos with the columns path and tags, and user_id for several people (.parquet, .csv, "
            ".jsonl), or folders of earlier runs; - reads names from standard input.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where the calibration goes.")
    ] = None,
    show: Annotated[
        Path | None, typer.Option("--show", metavar="FILE", help="Print a calibration's datasheet; learns nothing.")
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="COLUMN",
            help="A column of the tables: photos that share a value (an album, a theme) are left out together when the "
            "calibration is tested. Of one person's photos it is what makes a test possible.",
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Parts that are left out in turn.")] = 5,
    seed: Annotated[int, typer.Option("--seed", help="Of the parts and of the intervals.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the datasheet as JSON.")] = False,
    run: common.Run = None,
    retry_failed: common.RetryFailed = False,
    generaliser: Annotated[
        str,
        typer.Option("--generaliser", metavar="ontology|paper", help="What it starts from, and stays near to."),
    ] = "ontology",
    taxonomy: common.Taxonomy = None,
    model: common.Model = "efficientnet-lite0-int8",
    fact: common.Facts = [],  # noqa: B006 - typer copies it
    fetch: common.Fetch = False,
    keep_pictures: common.KeepPictures = None,
    allow_private_addresses: common.AllowPrivate = False,
    threads: common.Threads = None,
    max_memory: common.MaxMemory = None,
    max_pixels: common.MaxPixels = _MAX_PIXELS,
    quiet: common.Quiet = False,
) -> int:
    """Learn from tagged pictures what their people call interesting: a generaliser for pictures like theirs.

    A classifier names the bear where its owner typed "snow; river". From such pairs a table is learned, from labels to
    domains, which starts as the ontology's and moves as far as the pictures carry it. It is tested on people, or groups
    of photos, that it has not seen, against the ontology and against saying the same of everybody.

    \b
    penchant fit photos.csv -o mine.calibration
    penchant fit album.csv --group event -o mine.calibration
    penchant profile ~/Pictures --generaliser calibrated:mine.calibration
    penchant fit --show mine.calibration
    """
    if show is not None:
        return _show(show, as_json=json, others=[*(tables or []), *([] if output is None else [str(output)])])
    if output is None:
        raise UsageError("name the file to write with -o FILE, or one to read with --show FILE")
    if generaliser not in _BASES:
        raise UsageError(f"--generaliser {generaliser}: a calibration starts from {' or '.join(_BASES)}")
    if retry_failed and run is None:
        raise UsageError("--retry-failed goes with --run DIR, which remembers what failed")
    _check_output(output)
    request = Request(
        tables=common.named_sources(tables or []), output=output, group=group, folds=folds, seed=seed, run=run,
        retry_failed=retry_failed, model=model, facts=fact, generaliser=generaliser, taxonomy=taxonomy,
        threads=threads, max_memory=max_memory, max_pixels=max_pixels, quiet=quiet,
        fetch=common.fetch_options(fetch, keep_pictures, allow_private_addresses),
    )  # fmt: skip
    return _fit(request, as_json=json)


def _fit(request: Request, *, as_json: bool) -> int:
    from penchant.experiment.fitting import learn, teaching, trial
    from penchant.pipeline import collect, label_matrix
    from penchant.semantics.choose import make_generaliser
    from penchant.storage import open_run
    from penchant.tagging import photo_tags

    with common.progress_bar("Reading tables", None, quiet=request.quiet) as show:
        collected = collect(request.tables, on_progress=show)
    photos = collected.listing.photos
    if not photos:
        raise common.nothing_found(request.tables, collected.listing)
    groups = _groups(request, collected)
    with make_generaliser(request.generaliser, taxonomy=request.taxonomy) as base:
        with common.progress_bar("Reading tags", len(photos), quiet=request.quiet) as show:
            target = photo_tags(photos, base.ontology, on_progress=show).weights
        if not target.any():
            typed = sum(bool(photo.tags) for photo in photos)
            why = f"none of {typed:,} pictures' tags has a domain" if typed else "no picture has tags (column tags)"
            raise UsageError(f"there is nothing to learn from: {why}")
        with open_run(request.run) if request.run is not None else nullcontext() as run:
            looked = _look(request, collected, run)
        prior = label_matrix(looked.label_set, base)
        taught = teaching(looked, [photo.user_id for photo in photos], target, groups)
        with common.progress_bar("Testing on what it has not seen", request.folds, quiet=request.quiet) as show:
            tested = trial(taught, prior, folds=request.folds, seed=request.seed, on_progress=show)
        calibration = learn(taught, prior, seed=request.seed)
        stored = _stored(calibration, _datasheet(request, base, looked, taught, tested), base, looked)
    digest = _save(request.output, stored, looked)
    failures = [*collected.listing.failures]
    failed = len(failures) + len(looked.error)
    if as_json:
        _print_json(stored.datasheet, digest, request.output)
    else:
        _print(stored.datasheet)
        _print_learned(stored, base.taxonomy.domains, taught, looked)
    _notes(request, stored.datasheet, taught, failed, next(iter(looked.error.values()), None) or _first(failures))
    return common.SOMETHING_LEFT_OUT if failed else common.DONE


def _look(request: Request, collected: Collected, run: RunDirectory | None) -> Looked:
    from penchant.executors import ThreadExecutor, usable_cores
    from penchant.experiment.looking import look
    from penchant.pipeline import Recipe
    from penchant.profiles.tagged import user_rows
    from penchant.recognition import PixelLimits

    photos = collected.listing.photos
    threads = request.threads or usable_cores()
    pixels = request.max_pixels * 1_000_000
    limits = PixelLimits(full=pixels, scaled=4 * pixels)
    recipe = Recipe(request.model, tuple(request.facts), request.max_memory, threads, limits, request.fetch)
    resumed = run is not None or bool(collected.known)
    common.note_of_requests(photos, request.fetch, resumed=resumed, quiet=request.quiet)
    if run is not None:
        run.keep_photos(photos)
    _, owner = user_rows([photo.user_id for photo in photos])
    with common.progress_bar("Looking at pictures", len(photos), quiet=request.quiet) as show:
        looked = look(
            photos, owner, recipe, ThreadExecutor(threads),
            run=run, known=collected.known, retry_failed=request.retry_failed, on_progress=show,
        )  # fmt: skip
    for sentence in () if request.quiet else looked.notes:
        common.note(sentence)
    return looked


def _groups(request: Request, collected: Collected) -> list[tuple[str, ...]] | None:
    if request.group is None:
        return None
    from penchant.sources.columns import photo_columns
    from penchant.storage import is_run

    named: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for table in request.tables:
        if is_run(Path(table)):
            raise UsageError(f"--group {request.group}: the run {table} has no such column; name the table itself")
        named |= photo_columns(table, (request.group,))[request.group]
    return [named.get((photo.user_id, photo.photo_id), ()) for photo in collected.listing.photos]


def _datasheet(request: Request, base: Chosen, looked: Looked, taught: Teaching, tested: Trial | None) -> Datasheet:
    import os
    from datetime import UTC, datetime

    from penchant.recognition import file_sha256
    from penchant.semantics.calibration import Datasheet
    from penchant.semantics.calibration.file import Score, Table
    from penchant.version import __version__

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
    codes = [domain.code for domain in base.taxonomy.domains]
    return Datasheet(
        made=now.date().isoformat(),
        penchant=__version__,
        photos=len(taught.users),
        without_tags=taught.left_out,
        failed=len(looked.error),
        users=len(set(taught.users)),
        groups=len(taught.group_names),
        group_column=request.group,
        folds=0 if tested is None else tested.folds,
        seed=request.seed,
        model=looked.model.name,
        model_sha256=looked.model.sha256,
        label_set=looked.label_set.name,
        generaliser=base.name,
        taxonomy=base.taxonomy.name,
        taxonomy_sha256=file_sha256(base.taxonomy.path),
        domains={code: round(float(s), 3) for code, s in zip(codes, taught.target.sum(axis=0), strict=True) if s > 0},
        tables=tuple(
            Table(Path(table).name, file_sha256(Path(table))) for table in request.tables if Path(table).is_file()
        ),
        scored="" if tested is None else tested.units,
        scored_count=0 if tested is None else tested.count,
        scores={}
        if tested is None
        else {name: Score(each.mean, _known(each.low), _known(each.high)) for name, each in tested.scores.items()},
    )


def _known(value: float) -> float | None:
    return value if value == value else None


def _stored(calibration: Calibration, datasheet: Datasheet, base: Chosen, looked: Looked) -> Stored:
    from penchant.semantics.calibration import Stored
    from penchant.semantics.calibration.file import labels_sha256

    codes = tuple(domain.code for domain in base.taxonomy.domains)
    return Stored(calibration, codes, labels_sha256(looked.label_set), datasheet)


def _save(output: Path, stored: Stored, looked: Looked) -> str:
    from penchant.semantics.calibration import save_calibration
    from penchant.storage import atomic_file

    with atomic_file(output) as file:
        return save_calibration(stored, looked.label_set, file)


def _check_output(output: Path) -> None:
    from penchant.semantics.calibration import load_calibration

    common.check_target("--output", str(output), beginnings=(b"par1",))
    if str(output) == "-":
        raise UsageError("--output -: a calibration is no text; name a file")
    if output.is_file() and output.stat().st_size:
        try:
            load_calibration(output)
        except UsageError as error:
            raise UsageError(f"--output {output}: that file exists and is no calibration; name another") from error
        except PenchantError:
            return  # a damaged one, or an older version's, may be made anew


def _show(file: Path, *, as_json: bool, others: list[str]) -> int:
    from penchant.semantics.calibration import load_calibration

    if others:
        raise UsageError(f"--show only reads {file}: leave out {others[0]}")
    stored = load_calibration(file)
    if as_json:
        _print_json(stored.datasheet, stored.sha256, file)
    else:
        _print(stored.datasheet)
    return common.DONE


def _print_json(datasheet: Datasheet, digest: str, file: Path) -> None:
    import msgspec

    document = {"schema_version": SCHEMA_VERSION, "file": str(file), "sha256": digest}
    common.write_text("-", msgspec.json.encode({**document, **msgspec.to_builtins(datasheet)}).decode() + "\n")


_SCORES = {
    "before": "what it starts from",
    "after": "calibrated",
    "constant": "the same five domains for everybody",
    "after - before": "calibrated, against its start",
    "after - constant": "calibrated, against the same for everybody",
}


def _print(sheet: Datasheet) -> None:
    from rich.text import Text

    console = common.console()
    people = f"{sheet.users:,} people" if sheet.users > 1 else "one person"
    grouped = f" in {sheet.groups:,} groups ({sheet.group_column})" if sheet.groups else ""
    console.print(Text(f"Learned from {sheet.photos:,} tagged pictures of {people}{grouped}.", style="bold"))
    if sheet.without_tags:
        have = "has" if sheet.without_tags == 1 else "have"
        console.print(f"{sheet.without_tags:,} more {have} no tag with a domain.")
    console.print(f"{sheet.model}; {sheet.generaliser}, {sheet.taxonomy}; made {sheet.made} by {sheet.penchant}")
    for table in sheet.tables:
        console.print(Text(f"  {table.name}, SHA-256 {table.sha256[:16]}…", style="dim"))
    console.print()
    if not sheet.scores:
        console.print("Not tested: one person's photos without groups leave nobody to test on.")
        return
    console.print(f"F1@5 on {sheet.scored_count:,} {sheet.scored} that it had not seen, {sheet.folds} folds (95 %):")
    for name, said in _SCORES.items():
        score, sign = sheet.scores[name], "+" if " - " in name else ""
        console.print(Text(f"  {said:42} {format(score.mean, sign + '.3f'):>6}{_ends(score, sign)}"))


def _ends(score: Score, sign: str) -> str:
    if score.low is None or score.high is None:
        return ""
    return f"   {format(score.low, sign + '.3f')} to {format(score.high, sign + '.3f')}"


def _print_learned(stored: Stored, domains: Sequence[Domain], taught: Teaching, looked: Looked) -> None:
    """For the commonest domains, the labels that carry them."""
    import numpy as np
    from rich.text import Text

    from penchant.text import printable

    console = common.console()
    calibration = stored.calibration
    strength = calibration.transform.strength(taught.confidence)
    size = len(calibration.matrix)
    seen = np.bincount(np.maximum(taught.label, 0).ravel(), strength.ravel(), size)
    console.print("\nWhat these people tag, and the labels that now carry it:")
    for place in np.argsort(-calibration.background, kind="stable")[:_DOMAINS_SHOWN].tolist():
        given = seen * calibration.matrix[:, place]
        names = [looked.label_set.classes[at].name for at in np.argsort(-given, kind="stable")[:4] if given[at] > 0]
        if names:
            line = Text(printable(f"  {calibration.background[place]:4.0%} {domains[place].name}: {', '.join(names)}"))
            line.truncate(console.width, overflow="ellipsis")
            console.print(line)


def _notes(request: Request, sheet: Datasheet, taught: Teaching, failed: int, first: str | None) -> None:
    if failed:
        common.note(f"{failed:,} picture{'' if failed == 1 else 's'} could not be used; the first: {first}")
    if request.quiet:
        return
    if len(taught.users) < _FEW:
        common.note(f"{len(taught.users):,} pictures are few: it stays near the ontology")
    if not sheet.scores:
        if not request.group:
            common.note("to test it, name people (column user_id), or a column that groups the photos: --group COLUMN")
    else:
        for against, name in (
            ("what it starts from", "after - before"),
            ("the same for everybody", "after - constant"),
        ):
            gain = sheet.scores[name]
            if gain.mean <= 0:
                common.note(f"it does no better than {against} on this table: don't rely on it")
            elif gain.low is None or gain.low <= 0:
                common.note(f"it may do no better than {against}: the interval holds zero")
    common.note(f"the calibration is in {request.output}; use it with --generaliser calibrated:{request.output}")


def _first(failures: list[Any]) -> str | None:
    return failures[0].error if failures else None
