"""How many of the k heaviest domains agree, and how that is distributed over users: the rows of the paper's Table 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.overlap import overlap
from penchant.evaluation.ranking import Ties
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Matches(UserScores):
    """|A ∩ B| of each user.

    Attributes:
        values: [users] |A ∩ B|, or its expected value; NaN where the reference is empty.
        counts: [k + 1] how many users have 0, 1, … k matches; whole numbers under `Ties.BY_CODE`. They sum to the
            users with a reference.
    """

    counts: NDArray[np.float64]


def matches(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> Matches:
    """|A ∩ B|, A and B being the k heaviest domains of the two profiles, and its distribution over users.

    No denominator. Where every set has k domains, its mean divided by k is the mean F1; else it isn't.
    Empty: NaN, and in no count, where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
    """
    found = overlap(predicted, reference, k=k, ties=ties)
    counts = np.zeros(k + 1)
    counts[: found.chance.shape[1]] = np.sort(found.chance[found.known], axis=0).sum(axis=0)
    return Matches(np.where(found.known, found.matches, np.nan), counts)
