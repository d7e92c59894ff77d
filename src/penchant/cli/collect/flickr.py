"""`penchant collect flickr`: people's favourites on Flickr, as a table of photos."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.sources.flickr import Collection, Estimate, Outcome, Plan

SCHEMA_VERSION = 1

_FAILURES_SHOWN = 10


def flickr(
    users: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="USER",
            help="Whose: identifiers (12037949629@N01), names, or addresses of their pages; - reads them from standard "
            "input, one a line.",
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="The folder of the collection: its table photos.parquet, its pictures, and how far it is. The same "
            "command goes on from there.",
        ),
    ] = Path("flickr"),
    random: Annotated[
        int | None,
        typer.Option("--random", metavar="N", min=1, help="People chosen at random, this many.", show_default="none"),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="With --random: where chance begins.", show_default="0")
    ] = None,
    min_favourites: Annotated[
        int | None,
        typer.Option(
            "--min-favourites",
            metavar="N",
            min=1,
            help="With --random: only people with as many public favourites.",
            show_default="200",
        ),
    ] = None,
    favourites: Annotated[
        int | None,
        typer.Option(
            "--favourites", metavar="N", min=1, help="Photos of each person, newest first.", show_default="200"
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All of each person's photos, however many.")] = False,
    own: Annotated[bool, typer.Option("--own", help="People's own photos in place of their favourites.")] = False,
    raw_tags: Annotated[
        bool,
        typer.Option("--raw-tags", help="Tags as they were typed (Indian Ocean, not indianocean): one query a photo."),
    ] = False,
    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="PIXELS",
            help="The pictures' longest side (100, 240, 320, 400, 500, 640, 800, 1024, 1600, 2048), or original; the "
            "nearest that there is.",
            show_default="640",
        ),
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="Only the addresses of the pictures, in the table's column url.")
    ] = False,
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms",
            help="Users have pseudonyms in the table, made with a salt that is kept among your settings.",
        ),
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Remove photos that turned private or vanished, and bring tags, titles and licences up to date.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask nobody: say how many queries it takes, how long, and how many bytes.")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="Your key to Flickr; better kept in the environment variable FLICKR_API_KEY or in a file, because "
            "others can see a command's options.",
            show_default="FLICKR_API_KEY, or penchant/flickr.key among your settings",
        ),
    ] = None,
    queries_per_hour: Annotated[
        int,
        typer.Option(
            "--queries-per-hour",
            metavar="N",
            min=1,
            max=3600,
            help="At most so many queries in any hour, by all processes of this machine with this key.",
        ),
    ] = 3600,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint",
            metavar="URL",
            help="Another address of Flickr's service.",
            show_default="PENCHANT_FLICKR_URL, or Flickr's own",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as one JSON object.")] = False,
    quiet: common.Quiet = False,
) -> int:
    """Collect people's favourites from Flickr: a table of photos with their tags, and the pictures.

    Needs a key. What a call lacks, the next one fetches; nothing is asked twice. The options are remembered with the
    collection, so it goes on with -o alone. Whose favourites are asked for, Flickr learns; nothing else leaves this
    machine.

    \b
    penchant collect flickr 12037949629@N01 -o friends
    penchant collect flickr --random 300 --seed 1 -o study
    penchant collect flickr -o study --refresh

    This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc.
    """
    from penchant.sources import flickr as source

    address = source.endpoint(endpoint)
    people = _people(users or [])
    exists = (output / "collection.sqlite").is_file()
    if not exists and not people and random is None:
        folder = "; a folder of that name is ./flickr" if Path("flickr").is_dir() else ""
        raise UsageError(f"no user given, and no collection in {output}: name users, or give --random N{folder}")

    def plan_of(collection: Collection | None) -> Plan:
        kept = source.Plan() if collection is None else source.kept_plan(collection)
        if every and favourites is not None:
            raise UsageError("give --all or --favourites, not both")
        return replace(
            kept,
            users=people,
            random=kept.random if random is None else random,
            seed=kept.seed if seed is None else seed,
            min_favourites=kept.min_favourites if min_favourites is None else min_favourites,
            photos=None if every else kept.photos if favourites is None else favourites,
            own=own or kept.own,
            raw_tags=raw_tags or kept.raw_tags,
            pictures=not no_pictures and (kept.pictures or size is not None),
            size=kept.size if size is None else source.size_named(size),
            pseudonyms=pseudonyms or kept.pseudonyms,
        )

    if dry_run:
        if not exists:
            _print_estimate(source.estimate(plan_of(None), None, per_hour=queries_per_hour), json=json)
            return common.DONE
        with source.Collection(output, create=False) as collection:
            estimate = source.estimate(plan_of(collection), collection, per_hour=queries_per_hour)
            _print_estimate(estimate, json=json)
        return common.DONE

    from penchant.storage import atomic_file

    warn = (lambda _: None) if quiet else common.note
    source.check_folder(output, create=not refresh)
    box = source.KEY_PLACE.find(key, warn=warn)
    limiter = source.Limiter(box, per_hour=queries_per_hour, on_wait=partial(_on_wait, queries_per_hour, quiet=quiet))
    client = source.FlickrClient(box, limiter=limiter, url=address)
    with _locked(output), source.Collection(output, create=not refresh) as collection, client:
        plan = plan_of(collection)
        work = source.Collecting(
            plan,
            collection,
            client,
            fetch=source.fetch_options(loopback=source.is_loopback(address)),
            atomic_file=atomic_file,
            stage=partial(common.progress_bar, quiet=quiet),
            now=time.time,
            pseudonym=source.pseudonymiser() if plan.pseudonyms else None,
        )
        try:
            outcome = work.refresh() if refresh else work.collect()
        finally:
            limiter.close()
    _print_outcome(outcome, client.queries, pictures=plan.pictures, json=json, quiet=quiet)
    if outcome.failures:
        return common.SOMETHING_LEFT_OUT if outcome.photos else common.NOTHING_DONE
    return common.DONE


def _people(given: list[str]) -> tuple[str, ...]:
    """Whose, each once; `-` stands for the lines of standard input."""
    named = [name for user in given for name in (common.lines_of_stdin() if user == "-" else [user])]
    return tuple(dict.fromkeys(name.strip() for name in named if name.strip()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keeps other processes out of the folder, and clears away what a killed one left half written."""
    from filelock import FileLock, Timeout

    from penchant.errors import StorageError
    from penchant.storage.parts import remove_unfinished

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise UsageError(f"another penchant is collecting into {folder}: wait for it, or name another folder") from None
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"{folder} can't be written: {reason}") from error
    try:
        remove_unfinished(folder)
        yield
    finally:
        lock.release()


def _on_wait(per_hour: int, seconds: float, *, quiet: bool) -> None:
    if not quiet:
        common.note(f"the {per_hour:,} queries of this hour are used up: going on in {_span(seconds)}")


def _print_estimate(estimate: Estimate, *, json: bool) -> None:
    if json:
        _print_json(
            {
                "people": estimate.people,
                "queries": estimate.queries,
                "hours": round(estimate.hours, 2),
                "pictures": estimate.pictures,
                "bytes": estimate.bytes,
                "guessed": estimate.guessed,
            }
        )
        return
    from penchant.sources.limits import show_bytes

    about = "about " if estimate.guessed else "at most "
    people, queries = _counted(estimate.people, "person", "people"), _counted(estimate.queries, "query", "queries")
    typer.echo(f"{people}, {about}{queries}, {_span(estimate.hours * 3600)}")
    if estimate.pictures:
        typer.echo(f"{about}{_counted(estimate.pictures, 'picture')}, some {show_bytes(estimate.bytes)}")


def _print_outcome(outcome: Outcome, queries: int, *, pictures: bool, json: bool, quiet: bool) -> None:
    if json:
        _print_json(
            {
                "table": str(outcome.table),
                "people": outcome.people,
                "photos": outcome.photos,
                "pictures": outcome.pictures,
                "videos": outcome.videos,
                "removed": outcome.removed,
                "queries": queries,
                "unfinished": outcome.unfinished,
                "failures": [
                    {"name": failure.photo_id, "user_id": failure.user_id, "error": failure.error}
                    for failure in outcome.failures
                ],
            }
        )
    else:
        typer.echo(f"{_counted(outcome.photos, 'photo')} of {_counted(outcome.people, 'person', 'people')}")
        if outcome.photos:
            command = "profile" if outcome.people == 1 else "experiment"
            fetch = "" if pictures else " --fetch"
            typer.echo(f"The table is {outcome.table}. Next: penchant {command} {outcome.table}{fetch}")
    if quiet:
        return
    if outcome.removed:
        common.note(f"removed, as no longer public: {_counted(outcome.removed, 'photo')}")
    if outcome.videos:
        common.note(f"passed over: {_counted(outcome.videos, 'video')}")
    for failure in outcome.failures[:_FAILURES_SHOWN]:
        common.note(f"{failure.photo_id}: {failure.error}")
    if len(outcome.failures) > _FAILURES_SHOWN:
        common.note(f"and {len(outcome.failures) - _FAILURES_SHOWN:,} more were left out; --json lists them all")
    if outcome.unfinished:
        common.note("the same command later fetches what is missing")


def _print_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps({"schema_version": SCHEMA_VERSION, **document}, ensure_ascii=False))


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _span(seconds: float) -> str:
    """A time for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:,.0f} min" if seconds < 2 * 3600 else f"{seconds / 3600:,.1f} hours"
