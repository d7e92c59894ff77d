"""How numbers, names and reasons are put into words, the same on the terminal and on the page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from penchant.text import valid_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from penchant.types import Failure, Profile

SENSITIVE = "* Sensitive: may hint at health, belief, politics or the law. Share it with care."

# These let one name pass for another on the screen: "gpj.exe" can be made to read as "exe.jpg".
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u2028\u2029\ufeff")
_LONGEST_KIND = 48
_KINDS_NOTED = 3
_BEFORE_THE_REASON = re.compile(r"^(?:row [\d,]+ of [^:]+|refused): ")
_NUMBER = re.compile(r"\d[\d.,]*")
# Quoted names and absolute paths. An apostrophe inside a word quotes nothing.
_PARTICULAR = re.compile(r"""\s*(?<!\w)(?:'[^']+'|"[^"]+"|‘[^’]+’|“[^”]+”)(?!\w)|(?:^|\s)(?:/|[A-Za-z]:\\)\S+""")


def visible(text: str) -> str:
    """The text as it is safe to show: control and direction characters become visible escapes."""
    valid = valid_text(text)
    if valid.isascii() and valid.isprintable():
        return valid
    return "".join(_escaped(character) for character in valid)


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Cc" or character in _BIDI or character in _INVISIBLE:
        return character.encode("unicode_escape").decode("ascii")
    return character


def counted(number: int, noun: str, *, plural: str | None = None) -> str:
    """ "1 picture", "3,000 pictures"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(value: float) -> str:
    """A part of one in whole percents: "31 %"; "<1 %" for what would round to nothing."""
    if 0 < value < 0.005:
        return "<1 %"
    return f"{100 * value:.0f} %"


def interval(low: float, high: float) -> str:
    """An interval of parts of one: "25–37 %"; one number where both ends round to it."""
    first, last = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return percent(high) if first == last else f"{first}–{last} %"


def times(lift: float | None) -> str:
    """A lift: "2.4×", "12×", or "–" where there is no background to compare with."""
    if lift is None:
        return "–"
    if 0 < lift < 0.05:
        return "<0.1×"
    if lift >= 99.5:
        return ">99×"
    return f"{lift:.0f}×" if lift >= 9.95 else f"{lift:.1f}×"


def shortened(text: str, width: int) -> str:
    """The text in at most `width` characters, cut between words where it can be."""
    if len(text) <= width:
        return text
    compact = text.replace(", and ", ", ").replace(" and ", " & ")
    if len(compact) <= width:
        return compact
    cut = compact[: width - 1]
    head = cut.rpartition(" ")[0].rstrip(" ,&")
    return f"{head} …" if width // 2 < len(head) < width - 1 else f"{cut.rstrip(' ,&')}…"


def elided(name: str, width: int) -> str:
    """A file name in at most `width` characters: its middle goes, its end with the suffix stays."""
    if len(name) <= width:
        return name
    tail = width // 2
    return f"{name[: width - tail - 1]}…{name[-tail:]}"


def kinds_of_failure(failures: Iterable[Failure]) -> list[tuple[str, int]]:
    """Reasons without their particulars, with how often each occurred, commonest first.

    "truncated JPEG: 12,003 of 48,112 bytes" and "truncated JPEG: 7 of 900 bytes" are of one kind.
    """
    wordings: dict[str, Counter[str]] = {}
    for failure in failures:
        kind = kind_of_failure(failure.error)
        wordings.setdefault(_NUMBER.sub("…", kind), Counter())[kind] += 1
    kinds = (
        (next(iter(variants)) if len(variants) == 1 else common, variants.total())
        for common, variants in wordings.items()
    )
    return sorted(kinds, key=lambda kind: (-kind[1], kind[0]))


def kind_of_failure(error: str) -> str:
    """A reason without its particulars: no names, and nothing after the first colon, bracket or full stop."""
    told = _BEFORE_THE_REASON.sub("", visible(error))
    head = re.split(r": |; | \(|\. ", _PARTICULAR.sub("", told).strip(), maxsplit=1)[0]
    return shortened(head.rstrip(".:; "), _LONGEST_KIND) or "unknown reason"


def summary_of_notes(notes: Collection[Failure]) -> str:
    """One sentence on what could not be read about pictures that were used all the same."""
    reasons = tally(kinds_of_failure(notes)[:_KINDS_NOTED])
    return f"some tags may be missing, the pictures are used all the same ({reasons})"


def tally(kinds: Iterable[tuple[str, int]]) -> str:
    """Kinds of failure in a row: "2 × truncated JPEG, 1 × empty file"."""
    return ", ".join(f"{number:,} × {kind}" for kind, number in kinds)


def not_enough(profile: Profile) -> str:
    """The sentence that stands before a profile of too few pictures."""
    return (
        f"Not enough evidence: {counted(profile.photos.used, 'usable picture')}, at least "
        f"{profile.minimum_photos:,} are needed; read this as a first impression."
    )


def suffixes(skipped: Iterable[tuple[str, int]]) -> str:
    """Skipped files: "7 .mp4, 2 .pdf, 1 without a suffix"."""
    parts = (f"{number:,} {visible(suffix) or 'without a suffix'}" for suffix, number in skipped)
    return ", ".join(parts)


def usual(profile: Profile) -> str:
    """Whom a lift compares with: a calibration knows what is common among the people whom it was learned from."""
    if profile.generaliser.startswith("calibrated"):
        return "the collections that the calibration was learned from"
    return "a typical collection"
