"""How `penchant profile` writes what it found: the page, the JSON, the terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from penchant.cli import common

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.cli.profile import Request
    from penchant.pipeline import Collected, Worker
    from penchant.types import Failure, Profile

THUMBNAIL_SIDE = 240


def write_page(target: Path, request: Request, profile: Profile, collected: Collected, worker: Worker) -> None:
    """Writes the page of one person, with thumbnails of its evidence, and opens it if that was asked for."""
    from penchant.executors import ThreadExecutor, usable_cores
    from penchant.report import render_profile

    wanted = {evidence.photo_id for domain in profile.domains for evidence in domain.evidence}
    photos = [photo for photo in collected.listing.photos if photo.photo_id in wanted]
    thumbnails: dict[str, bytes] = {}
    with common.progress_bar("Making the page", len(photos), quiet=request.quiet) as show:
        make = partial(worker.thumbnail, side=THUMBNAIL_SIDE)
        made = ThreadExecutor(request.threads or usable_cores()).map(make, *worker.ahead([photos]))
        for done, (photo, small) in enumerate(zip(photos, made, strict=True), start=1):
            if small is not None:
                thumbnails[photo.photo_id] = small
            show(done)
    common.write_text(str(target), render_profile(profile, thumbnails=thumbnails))
    if not request.quiet and str(target) != "-":
        typer.echo(f"The page is in {target}", err=True)
    if request.open:
        import webbrowser

        if not webbrowser.open(target.resolve().as_uri()):
            typer.echo(f"No browser could be started; open {target} by hand.", err=True)


def write_documents(request: Request, profiles: tuple[Profile, ...], notes: tuple[Failure, ...]) -> None:
    """Writes what was asked for, and prints the rest.

    Args:
        request: what was asked for.
        profiles: one a person.
        notes: what could not be read about pictures that were used all the same.
    """
    from penchant.report import print_failures, print_notes, print_profile, profile_document, summary_of_notes

    if request.json is not None:
        import msgspec

        documents = [msgspec.json.encode(profile_document(profile)).decode() for profile in profiles]
        common.write_text(request.json, "\n".join(documents) + "\n")
    if notes and not request.quiet:
        common.note(summary_of_notes(notes) + ("" if request.failures else "; --failures lists them"))
    if request.json == "-" or str(request.html) == "-":
        return
    console = common.console()
    for place, profile in enumerate(profiles):
        if place:
            console.print()
        print_profile(profile, console, top=request.top, evidence=request.evidence)
        if request.failures:
            print_failures(profile, console)
    if request.failures and notes:
        print_notes(notes, console)
