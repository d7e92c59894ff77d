"""Keywords inside the pictures, which say what their owner said of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penchant.errors import PictureError
from penchant.sources.keywords import read_keywords
from penchant.text import valid_text

if TYPE_CHECKING:
    from penchant.sources import PictureReader
    from penchant.types import Photo

_MOST = 100
_LONGEST = 100


def keywords_of(photo: Photo, reader: PictureReader) -> tuple[str, ...]:
    """The keywords in a picture's metadata; () where there are none, or they can't be read."""
    try:
        found = read_keywords(partial(reader.head, photo))
    except PictureError:  # whoever looks at the picture says why
        return ()
    return tuple(valid_text(word)[:_LONGEST] for word in found.tags[:_MOST])
