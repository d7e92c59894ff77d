"""Keywords in .xmp files beside pictures: `IMG_1.xmp` as Lightroom names them, `IMG_1.jpg.xmp` as darktable does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.errors import PictureError
from penchant.sources.holdings import Place, place_of
from penchant.sources.keywords import Keywords, UnreadableKeywordsError, join_keywords, keywords_of_xmp
from penchant.sources.names import split_place, suffix_of
from penchant.types import Failure, Photo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.sources.gathering import SideFile
    from penchant.sources.reader import PictureReader

_LONGEST = 16_000_000
_SUFFIX = ".xmp"


@dataclass(frozen=True, slots=True)
class Beside:
    """Keywords by picture, and the files that belong to a picture."""

    found: dict[Place, Keywords]
    used: tuple[SideFile, ...]


def keywords_beside(
    sides: Sequence[SideFile], photos: Sequence[Photo], reader: PictureReader, notes: list[Failure]
) -> Beside:
    """The keywords of sidecars, by picture; what can't be read is added to the notes."""
    sidecars = [side for side in sides if suffix_of(side.place[1]) == _SUFFIX]
    if not sidecars:
        return Beside({}, ())
    places: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        suffix = suffix_of(name)
        for known_as in {name, name[: -len(suffix)] if suffix else name}:
            places[folder, known_as.casefold()].append(place_of(photo))
    found: dict[Place, Keywords] = {}
    used = []
    for side in sidecars:
        folder, name = side.place
        belong = places.get((folder, name[: -len(_SUFFIX)].casefold()), [])
        if not belong:
            continue  # a camera RAW's, most often
        used.append(side)
        try:
            if side.size > _LONGEST:
                raise PictureError("too large for a file of keywords")
            keywords = keywords_of_xmp(reader.read(Photo("", side.path, side.member)))
        except (PictureError, UnreadableKeywordsError) as error:
            notes.append(Failure(side.shown, str(error)))
            continue
        notes += [Failure(side.shown, problem) for problem in keywords.problems]
        for place in belong if keywords else []:
            found[place] = join_keywords(found.get(place, Keywords()), keywords)
    return Beside(found, tuple(used))
