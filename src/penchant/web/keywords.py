"""Keywords inside the pictures, which say what their owner said of them."""

from __future__ import annotations

from penchant.sources.keywords import read_keywords
from penchant.text import valid_text

_MOST = 100
_LONGEST = 100


def keywords_of(data: bytes) -> tuple[str, ...]:
    """The keywords in the metadata of a picture's file; () where there are none."""
    found = read_keywords(lambda count: data[:count])
    return tuple(valid_text(word)[:_LONGEST] for word in found.tags[:_MOST])
