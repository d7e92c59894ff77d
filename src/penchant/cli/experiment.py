"""`penchant experiment`: how true are profiles from pictures, by which way, and is that better than knowing nothing?"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from penchant.cli import common
from penchant.errors import UsageError
from penchant.types import Aggregation  # noqa: TC001 - typer reads it

if TYPE_CHECKING:
    from penchant.experiment import Experiment, Means, Plan
    from penchant.sources.fetch import FetchOptions
    from penchant.storage import RunDirectory

DEFAULT_FOLDER = Path("penchant-experiment")
_MAX_PIXELS = 100

Tables = Annotated[
    list[str],
    typer.Argument(
        metavar="TABLE",
        help="Tables of photos with the columns user_id, path and tags (.parquet, .csv, .jsonl), or folders of "
        "earlier runs; - reads names from standard input.",
    ),
]


@dataclass(frozen=True)
class Request:
    """What was asked for; the fields are the command's options."""

    tables: list[str]
    output: Path = DEFAULT_FOLDER
    json: bool = False
    run: Path | None = None
    retry_failed: bool = False
    protocol: list[str] = field(default_factory=list)
    model: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    generaliser: list[str] = field(default_factory=list)
    babelnet_key: str | None = field(default=None, repr=False)
    babelnet_cache: Path | None = None
    max_requests: int | None = None
    aggregation: Aggregation | None = None
    top_k: int = 5
    min_confidence: float = 0.05
    taxonomy: Path | None = None
    reference: str = "tags"
    keyless: str = "first"
    k: int = 5
    ties: str = "by_code"
    calibrate: bool | None = None
    group: str | None = None
    folds: int = 5
    seed: int = 0
    bootstrap: int = 10_000
    min_photos: int = 1
    min_tags: int = 1
    min_domains: int = 1
    hide_sensitive: bool = False
    fetch: bool = False
    keep_pictures: Path | None = None
    allow_private_addresses: bool = False
    threads: int | None = None
    max_memory: int | None = None
    max_pixels: int = _MAX_PIXELS
    quiet: bool = False


def experiment(
    tables: Tables,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The report's folder; an earlier report is replaced.")
    ] = DEFAULT_FOLDER,
    json: Annotated[bool, typer.Option("--json", help="Print metrics.json on standard output too.")] = False,
    run: common.Run = None,
    retry_failed: common.RetryFailed = False,
    protocol: Annotated[
        list[str],
        typer.Option(
            "--protocol",
            metavar="default|paper|all",
            help="default: the best we know; paper: the 2018 study, step by step. Repeat, or separate by commas; the "
            "first is the report's main one.",
            show_default="all",
        ),
    ] = [],  # noqa: B006 - typer copies it
    model: Annotated[
        list[str],
        typer.Option(
            "--model",
            metavar="NAME|FILE",
            help="A network, as for `penchant profile`. Repeat it for the columns of the study's Table 1.",
            show_default="efficientnet-lite0-int8",
        ),
    ] = [],  # noqa: B006
    fact: common.Facts = [],  # noqa: B006
    generaliser: Annotated[
        list[str],
        typer.Option(
            "--generaliser",
            metavar="NAME",
            help="From labels to domains, as for `penchant profile`. Repeat to compare; each goes with every protocol.",
            show_default="ontology for default, paper for paper",
        ),
    ] = [],  # noqa: B006
    babelnet_key: common.BabelNetKey = None,
    babelnet_cache: common.BabelNetCache = None,
    max_requests: common.MaxRequests = None,
    aggregation: Annotated[
        Aggregation | None,
        typer.Option(
            "--aggregation", help="How pictures add up to a profile.", show_default="mass for default, count for paper"
        ),
    ] = None,
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=10, help="With mass: labels a picture.")] = 5,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="With mass: less sure labels are left out.")
    ] = 0.05,
    taxonomy: common.Taxonomy = None,
    reference: Annotated[
        str,
        typer.Option(
            "--reference",
            metavar="tags|tags:PROTOCOL|column:NAME|FILE",
            help="What people say themselves: their tags, each protocol reading them its own way; tags:default or "
            "tags:paper for all protocols alike; another column of the table; or a table user_id, domain, weight.",
        ),
    ] = "tags",
    keyless: Annotated[
        str,
        typer.Option(
            "--keyless",
            metavar="first|none",
            help="Study's way: what a word without a key sense means (left open there).",
        ),
    ] = "first",
    k: Annotated[int, typer.Option("-k", min=1, help="How many domains of a profile count.")] = 5,
    ties: Annotated[
        str,
        typer.Option(
            "--ties",
            metavar="by_code|share",
            help="Equal domains at the k-th place: the first by code, or all in part.",
        ),
    ] = "by_code",
    calibrate: Annotated[
        bool | None,
        typer.Option(
            "--calibrate/--no-calibrate",
            help="Learn from the tags of other users, inside a cross-validation, what people call interesting.",
            show_default="in the default protocol, from 10 users on",
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="COLUMN",
            help="Photos with a value of this column in common are never learned from and tested on at once.",
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Parts of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of folds, held-out photos, intervals and tests.")] = 0,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", metavar="N", min=1, help="Samples drawn for intervals and tests.")
    ] = 10_000,
    min_photos: Annotated[int, typer.Option("--min-photos", min=1, help="Leave out users with fewer pictures.")] = 1,
    min_tags: Annotated[int, typer.Option("--min-tags", min=1, help="Leave out users with fewer tags.")] = 1,
    min_domains: Annotated[
        int, typer.Option("--min-domains", min=1, help="Leave out users whose reference has fewer domains.")
    ] = 1,
    hide_sensitive: Annotated[
        bool,
        typer.Option(
            "--hide-sensitive", help="Leave health, religion, politics, philosophy and law out of profiles and tables."
        ),
    ] = False,
    fetch: common.Fetch = False,
    keep_pictures: common.KeepPictures = None,
    allow_private_addresses: common.AllowPrivate = False,
    threads: common.Threads = None,
    max_memory: common.MaxMemory = None,
    max_pixels: common.MaxPixels = _MAX_PIXELS,
    quiet: common.Quiet = False,
) -> int:
    """Measure how well pictures tell what people say they care about.

    Many users with photos and tags: profiles predicted from the pictures are compared with profiles from the tags, by
    several ways, beside what one gets who knows nothing of a person. Writes one folder: a page, tables, figures,
    metrics, profiles. With --run, networks look at pictures once, whatever is tried after that.

    \b
    penchant experiment favourites.parquet
    penchant experiment favourites.parquet --protocol paper --model googlenet
    """
    return run_request(
        Request(
            tables=tables, output=output, json=json, run=run, retry_failed=retry_failed, protocol=protocol,
            model=model, facts=fact, generaliser=generaliser, babelnet_key=babelnet_key,
            babelnet_cache=babelnet_cache, max_requests=max_requests, aggregation=aggregation, top_k=top_k,
            min_confidence=min_confidence, taxonomy=taxonomy, reference=reference, keyless=keyless, k=k, ties=ties,
            calibrate=calibrate, group=group, folds=folds, seed=seed, bootstrap=bootstrap, min_photos=min_photos,
            min_tags=min_tags, min_domains=min_domains, hide_sensitive=hide_sensitive, fetch=fetch,
            keep_pictures=keep_pictures, allow_private_addresses=allow_private_addresses, threads=threads,
            max_memory=max_memory, max_pixels=max_pixels, quiet=quiet,
        )
    )  # fmt: skip


def run_request(request: Request) -> int:
    """Does what was asked for and gives the exit code."""
    if request.retry_failed and request.run is None:
        raise UsageError("--retry-failed goes with --run DIR, which remembers what failed")
    from penchant.experiment import check_folder, metrics_json, run_experiment, write_folder
    from penchant.pipeline import collect
    from penchant.report.experiment import require_figures
    from penchant.storage import open_run

    plan = _plan(request)
    fetching = common.fetch_options(request.fetch, request.keep_pictures, request.allow_private_addresses)
    require_figures()
    check_folder(request.output)
    tables = common.named_sources(request.tables)
    with common.progress_bar("Reading tables", None, quiet=request.quiet) as show:
        collected = collect(tables, on_progress=show)
    if not collected.listing.photos:
        raise common.nothing_found(tables, collected.listing)
    with open_run(request.run) if request.run is not None else nullcontext() as run:
        resumed = run is not None or bool(collected.known)
        common.note_of_requests(collected.listing.photos, fetching, resumed=resumed, quiet=request.quiet)
        if run is not None:
            run.keep_photos(collected.listing.photos)
        found = run_experiment(tables, collected, plan, _means(request, run, fetching))
    with common.progress_bar("Writing the report", None, quiet=request.quiet):
        write_folder(request.output, found, hide_sensitive=request.hide_sensitive)
    if request.json:
        common.write_text("-", metrics_json(found).decode())
    else:
        _print(found, request)
    return common.SOMETHING_LEFT_OUT if found.excluded else common.DONE


def _plan(request: Request) -> Plan:
    from penchant.evaluation import Ties
    from penchant.experiment import BabelNetOptions, Calibrating, Plan, ProtocolName, Selecting

    named = [name for given in request.protocol for name in given.split(",")] or ["all"]
    protocols: dict[ProtocolName, None] = {}
    for name in named:
        if name in {"all", "both"}:
            protocols |= dict.fromkeys(ProtocolName)
        elif name in set(ProtocolName):
            protocols[ProtocolName(name)] = None
        else:
            raise UsageError(f"--protocol {name!r}: write default, paper or all")
    reference = request.reference
    known = reference in {"tags", "tags:default", "tags:paper"} or reference.startswith("column:")
    if not known and not Path(reference).is_file():
        raise UsageError(f"--reference {reference}: write tags, tags:default, tags:paper, column:NAME, or name a file")
    if reference == "column:":
        raise UsageError("--reference column: needs the name of a column of the table")
    if request.keyless not in {"first", "none"}:
        raise UsageError(f"--keyless {request.keyless!r}: write first or none")
    if request.ties not in set(Ties):
        raise UsageError(f"--ties {request.ties!r}: write by_code or share")
    models = {"models": tuple(request.model)} if request.model else {}
    return Plan(
        **models,
        protocols=tuple(protocols),
        facts=tuple(request.facts),
        generalisers=tuple(dict.fromkeys(request.generaliser)),
        aggregation=request.aggregation,
        top_k=request.top_k,
        min_confidence=request.min_confidence,
        taxonomy=request.taxonomy,
        reference=reference,
        keyless="none" if request.keyless == "none" else "first",
        k=request.k,
        ties=Ties(request.ties),
        calibrating=Calibrating(request.calibrate, request.group, request.folds),
        selecting=Selecting(request.min_photos, request.min_tags, request.min_domains),
        babelnet=BabelNetOptions(request.babelnet_key, request.babelnet_cache, request.max_requests),
        seed=request.seed,
        bootstrap=request.bootstrap,
        hide_sensitive=request.hide_sensitive,
    )


def _means(request: Request, run: RunDirectory | None, fetching: FetchOptions | None) -> Means:
    from penchant.executors import ThreadExecutor, usable_cores
    from penchant.experiment import Means
    from penchant.pipeline import Recipe
    from penchant.recognition import PixelLimits

    threads = request.threads or usable_cores()
    pixels = request.max_pixels * 1_000_000
    return Means(
        recipe=Recipe(
            max_memory_mib=request.max_memory,
            threads=threads,
            pixel_limits=PixelLimits(full=pixels, scaled=4 * pixels),
            fetch=fetching,
        ),
        executor=ThreadExecutor(threads),
        run=run,
        retry_failed=request.retry_failed,
        stage=partial(common.progress_bar, quiet=request.quiet),
        warn=(lambda _: None) if request.quiet else common.note,
    )


def _print(found: Experiment, request: Request) -> None:
    from rich.table import Table
    from rich.text import Text

    console = common.console()
    result = found.result
    below = {method.verdict for method in result.methods if method.below_constant}
    for sentence in result.verdict:
        console.print(Text(sentence, style="bold red" if sentence in below else ""))
    console.print()
    users = "1 user" if result.users == 1 else f"{result.users:,} users"
    console.print(f"{users}, {result.photos:,} pictures; reference: {result.reference}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for title in (f"F1@{result.k}", "95 %", f"lift F1@{result.k}", "Spearman", "AUC own"):
        table.add_column(title, justify="right", no_wrap=True)
    rows = [(method.name, method) for method in result.methods]
    for name, scores in [*rows, *result.baselines.items()]:
        f1 = scores.f1_at_k
        table.add_row(
            Text(name, style="" if (name, scores) in rows else "dim", overflow="fold"),
            _number(f1.mean),
            "" if f1.low is None or f1.high is None else f"{f1.low:.3f}–{f1.high:.3f}",
            _number(scores.lift_ranked_f1_at_k.mean),
            _number(scores.domain_spearman.mean),
            _number(None if scores.recommendation_auc is None else scores.recommendation_auc.mean),
        )
    console.print(table)
    inside = [(method.name, one) for method in result.methods if (one := method.within_folds) is not None]
    if inside:
        values = [f"{name} {_number(one.lift_ranked_f1_at_k)}, {_number(one.domain_spearman)}" for name, one in inside]
        told = f"Inside the folds of the cross-validation, lift F1 and Spearman: {'; '.join(values)}."
        console.print(Text(told, style="dim"))
    left_out = {name: count for name, count in result.excluded.items() if count}
    if left_out:
        told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in left_out.items())
        console.print(Text(f"Left out: {told} (all in {request.output / 'excluded.csv'})", style="yellow"))
        console.print(Text(f"  the first: {found.excluded[0].reason}", style="dim"))
    if not request.quiet:
        typer.echo(f"The report is in {request.output / 'index.html'}", err=True)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
