"""The keywords inside the pictures of a listing."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Self

from penchant.errors import PictureError
from penchant.sources.files import read_tail
from penchant.sources.holdings import NO_DETAILS, Place, place_of
from penchant.sources.keywords import Keywords, read_keywords
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.reader import EMPTY, PictureReader
from penchant.sources.wholeness import CUT_OFF, is_cut_off
from penchant.types import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.sources.gathering import OnProgress
    from penchant.sources.holdings import Holdings
    from penchant.types import Photo

_THREADS = 4  # network folders and turning disks answer several at once; parsing itself takes turns
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Embedded:
    """What was read from the pictures.

    Attributes:
        keywords: by the picture's place; pictures without any are not there.
        failures: pictures that could not be opened.
        cut_off: pictures whose files end too early, where that was to be found.
    """

    keywords: dict[Place, Keywords]
    failures: tuple[Failure, ...] = ()
    cut_off: tuple[Failure, ...] = ()


def with_keywords(
    held: Holdings, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None
) -> Holdings:
    """The same holdings, with the keywords that the pictures hold added behind the tags of their photos.

    Of a JPEG only the header is read, of other pictures all bytes; no pixels are decoded. Pictures that are still to be
    fetched, and those that a table named, stay as they are. Metadata that can't be read becomes a note; a picture that
    can't is left to whoever looks at it.

    Args:
        held: what sources hold.
        limits: what a picture may take.
        on_progress: told how many pictures were looked at.
    """
    wanted = [photo for photo in held.listing.photos if photo.url is None and place_of(photo) not in held.described]
    return add_keywords(held, embedded_keywords(wanted, limits=limits, on_progress=on_progress))


def add_keywords(held: Holdings, embedded: Embedded) -> Holdings:
    """The holdings with keywords that were read from the pictures."""
    if not embedded.keywords:
        return held
    photos = []
    notes = list(held.listing.notes)
    details = dict(held.details)
    for photo in held.listing.photos:
        found = embedded.keywords.get(place_of(photo))
        if found is None:
            photos.append(photo)
            continue
        notes += [Failure(photo.photo_id, problem, photo.user_id) for problem in found.problems]
        known = {tag.casefold() for tag in photo.tags}
        photos.append(replace(photo, tags=(*photo.tags, *(tag for tag in found.tags if tag.casefold() not in known))))
        if found.paths:
            before = details.get(place_of(photo), NO_DETAILS)
            details[place_of(photo)] = replace(before, keywords=tuple(dict.fromkeys((*before.keywords, *found.paths))))
    return replace(held, listing=replace(held.listing, photos=tuple(photos), notes=tuple(notes)), details=details)


def embedded_keywords(
    photos: Sequence[Photo],
    *,
    limits: Limits = DEFAULT_LIMITS,
    ends: bool = False,
    on_progress: OnProgress | None = None,
) -> Embedded:
    """The keywords in pictures, by their place; see `with_keywords`.

    With `ends`, also the pictures whose files lack their end, except those in archives, which have checksums.
    """
    keywords: dict[Place, Keywords] = {}
    failures: list[Failure] = []
    cut_off: list[Failure] = []
    chunks = iter([photos[start : start + _CHUNK] for start in range(0, len(photos), _CHUNK)])
    done = 0
    with _Searcher(limits, ends=ends) as searcher, ThreadPoolExecutor(_THREADS, thread_name_prefix="keywords") as pool:
        pending = deque(pool.submit(searcher.search, chunk) for chunk in islice(chunks, 2 * _THREADS))
        while pending:
            for photo, found, whole in pending.popleft().result():
                if not whole:
                    cut_off.append(Failure(photo.photo_id, CUT_OFF, photo.user_id))
                if isinstance(found, Failure):
                    failures.append(found)
                elif found:
                    keywords[place_of(photo)] = found
                done += 1
            if on_progress is not None:
                on_progress(done)
            pending.extend(pool.submit(searcher.search, chunk) for chunk in islice(chunks, 1))
    return Embedded(keywords, tuple(failures), tuple(cut_off))


class _Searcher:
    """Reads keywords in any thread; each thread keeps its archives open, as opening one may take a second."""

    def __init__(self, limits: Limits, *, ends: bool) -> None:
        self._limits = limits
        self._ends = ends
        self._local = threading.local()
        self._readers: list[PictureReader] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._readers:
            self._readers.pop().close()

    def search(self, photos: Sequence[Photo]) -> list[tuple[Photo, Keywords | Failure, bool]]:
        """The keywords of each photo, or why its picture can't be opened; and whether it goes on to its end."""
        reader: PictureReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = PictureReader(limits=self._limits)
            self._readers.append(reader)
        found: list[tuple[Photo, Keywords | Failure, bool]] = []
        for photo in photos:
            try:
                if not photo.size:
                    raise PictureError(EMPTY)
                keywords = read_keywords(partial(reader.head, photo))
                found.append((photo, keywords, not (self._ends and _is_cut_off(photo, reader))))
            except PictureError as error:
                found.append((photo, Failure(photo.photo_id, str(error), photo.user_id), True))
        return found


def _is_cut_off(photo: Photo, reader: PictureReader) -> bool:
    if photo.member is not None:
        return False
    return is_cut_off(partial(reader.head, photo), partial(read_tail, photo.path), photo.size)
