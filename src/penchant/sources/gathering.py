"""A listing while it is being made."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

from penchant.text import printable
from penchant.types import Failure, Listing, Photo

OnProgress: TypeAlias = Callable[[int], None]
"""Called now and then, in the thread that lists, with the number of photos found so far."""

NO_SUFFIX = "(no suffix)"
LINKED_FOLDER = "(linked folder)"

_STEP = 1000


class Gathering:
    """Collects what a source holds, keeps photo ids unique within a user, and reports progress."""

    def __init__(self, on_progress: OnProgress | None = None) -> None:
        self._photos: list[Photo] = []
        self._failures: list[Failure] = []
        self._skipped: Counter[str] = Counter()
        self._on_progress = on_progress

    def take(self, photo: Photo) -> None:
        """Add a photo."""
        self._photos.append(photo)
        if self._on_progress is not None and not len(self._photos) % _STEP:
            self._on_progress(len(self._photos))

    def refuse(self, name: str, reason: str, *, user_id: str | None = None) -> None:
        """Add a failure; the name is made printable."""
        self._failures.append(Failure(printable(name), reason, user_id))

    def add(self, listing: Listing) -> None:
        """Add all of another source, found inside this one."""
        for photo in listing.photos:
            self.take(photo)
        self._failures.extend(listing.failures)
        for suffix, count in listing.skipped:
            self.skip(suffix, count)

    def skip(self, suffix: str, count: int = 1) -> None:
        """Count files that are no pictures; "" stands for no suffix."""
        self._skipped[printable(suffix) or NO_SUFFIX] += count

    def listing(self) -> Listing:
        """What was collected; what was skipped comes commonest first."""
        if self._on_progress is not None:
            self._on_progress(len(self._photos))
        skipped = sorted(self._skipped.items(), key=lambda pair: (-pair[1], pair[0]))
        return Listing(tuple(self._photos), tuple(self._failures), tuple(skipped))


def merge_listings(listings: Iterable[Listing]) -> Listing:
    """The listings of several sources as one, in their order.

    A picture that several sources name is listed once. Two different pictures of one user under one photo id
    (two tables may do that) can't both stay: the later one becomes a failure.
    """
    gathering = Gathering()
    failures: list[Failure] = []
    first: dict[tuple[str | None, str], Photo] = {}
    for listing in listings:
        for photo in listing.photos:
            known = first.get((photo.user_id, photo.photo_id))
            if known is None:
                first[photo.user_id, photo.photo_id] = photo
                gathering.take(photo)
            elif _place(known) != _place(photo):
                where = printable(known.path if known.member is None else f"{known.path}/{known.member}")
                failures.append(Failure(photo.photo_id, f"another picture has this photo_id already: {where}"))
        failures.extend(listing.failures)
        for suffix, count in listing.skipped:
            gathering.skip(suffix, count)
    merged = gathering.listing()
    return Listing(merged.photos, tuple(dict.fromkeys(failures)), merged.skipped)


def _place(photo: Photo) -> tuple[str, str | None]:
    return os.path.abspath(photo.path), photo.member  # noqa: PTH100 - links stay as they are
