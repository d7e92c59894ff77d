"""What the kinds of archives have in common when pictures are read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from penchant.types import Photo

CHANGED = "it changed since it was listed; run again"
GONE = "the archive no longer holds it; run again"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an open archive.

    Attributes:
        size: its bytes, unpacked.
        stamp: as `Photo.stamp`.
        handle: what its container needs to read it.
    """

    size: int
    stamp: int
    handle: Any


class Container(Protocol):
    """An archive that is open: zip, tar or Arrow. Several threads may use it at once."""

    def find(self, member: str, photo: Photo) -> Entry:
        """The entry of a photo, as it was listed. Raises PictureError."""
        ...

    def read(self, entry: Entry, most: int) -> bytes:
        """The first `most` bytes of an entry, fewer where it has fewer. Raises PictureError."""
        ...

    def close(self) -> None:
        """Lets go of the file."""
        ...
