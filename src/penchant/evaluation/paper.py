"""The paper's own result, as data: Table 1 of "Semantic profile of a user's interests from pictures" (2018).

300 Flickr users with 200 favourites each; a row for each number of matches between the five predicted and the five
reference domains. All ten printed figures are the counts' exact means, rounded; truncated, two would differ (AlexNet's
F1, 0.4566, and VGG16's matches, 2.13), and an F1 taken from the printed matches would too (2.28 / 5 = 0.4560).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = "Semantic profile of a user's interests from pictures (2018), Table 1"
USERS = 300
K = 5


@dataclass(frozen=True, slots=True)
class PaperResult:
    """One network's column.

    Attributes:
        network: as the paper spells it.
        counts: how many users had 0, 1, … 5 matches.
        mean_matches, mean_f1: as printed.
    """

    network: str
    counts: tuple[int, ...]
    mean_matches: str
    mean_f1: str


TABLE_1 = (
    PaperResult("AlexNet", (2, 38, 143, 107, 10, 0), "2.28", "0.4567"),
    PaperResult("VGG16", (5, 46, 156, 89, 4, 0), "2.14", "0.4273"),
    PaperResult("VGG19", (3, 48, 151, 94, 4, 0), "2.16", "0.4320"),
    PaperResult("GoogleNet", (4, 51, 151, 90, 4, 0), "2.13", "0.4260"),
    PaperResult("ResNet50", (1, 41, 139, 109, 9, 1), "2.29", "0.4580"),
)


def mean_matches(counts: Sequence[int]) -> Fraction:
    """Σ i · nᵢ / Σ nᵢ, exact; n₀, n₁, … being how many users have 0, 1, … matches.

    Raises:
        UsageError: when nobody is counted.
    """
    users = sum(counts)
    if users < 1 or min(counts) < 0:
        raise UsageError("a distribution of matches counts at least one user, and none less than 0 times")
    return Fraction(sum(i * n for i, n in enumerate(counts)), users)


def mean_f1(counts: Sequence[int]) -> Fraction:
    """The mean of 2 i / (k + k), exact, where every set has k domains and `counts` runs from 0 to k.

    Where sets may be smaller, as of users with few tags, the counts don't tell F1: take `f1_at_k`.

    Raises:
        UsageError: as `mean_matches`, or when the counts stop at 0 matches.
    """
    if len(counts) < 2:
        raise UsageError("a distribution of matches runs from 0 to k, k being at least 1")
    return mean_matches(counts) / (len(counts) - 1)


def printed(value: Fraction, digits: int) -> str:
    """The number with so many decimals, rounded half up, as the paper prints it."""
    scaled = (value * 10**digits * 2 + 1) // 2
    whole, rest = divmod(scaled, 10**digits)
    return f"{whole}.{rest:0{digits}}"
