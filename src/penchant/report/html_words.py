"""Words beside pictures on the page: the lengths and texts that its template lays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report import beside, wording

if TYPE_CHECKING:
    from penchant.types import Interest, Profile, TagProfile, WordInterest

_CHARTED = 10
_HALF = 35.0  # percent of the chart's width that the longest bar takes, on either side of the middle
_CARRIERS = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from the middle outwards; all numbers are percent of the chart's width.

    Attributes:
        x, width: where it begins on the left, and how long it is.
        low, high: where the ends of the interval are, or None where nothing was seen.
    """

    x: str
    width: str
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One domain."""

    domain: WordInterest
    name: str
    pictures: Bar
    words: Bar


@dataclass(frozen=True, slots=True)
class Side:
    """Domains of which one side says clearly more.

    Attributes:
        found: the domain, its name, the larger and the smaller share, and what carried the larger one.
    """

    title: str
    larger: str
    smaller: str
    found: tuple[tuple[WordInterest, str, float, float, tuple[tuple[str, float], ...]], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """All that the section says."""

    coverage: str
    agreement: str
    caveats: tuple[str, ...]
    charted: tuple[Row, ...]
    rows: tuple[Row, ...]
    sides: tuple[Side, ...]
    compared: bool


def words_section(profile: Profile) -> Words | None:
    """What the page shows of the words, or None where there are none."""
    words = profile.words
    if words is None or not profile.photos.used:
        return None
    pictures = {interest.code: interest for interest in profile.domains}
    ordered = beside.by_size(words) if words.meaning else ()
    ends = [max(domain.share_high if domain.share else 0.0, domain.picture_share) for domain in ordered[:_CHARTED]]
    ends += [pictures[domain.code].share_high for domain in ordered[:_CHARTED] if domain.code in pictures]
    rows = tuple(_row(domain, pictures.get(domain.code), max(ends)) for domain in ordered)
    return Words(
        coverage=beside.coverage(profile, words),
        agreement=beside.agreement(words),
        caveats=beside.caveats(profile, words),
        charted=rows[:_CHARTED],
        rows=rows,
        sides=_sides(profile, words),
        compared=words.agreement is not None,
    )


def _row(domain: WordInterest, pictures: Interest | None, widest: float) -> Row:
    def length(share: float) -> float:
        return min(_HALF, _HALF * share / widest) if widest > 0 else 0.0

    seen = (0.0, None, None) if pictures is None else (pictures.share, pictures.share_low, pictures.share_high)
    share, low, high = seen
    left = Bar(
        x=f"{50 - length(share):.2f}%",
        width=f"{length(share):.2f}%",
        low=None if low is None else f"{50 - length(low):.2f}%",
        high=None if high is None else f"{50 - length(high):.2f}%",
    )
    said = domain.share > 0
    right = Bar(
        x="50%",
        width=f"{length(domain.share):.2f}%",
        low=f"{50 + length(domain.share_low):.2f}%" if said else None,
        high=f"{50 + length(domain.share_high):.2f}%" if said else None,
    )
    return Row(domain, wording.visible(domain.name), left, right)


def _sides(profile: Profile, words: TagProfile) -> tuple[Side, ...]:
    def shown(differences: tuple[beside.Difference, ...], *, of_words: bool) -> Side:
        return Side(
            title="Clearly more in the words" if of_words else "Clearly more in the pictures",
            larger="words" if of_words else "pictures",
            smaller="pictures" if of_words else "words",
            found=tuple(
                (
                    item.domain,
                    wording.visible(item.domain.name),
                    max(item.domain.share, item.domain.picture_share),
                    min(item.domain.share, item.domain.picture_share),
                    tuple((wording.visible(what), part) for what, part in item.carriers[:_CARRIERS]),
                )
                for item in differences
            ),
        )

    sides = (
        shown(beside.more_in_words(words), of_words=True),
        shown(beside.more_in_pictures(profile, words), of_words=False),
    )
    return tuple(side for side in sides if side.found)
