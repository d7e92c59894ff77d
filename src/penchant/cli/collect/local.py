"""`penchant collect SOURCE...` (or `collect files`): a table of photos from what lies on this machine."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.sources import Holdings
    from penchant.types import Failure

_SHOWN = 10
_DOMAINS_SHOWN = 5
_BEGINNINGS = (b"par1", b"user_id,photo_id,path,url,tags,licence,title", b"{")
_LINK_WORDS = {
    "favourite": ("favourite", "favourites"),
    "like": ("like", "likes"),
    "saved": ("saved post", "saved posts"),
    "own": ("picture of your own, not in these archives", "pictures of your own, not in these archives"),
    "failed": ("picture that could not be downloaded", "pictures that could not be downloaded"),
    "link": ("other post", "other posts"),
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was collected and written.

    Attributes:
        photos: how many the table has, or would have.
        left_out: what could not be used, and metadata that could not be read or joined.
        keyworded: pictures with keywords inside.
        topics: code, name and share of the domains of a service's topics.
        table, links, reference: the files written.
    """

    held: Holdings
    photos: int
    left_out: tuple[Failure, ...]
    keyworded: int
    topics: tuple[tuple[str, str, float], ...] = ()
    table: Path | None = None
    links: Path | None = None
    reference: Path | None = None


def files(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Folders, archives, data exports (all archives of one together); - reads names from standard input.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The table to write: .parquet, .csv or .jsonl.",
            show_default="only say what is there",
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="ID", help="Whose photos they are, for tables of several people.")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference",
            metavar="FILE",
            help="Write the interests that Instagram inferred as a profile (.csv) for `penchant experiment "
            "--reference`; goes with --user.",
        ),
    ] = None,
    failures: Annotated[bool, typer.Option("--failures", help="List everything that was left out.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was collected as one JSON object.")] = False,
    quiet: common.Quiet = False,
) -> int:
    """Build a table of photos and their tags from data exports and keyworded pictures.

    Recognises Flickr's data export, Google Takeout, Instagram's export, keywords in pictures and in .xmp files
    (Lightroom, digiKam, Windows), img2dataset's shards, and Hugging Face datasets on disk. Nothing leaves this machine.

    \b
    penchant collect ~/Pictures -o photos.parquet
    penchant collect takeout-001.zip takeout-002.zip
    """  # fmt: skip
    _check(output, reference, user)
    names = common.named_sources(sources)
    held, unreadable, keyworded = _look(names, quiet=quiet)
    if not (held.listing.photos or held.links or held.topics):
        raise common.nothing_found(names, held.listing)
    outcome = _write(held, unreadable, keyworded, output, reference, user)
    if json:
        import msgspec

        common.write_text("-", msgspec.json.encode(_document(outcome)).decode() + "\n")
    else:
        _print(outcome, everything=failures, quiet=quiet)
    if not outcome.photos and not held.links and not held.topics:
        return common.NOTHING_DONE
    return common.SOMETHING_LEFT_OUT if outcome.left_out else common.DONE


def _check(output: Path | None, reference: Path | None, user: str | None) -> None:
    from penchant.sources.collected import FORMATS

    if output is not None:
        if output.suffix not in FORMATS:
            raise UsageError(f"--output {output}: name a file that ends in {', '.join(FORMATS)}")
        common.check_target("--output", str(output), beginnings=_BEGINNINGS)
    if reference is not None:
        if user is None:
            raise UsageError("--reference goes with --user ID, the name that the person has in both tables")
        if reference.suffix != ".csv":
            raise UsageError(f"--reference {reference}: name a file that ends in .csv")
        common.check_target("--reference", str(reference), beginnings=(b"user_id,domain,weight",))


def _look(names: list[str], *, quiet: bool) -> tuple[Holdings, tuple[Failure, ...], int]:
    """What the sources hold with the pictures' keywords; the pictures that can't be read; how many have keywords."""
    from penchant.sources import look_into_all
    from penchant.sources.holdings import place_of
    from penchant.sources.keyworded import add_keywords, embedded_keywords

    with common.progress_bar("Looking for pictures", None, quiet=quiet) as show:
        held = look_into_all(names, on_progress=show)
    wanted = [photo for photo in held.listing.photos if photo.url is None and place_of(photo) not in held.described]
    with common.progress_bar("Reading keywords", len(wanted), quiet=quiet) as show:
        embedded = embedded_keywords(wanted, ends=True, on_progress=show)
    held = add_keywords(held, embedded)
    gone = {failure.photo_id for failure in embedded.failures}
    kept = tuple(photo for photo in held.listing.photos if photo.photo_id not in gone)
    held = replace(held, listing=replace(held.listing, photos=kept))
    return (
        held,
        (*embedded.failures, *embedded.cut_off),
        sum(bool(keywords.tags) for keywords in embedded.keywords.values()),
    )


def _write(
    held: Holdings,
    unreadable: tuple[Failure, ...],
    keyworded: int,
    output: Path | None,
    reference: Path | None,
    user: str | None,
) -> _Outcome:
    left_out = (*held.listing.failures, *unreadable, *held.listing.notes)
    topics = _meaning(held.topics)
    outcome = _Outcome(held, len(held.listing.photos), left_out, keyworded, topics)
    if output is not None:
        from penchant.sources.collected import COLUMNS, LINK_COLUMNS, link_rows, rows_of, write_rows
        from penchant.storage import atomic_file
        from penchant.version import __version__

        made = rows_of(held, output, user=user)
        left_out = (*left_out, *made.failures)
        if not made.rows and not held.links:
            raise common.nothing_found([], replace(held.listing, failures=left_out))
        kinds = ", ".join(kind.name for kind in held.kinds)
        facts = {"penchant.schema_version": "1", "penchant.penchant": __version__, "penchant.sources": kinds}
        with atomic_file(output) as file:
            write_rows(file, output.suffix, made.rows, COLUMNS, facts)
        outcome = replace(outcome, photos=len(made.rows), left_out=left_out, table=output)
        if held.links:
            beside = output.with_name(f"{output.stem}-links.csv")
            with atomic_file(beside) as file:
                write_rows(file, ".csv", link_rows(held.links), LINK_COLUMNS, {})
            outcome = replace(outcome, links=beside)
    if reference is not None and topics:
        lines = [f"{_quoted(user or '')},{code},{weight:.6f}" for code, _, weight in topics]
        common.write_text(str(reference), "\n".join(["user_id,domain,weight", *lines]) + "\n")
        outcome = replace(outcome, reference=reference)
    return outcome


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\n\r') else cell


def _meaning(topics: Sequence[str]) -> tuple[tuple[str, str, float], ...]:
    """The domains of a service's topics (code, name, share), largest first; each topic is one vote, read as a tag."""
    if not topics:
        return ()
    from penchant.semantics import Lexicon, Ontology, load_taxonomy
    from penchant.tagging import photo_tags
    from penchant.types import Photo

    ontology = Ontology(Lexicon.load(), load_taxonomy())
    found = photo_tags([Photo(topic, "", tags=(topic,)) for topic in topics], ontology).weights.sum(axis=0)
    total = float(found.sum())
    pairs = zip(ontology.taxonomy.domains, found, strict=True)
    shares = [(domain.code, domain.name, float(weight) / total) for domain, weight in pairs if weight > 0]
    return tuple(sorted(shares, key=lambda share: (-share[2], share[0])))


def _document(outcome: _Outcome) -> dict[str, Any]:
    held = outcome.held
    tags = Counter(tag for photo in held.listing.photos for tag in photo.tags)
    return {
        "schema_version": 1,
        "table": _text(outcome.table),
        "photos": outcome.photos,
        "tagged": sum(bool(photo.tags) for photo in held.listing.photos),
        "tags": {"all": tags.total(), "different": len(tags)},
        "recognised": [
            {"name": kind.name, "pictures": kind.pictures, "described": kind.described, "what": kind.unit}
            for kind in held.kinds
        ],
        "keywords_in_pictures": outcome.keyworded,
        "links": {"table": _text(outcome.links), "count": dict(Counter(link.kind for link in held.links))},
        "topics": {
            "names": list(held.topics),
            "domains": [{"code": code, "weight": round(weight, 6)} for code, _, weight in outcome.topics],
            "table": _text(outcome.reference),
        },
        "owner": held.owner,
        "skipped": dict(held.listing.skipped),
        "failures": [{"name": failure.photo_id, "error": failure.error} for failure in outcome.left_out],
    }


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _print(outcome: _Outcome, *, everything: bool, quiet: bool) -> None:
    held = outcome.held
    for kind in held.kinds:
        typer.echo(f"{kind.name}: {_pictures(kind.pictures)}, {kind.described:,} with {kind.unit}")
    if outcome.keyworded:
        typer.echo(f"Keywords in {outcome.keyworded:,} of the pictures")
    tags = Counter(tag for photo in held.listing.photos for tag in photo.tags)
    tagged = sum(bool(photo.tags) for photo in held.listing.photos)
    said = f"{tagged:,} with tags ({tags.total():,} in all, {len(tags):,} different)" if tagged else "none with tags"
    typer.echo(f"In all: {_pictures(outcome.photos)}, {said}")
    if held.listing.skipped:
        most = ", ".join(f"{count:,} {suffix}" for suffix, count in held.listing.skipped[:5])
        typer.echo(f"Passed over: {most}{', ...' if len(held.listing.skipped) > 5 else ''}")
    _print_links(outcome)
    _print_topics(outcome)
    if outcome.table is not None:
        fetch = " --fetch" if any(photo.url is not None for photo in held.listing.photos) else ""
        typer.echo(f"The table is {outcome.table}. Next: penchant profile {outcome.table}{fetch}")
    else:
        typer.echo("No table was written: name one with -o photos.parquet")
    shown = outcome.left_out if everything else () if quiet else outcome.left_out[:_SHOWN]
    for failure in shown:
        common.note(f"{failure.photo_id}: {failure.error}")
    rest = len(outcome.left_out) - len(shown)
    if rest and not quiet:
        common.note(f"and {rest:,} more; --failures lists them all")


def _pictures(count: int) -> str:
    return f"{count:,} picture{'' if count == 1 else 's'}"


def _print_links(outcome: _Outcome) -> None:
    kinds = Counter(link.kind for link in outcome.held.links)
    if not kinds:
        return
    typer.echo("Named without their pictures" + (f", listed in {outcome.links}:" if outcome.links is not None else ":"))
    for kind, count in kinds.items():
        typer.echo(f"  {count:,} {_LINK_WORDS[kind][count != 1]}")
    if kinds["favourite"]:
        typer.echo(f"  Favourites come through the API: penchant collect flickr {outcome.held.owner or 'USER'}")


def _print_topics(outcome: _Outcome) -> None:
    count = len(outcome.held.topics)
    if not count:
        return
    typer.echo(f"Interests that the service inferred, from {count:,} topic{'' if count == 1 else 's'}:")
    for _, name, weight in outcome.topics[:_DOMAINS_SHOWN]:
        typer.echo(f"  {weight:4.0%} {name}")
    if not outcome.topics:
        typer.echo("  none of them has a domain")
    if outcome.reference is not None:
        typer.echo(f"  written to {outcome.reference}, for penchant experiment --reference")
