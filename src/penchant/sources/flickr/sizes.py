"""The sizes in which Flickr has a photo, and which of them serves where the one asked for is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.sources.flickr.wire import Picture


@dataclass(frozen=True, slots=True)
class Size:
    """One size.

    Attributes:
        name: what the user writes: the longest side in pixels, or "original".
        letter: the service's.
        side: the longest side in pixels; of an original, a guess for estimates.
        bytes: about how large such a JPEG is, for estimates.
    """

    name: str
    letter: str
    side: int
    bytes: int


SIZES = (
    Size("100", "t", 100, 5_000),
    Size("240", "s", 240, 20_000),
    Size("320", "n", 320, 35_000),
    Size("400", "w", 400, 50_000),
    Size("500", "m", 500, 80_000),
    Size("640", "z", 640, 130_000),
    Size("800", "c", 800, 200_000),
    Size("1024", "l", 1024, 320_000),
    Size("1600", "h", 1600, 700_000),
    Size("2048", "k", 2048, 1_100_000),
    Size("original", "o", 4000, 4_000_000),
)
"""From the smallest to the largest; the square ones are left out, as they cut pictures."""


def size_named(name: str) -> Size:
    """The size of that name.

    Raises:
        UsageError: there is none.
    """
    for size in SIZES:
        if name.lower() in {size.name, size.letter}:
            return size
    names = ", ".join(size.name for size in SIZES)
    raise UsageError(f"there is no size {name!r}: write the longest side in pixels or original, one of {names}")


def nearest(pictures: Sequence[Picture], wanted: Size) -> Picture | None:
    """The picture whose longest side is nearest to the size wanted, of equals the larger; None if there are none."""
    for picture in pictures:
        if picture.size == wanted:
            return picture

    def distance(picture: Picture) -> tuple[int, int]:
        side = max(picture.width or 0, picture.height or 0) or picture.size.side
        return abs(side - wanted.side), -side

    return min(pictures, key=distance, default=None)
