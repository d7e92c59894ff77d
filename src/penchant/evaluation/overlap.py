"""How many domains two sets share: the distribution of |A ∩ B|, exact also where ties leave the sets to chance.

Every measure on sets is a function of |A ∩ B|, |A| and |B|, the last two of which no draw changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import Ties, checked_k, pair, top_sets

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from penchant.evaluation.ranking import TopSets


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """|A ∩ B| of each user, as a distribution.

    Attributes:
        chance: [users, m + 1], the chance of 0, 1, … m domains in common; rows sum to 1, and hold a single 1 under
            `Ties.BY_CODE`.
        predicted_size, reference_size: [users] |A| and |B|.
    """

    chance: NDArray[np.float64]
    predicted_size: NDArray[np.int64]
    reference_size: NDArray[np.int64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """[users]: whether the reference holds anything, so that there is something to be right about."""
        return self.reference_size > 0

    @property
    def matches(self) -> NDArray[np.float64]:
        """[users]: |A ∩ B|, or its expected value."""
        expected: NDArray[np.float64] = self.chance @ np.arange(self.chance.shape[1], dtype=np.float64)
        return expected

    def expect(
        self, value: Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """[users]: the expected value of a function of |A ∩ B|, |A|, |B|; NaN where the reference is empty.

        A is counted as at least 1, so that an empty prediction, which matches nothing, gives 0 and not 0/0.
        """
        common = np.arange(self.chance.shape[1], dtype=np.float64)[None, :]
        a = np.maximum(self.predicted_size, 1).astype(np.float64)[:, None]
        b = np.maximum(self.reference_size, 1).astype(np.float64)[:, None]
        # Where the chance is 0 the function may be asked for more in common than the sets hold.
        possible = np.where(self.chance > 0, np.broadcast_to(common, self.chance.shape), 0.0)
        expected = np.sum(self.chance * value(possible, a, b), axis=1)
        return np.where(self.known, expected, np.nan)


def overlap(
    predicted: ArrayLike, reference: ArrayLike, *, k: int, ties: Ties = Ties.BY_CODE, whole_reference: bool = False
) -> Overlap:
    """|A ∩ B| of each user's k heaviest predicted domains and k heaviest reference domains.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
        whole_reference: B holds all domains of the reference, not k at most.
    """
    checked_k(k)
    mine, theirs = pair(predicted, reference)
    domains = mine.shape[1]
    a = top_sets(mine, k=k, ties=ties)
    b = top_sets(theirs, k=max(domains, 1) if whole_reference else k, ties=ties)
    return Overlap(_distribution(a, b, width=min(k, domains)), a.size, b.size)


def _distribution(a: TopSets, b: TopSets, *, width: int) -> NDArray[np.float64]:
    """[users, width + 1]: the chance of each |A ∩ B|, both sets' ties broken at random and independently."""
    chance = np.zeros((len(a.sure), width + 1))
    certain = np.sum(a.sure & b.sure, axis=1)
    drawn = (a.drawn > 0) | (b.drawn > 0)
    plain = np.flatnonzero(~drawn)
    chance[plain, certain[plain]] = 1.0
    rows = np.flatnonzero(drawn)
    if not len(rows):
        return chance
    tied_a, tied_b = a.tied[rows], b.tied[rows]
    in_sure = np.sum(tied_a & b.sure[rows], axis=1)  # A's tied domains that B surely has
    in_tied = np.sum(tied_a & tied_b, axis=1)  # … that tie in B as well
    nowhere = tied_a.sum(axis=1) - in_sure - in_tied
    waiting = np.sum(a.sure[rows] & tied_b, axis=1)  # B's tied domains that A surely has
    all_b, take_a, take_b = tied_b.sum(axis=1), a.drawn[rows], b.drawn[rows]
    choose = _Choose(2 * a.sure.shape[1])  # impossible numbers are asked for too, and get 0
    for i in range(int(in_sure.max()) + 1):
        for j in range(int(in_tied.max()) + 1):
            # A draws i domains that B surely has, and j that tie in B.
            draw_a = choose(in_sure, i) * choose(in_tied, j) * choose(nowhere, take_a - i - j)
            draw_a = draw_a / choose(in_sure + in_tied + nowhere, take_a)
            if not draw_a.any():
                continue
            good = waiting + j
            for h in range(int(min(good.max(), take_b.max())) + 1):
                draw_b = choose(good, h) * choose(all_b - good, take_b - h) / choose(all_b, take_b)
                both = np.flatnonzero(draw_a * draw_b)
                chance[rows[both], certain[rows[both]] + i + h] += (draw_a * draw_b)[both]
    return chance


class _Choose:
    """Binomial coefficients of arrays; 0 outside 0 ≤ m ≤ n."""

    def __init__(self, most: int) -> None:
        self._log = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])

    def __call__(self, n: NDArray[np.int64], m: NDArray[np.int64] | int) -> NDArray[np.float64]:
        valid = (np.asarray(m) >= 0) & (m <= n) & (n >= 0)
        top, low = np.where(valid, n, 0), np.where(valid, m, 0)
        return np.where(valid, np.exp(self._log[top] - self._log[low] - self._log[top - low]), 0.0)
