"""A listing while it is being made."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from penchant.sources.names import split_place, suffix_of
from penchant.text import printable
from penchant.types import Failure, Listing, Photo

OnProgress: TypeAlias = Callable[[int], None]
"""Called now and then, in the thread that lists, with the number of photos found so far."""

NO_SUFFIX = "(no suffix)"
LINKED_FOLDER = "(linked folder)"

_STEP = 1000


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file that may say something about pictures, in a folder or (`member`) in an archive.

    Attributes:
        size: its bytes, unpacked.
    """

    path: str
    member: str | None = None
    size: int = 0

    @property
    def place(self) -> tuple[str, str]:
        """Its folder and its name, with an archive as a folder."""
        return split_place(self.path, self.member)

    @property
    def shown(self) -> str:
        """Where it is, for people."""
        return printable(self.path if self.member is None else f"{self.path}/{self.member}")


class Gathering:
    """Collects what a source holds, keeps photo ids unique within a user, and reports progress.

    Attributes:
        sides: the files laid aside because they may say something about the pictures.
    """

    def __init__(self, on_progress: OnProgress | None = None) -> None:
        self._photos: list[Photo] = []
        self._failures: list[Failure] = []
        self._skipped: Counter[str] = Counter()
        self.sides: list[SideFile] = []
        self._on_progress = on_progress

    def take(self, photo: Photo) -> None:
        """Add a photo."""
        self._photos.append(photo)
        if self._on_progress is not None and not len(self._photos) % _STEP:
            self._on_progress(len(self._photos))

    def refuse(self, name: str, reason: str, *, user_id: str | None = None) -> None:
        """Add a failure; the name is made printable."""
        self._failures.append(Failure(printable(name), reason, user_id))

    def lay_aside(self, side: SideFile) -> None:
        """Add a file that may say something about pictures; until it does, it counts as skipped."""
        self.sides.append(side)
        self.skip(suffix_of(side.place[1]))

    def add(self, inside: Gathering) -> None:
        """Add all of another source, found inside this one."""
        for photo in inside._photos:
            self.take(photo)
        self._failures.extend(inside._failures)
        self._skipped.update(inside._skipped)
        self.sides.extend(inside.sides)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found but what is skipped."""
        return not (self._photos or self._failures or self.sides)

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
    notes: list[Failure] = []
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
        notes.extend(listing.notes)
    merged = gathering.listing()
    return Listing(merged.photos, tuple(dict.fromkeys(failures)), merged.skipped, tuple(dict.fromkeys(notes)))


def _place(photo: Photo) -> tuple[str, str | None]:
    if photo.url is not None:
        return photo.url, None
    return os.path.abspath(photo.path), photo.member  # noqa: PTH100 - links stay as they are
