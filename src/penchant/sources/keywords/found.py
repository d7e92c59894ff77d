"""What keywords were found, and how those of several places become one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.text import valid_text

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVEL = "|"
"""What stands between the levels of a keyword's path, as Lightroom writes it."""

_MOST = 1000  # keywords of one picture; no person gives as many
_IPTC_LONGEST = 64  # bytes: what IPTC allows a keyword, so that longer ones are cut there


@dataclass(frozen=True, slots=True)
class Keywords:
    """Keywords of one picture.

    Attributes:
        tags: each keyword once, in their order; of hierarchical ones every level.
        paths: hierarchical keywords whole, from the widest level ("Animals|Dog|Beagle").
        problems: what could not be read, in words.
    """

    tags: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tags or self.paths or self.problems)


NO_KEYWORDS = Keywords()


def make_keywords(flat: Iterable[str], paths: Iterable[tuple[str, ...]] = (), problems: Iterable[str] = ()) -> Keywords:
    """Keywords of flat ones and of paths of levels: trimmed, made valid Unicode, without repetitions.

    A keyword that IPTC's limit of 64 bytes has cut is left out where the whole of it stands too.
    """
    flat = list(flat)
    # Some write paths among the flat ones; a bar stands in no keyword otherwise.
    paths = (*paths, *(tuple(keyword.split(LEVEL)) for keyword in flat if LEVEL in keyword))
    whole = [tuple(level for level in map(_tidy, path) if level) for path in paths]
    levels = [level for path in whole for level in path]
    tags = [tag for tag in (*(_tidy(keyword) for keyword in flat if LEVEL not in keyword), *levels) if tag]
    cut = {tag for tag in tags if len(tag.encode()) in (_IPTC_LONGEST, _IPTC_LONGEST - 1, _IPTC_LONGEST - 2)}
    gone = {tag for tag in cut if any(other != tag and other.startswith(tag) for other in tags)}
    first: dict[str, str] = {}
    for tag in tags:
        if tag not in gone:
            first.setdefault(tag.casefold(), tag)
    joined = dict.fromkeys(LEVEL.join(path) for path in whole if len(path) > 1)
    said = [*problems]
    if len(first) > _MOST:
        said.append(f"it holds {len(first):,} keywords; only the first {_MOST:,} count")
    return Keywords(tuple(first.values())[:_MOST], tuple(joined)[:_MOST], tuple(dict.fromkeys(said)))


def join_keywords(*several: Keywords) -> Keywords:
    """The keywords of several places as those of one picture, in their order."""
    some = [keywords for keywords in several if keywords]
    if len(some) < 2:
        return some[0] if some else NO_KEYWORDS
    return make_keywords(
        (tag for keywords in some for tag in keywords.tags),
        (tuple(path.split(LEVEL)) for keywords in some for path in keywords.paths),
        (problem for keywords in some for problem in keywords.problems),
    )


def _tidy(keyword: str) -> str:
    return " ".join(valid_text(keyword).replace("\0", " ").split())
