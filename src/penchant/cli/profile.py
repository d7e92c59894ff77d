"""`penchant profile`: what one person's pictures say."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from penchant.cli import common
from penchant.cli.profile_results import write_documents, write_page
from penchant.errors import UsageError
from penchant.types import Aggregation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from penchant.executors import Executor
    from penchant.pipeline import Collected, Recipe, Worker
    from penchant.profiles import Meaning, ProfileOptions
    from penchant.semantics import Generaliser
    from penchant.semantics.choose import Chosen
    from penchant.sources.fetch import FetchOptions
    from penchant.storage import RunDirectory
    from penchant.types import LabelSet, Photo, Profile

_EVIDENCE_KEPT = 12  # in JSON and on the page, where --evidence doesn't ask for more
_MAX_PIXELS = 100
_PRIVATE = "--allow-private-addresses"  # what the reasons of the pictures that it would bring name

Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE|-",
        help="Write the profile as JSON, with several people one a line; - or no name is standard output.",
    ),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", help="Write one self-contained page, with thumbnails; - is standard output."
    ),
]
Open = Annotated[
    bool, typer.Option("--open", help="Show the page in the browser.", show_default="penchant-profile.html")
]
Top = Annotated[int, typer.Option("--top", min=1, help="Domains to show on the terminal.")]
EvidenceShown = Annotated[
    int, typer.Option("--evidence", min=0, help="Pictures to name behind each domain on the terminal.")
]


@dataclass(frozen=True)
class Request:
    """What `profile` and `demo` were asked for; the fields are the options of `profile`."""

    sources: list[str]
    json: str | None = None
    html: Path | None = None
    open: bool = False
    run: Path | None = None
    retry_failed: bool = False
    model: str = "efficientnet-lite0-int8"
    facts: list[str] = field(default_factory=list)
    taxonomy: Path | None = None
    generaliser: str = "ontology"
    babelnet_key: str | None = field(default=None, repr=False)
    babelnet_cache: Path | None = None
    max_requests: int | None = None
    aggregation: Aggregation = Aggregation.MASS
    top_k: int = 5
    min_confidence: float = 0.05
    min_photos: int = 20
    background: Path | None = None
    sort: str = "share"
    hide_sensitive: bool = False
    user: str | None = None
    fetch: bool = False
    keep_pictures: Path | None = None
    allow_private_addresses: bool = False
    tags: bool = True
    top: int = 10
    evidence: int = 0
    failures: bool = False
    threads: int | None = None
    max_memory: int | None = None
    max_pixels: int = _MAX_PIXELS
    quiet: bool = False


def profile(
    sources: common.Sources,
    json: Json = None,
    html: Html = None,
    open: Open = False,  # noqa: A002 - the option's name
    run: common.Run = None,
    retry_failed: common.RetryFailed = False,
    top: Top = 10,
    evidence: EvidenceShown = 0,
    failures: Annotated[bool, typer.Option("--failures", help="List every picture that could not be used.")] = False,
    sort: Annotated[
        str,
        typer.Option("--sort", metavar="share|lift", help="Rank by size, or by what sets the person apart."),
    ] = "share",
    hide_sensitive: Annotated[
        bool,
        typer.Option("--hide-sensitive", help="Leave out health, religion, politics, philosophy and law."),
    ] = False,
    min_photos: Annotated[
        int, typer.Option("--min-photos", min=0, help="Fewer usable pictures are called not enough evidence.")
    ] = 20,
    aggregation: Annotated[
        Aggregation,
        typer.Option(
            "--aggregation",
            help="How pictures add up: mass weighs each label by its confidence; count gives one count for the most "
            "probable label (the 2018 study's way).",
        ),
    ] = Aggregation.MASS,
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=10, help="With mass: labels a picture.")] = 5,
    min_confidence: Annotated[
        float,
        typer.Option("--min-confidence", min=0, max=1, help="With mass: less sure labels are left out."),
    ] = 0.05,
    background: Annotated[
        Path | None,
        typer.Option(
            "--background",
            metavar="FILE",
            help="A profile's JSON to compare with, in place of a typical collection.",
        ),
    ] = None,
    taxonomy: common.Taxonomy = None,
    generaliser: common.Generaliser = "ontology",
    babelnet_key: common.BabelNetKey = None,
    babelnet_cache: common.BabelNetCache = None,
    max_requests: common.MaxRequests = None,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="ID", help="Of a table with several people: only this one."),
    ] = None,
    tags: Annotated[
        bool,
        typer.Option(
            "--tags/--no-tags",
            help="Compare with the profile of the pictures' tags: keywords in the pictures, a table's tags.",
        ),
    ] = True,
    fetch: common.Fetch = False,
    keep_pictures: common.KeepPictures = None,
    allow_private_addresses: common.AllowPrivate = False,
    model: common.Model = "efficientnet-lite0-int8",
    fact: common.Facts = [],  # noqa: B006 - typer copies it
    threads: common.Threads = None,
    max_memory: common.MaxMemory = None,
    max_pixels: common.MaxPixels = _MAX_PIXELS,
    quiet: common.Quiet = False,
) -> int:
    """Say what the person behind some pictures cares about, how sure that is, and why.

    Reads folders, single pictures, zip archives and tables of photos; nothing leaves this machine, and nothing is
    kept unless --run, --json, --html or --keep-pictures name a place. Only with --fetch are hosts asked for pictures
    that a table places there; only with BabelNet is its service asked about every label that the model knows, whatever
    the pictures show.

    \b
    penchant profile ~/Pictures
    penchant profile ~/Pictures --html me.html --open
    penchant profile export.zip --run me.run --json me.json
    """
    return run_profile(
        Request(
            sources=sources, json=json, html=html, open=open, run=run, retry_failed=retry_failed, model=model,
            facts=fact, taxonomy=taxonomy, aggregation=aggregation, top_k=top_k, min_confidence=min_confidence,
            min_photos=min_photos, background=background, sort=sort, hide_sensitive=hide_sensitive, user=user,
            top=top, evidence=evidence, failures=failures, threads=threads, max_memory=max_memory,
            max_pixels=max_pixels, quiet=quiet, generaliser=generaliser, babelnet_key=babelnet_key,
            babelnet_cache=babelnet_cache, max_requests=max_requests, tags=tags, fetch=fetch,
            keep_pictures=keep_pictures, allow_private_addresses=allow_private_addresses,
        )
    )  # fmt: skip


def run_profile(request: Request) -> int:
    """Does what was asked for and gives the exit code."""
    if request.retry_failed and request.run is None:
        raise UsageError("--retry-failed goes with --run DIR, which remembers what failed")
    if request.sort not in {"share", "lift"}:
        raise UsageError(f"--sort {request.sort!r}: write share or lift")
    page = _page(request)
    if request.json is not None:
        common.check_target("--json", request.json, beginnings=(b"{",))
    if page is not None:
        common.check_target("--html", str(page), beginnings=(b"<",))
        if str(page) == "-" and (request.open or request.json == "-"):
            raise UsageError("--html - writes to standard output: that goes with neither --open nor --json -")
    fetching = common.fetch_options(request.fetch, request.keep_pictures, request.allow_private_addresses)
    from penchant.pipeline import Worker
    from penchant.storage import open_run

    sources = common.named_sources(request.sources)
    collected = _of_user(_collected(sources, request), request.user)
    if not collected.listing.photos:
        raise common.nothing_found(sources, collected.listing)
    people = len({photo.user_id for photo in collected.listing.photos})
    if page is not None and people > 1:
        raise UsageError(f"--html shows one person, and there are {people:,}: choose one with --user")
    with (
        Worker(_recipe(request, fetching)) as worker,
        open_run(request.run) if request.run is not None else nullcontext() as run,
    ):
        common.notes_of(worker.classifier, quiet=request.quiet)
        resumed = run is not None or bool(collected.known)
        common.note_of_requests(collected.listing.photos, fetching, resumed=resumed, quiet=request.quiet)
        profiles = _profiles(request, collected, worker, run)
        if page is not None:
            write_page(page, request, profiles[0], collected, worker)
    notes = collected.listing.notes if request.tags else ()
    write_documents(request, profiles, notes)
    failed = sum(profile.photos.failed for profile in profiles)
    if not request.quiet and any(_PRIVATE in failure.error for profile in profiles for failure in profile.failures):
        common.note(f"where an address is not public, {_PRIVATE} asks it all the same")
    if not any(profile.photos.used for profile in profiles):
        return common.NOTHING_DONE
    return common.SOMETHING_LEFT_OUT if failed or notes else common.DONE


def _collected(sources: list[str], request: Request) -> Collected:
    from penchant.pipeline import collect

    with common.progress_bar("Looking for pictures", None, quiet=request.quiet) as show:
        return collect(sources, keywords=request.tags, on_progress=show)


def _recipe(request: Request, fetching: FetchOptions | None) -> Recipe:
    from penchant.executors import usable_cores
    from penchant.pipeline import Recipe
    from penchant.recognition import PixelLimits

    pixels = request.max_pixels * 1_000_000
    return Recipe(
        model=request.model,
        facts=tuple(request.facts),
        max_memory_mib=request.max_memory,
        threads=request.threads or usable_cores(),
        pixel_limits=PixelLimits(full=pixels, scaled=4 * pixels),
        fetch=fetching,
    )


def _executor(request: Request) -> Executor:
    from penchant.executors import ThreadExecutor, usable_cores

    return ThreadExecutor(request.threads or usable_cores())


def _of_user(collected: Collected, user: str | None) -> Collected:
    if user is None:
        return collected
    photos = tuple(photo for photo in collected.listing.photos if photo.user_id == user)
    if not photos:
        users = sorted({photo.user_id or "(nobody named)" for photo in collected.listing.photos})
        raise UsageError(
            f"--user {user!r} has no photos; there are {', '.join(users[:8])}{' …' if len(users) > 8 else ''}"
        )
    failures = tuple(failure for failure in collected.listing.failures if failure.user_id in {None, user})
    notes = tuple(note for note in collected.listing.notes if note.user_id in {None, user})
    return replace(collected, listing=replace(collected.listing, photos=photos, failures=failures, notes=notes))


def _profiles(request: Request, collected: Collected, worker: Worker, run: RunDirectory | None) -> tuple[Profile, ...]:
    from penchant.pipeline import calibration_notes, predict, profiles_of

    options = _options(request)
    meaning, generaliser = _meaning(request, options, worker.classifier.label_set)
    for sentence in (
        () if request.quiet else calibration_notes(generaliser, worker.classifier.label_set, worker.classifier.facts)
    ):
        common.note(sentence)
    if request.sort == "lift" and meaning.background is None:
        raise UsageError("--sort lift: nobody knows how common this model's labels are; give a --background FILE")
    photos = collected.listing.photos
    if run is not None:
        run.keep_photos(photos)
    with common.progress_bar("Looking at pictures", len(photos), quiet=request.quiet) as show:
        predictions = predict(
            photos,
            worker,
            _executor(request),
            run=run,
            known=collected.known,
            retry_failed=request.retry_failed,
            on_progress=show,
        )
    profiles = profiles_of(predictions, worker.classifier, meaning, options, collected.listing)
    if request.tags:
        profiles = _with_words(profiles, photos, generaliser, meaning, request)
    if run is not None:
        run.keep_profiles(profiles, profiles[0].provenance)
    return profiles


def _with_words(
    profiles: tuple[Profile, ...],
    photos: Sequence[Photo],
    generaliser: Generaliser,
    meaning: Meaning,
    request: Request,
) -> tuple[Profile, ...]:
    tagged = sum(bool(photo.tags) for photo in photos)
    if not tagged:
        return profiles
    from penchant.words import ontology_of, with_words

    with common.progress_bar("Reading tags", tagged, quiet=request.quiet) as show:
        return with_words(
            profiles,
            photos,
            ontology_of(generaliser),
            background=meaning.background,
            hide_sensitive=request.hide_sensitive,
            on_progress=show,
        )


def _options(request: Request) -> ProfileOptions:
    from penchant.profiles import Adding, ProfileOptions

    return ProfileOptions(
        adding=Adding(request.aggregation, request.top_k, request.min_confidence),
        minimum_photos=request.min_photos,
        evidence=max(_EVIDENCE_KEPT, request.evidence),
        rank_by=request.sort,
        hide_sensitive=request.hide_sensitive,
    )


def _meaning(request: Request, options: ProfileOptions, label_set: LabelSet) -> tuple[Meaning, Generaliser]:
    from penchant.pipeline import understand
    from penchant.semantics.choose import make_generaliser

    with make_generaliser(
        request.generaliser,
        taxonomy=request.taxonomy,
        babelnet_key=request.babelnet_key,
        babelnet_cache=request.babelnet_cache,
        max_requests=request.max_requests,
        warn=(lambda _: None) if request.quiet else common.note,
    ) as generaliser:
        background = _background(request, generaliser)
        _ask_ahead(request, generaliser, label_set)
        return understand(label_set, generaliser, options, background), generaliser


def _background(request: Request, generaliser: Generaliser) -> NDArray[np.float64] | None:
    if request.background is None:
        return None
    import msgspec

    from penchant.profiles import profile_background

    try:
        document = msgspec.json.decode(request.background.read_bytes())
    except OSError as error:
        raise UsageError(f"--background {request.background} can't be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"--background {request.background} is not JSON: {error}") from error
    return profile_background(document, generaliser.taxonomy.domains)


def _ask_ahead(request: Request, generaliser: Chosen, label_set: LabelSet) -> None:
    """Asks BabelNet about every label, with a bar: the first time takes minutes, and its answers are kept."""
    from penchant.semantics.choose import babelnet_of

    if babelnet_of(generaliser) is None:
        return
    with common.progress_bar("Asking BabelNet", len(label_set.classes), quiet=request.quiet) as show:
        for done, label in enumerate(label_set.classes, start=1):
            generaliser.label_domains(label)
            show(done)
    if not request.quiet:
        common.note(f"the domains are those of {generaliser.name}")


def _page(request: Request) -> Path | None:
    return request.html or (Path("penchant-profile.html") if request.open else None)
