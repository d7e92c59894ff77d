"""F1 of two sets of at most k domains: the paper's measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.evaluation.overlap import overlap
from penchant.evaluation.ranking import Ties
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def f1_at_k(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> UserScores:
    """2 |A ∩ B| / (|A| + |B|), A and B being the k heaviest domains of the two profiles (Dice's coefficient).

    Denominator: the sizes that the sets really have, fewer than k where a profile holds fewer domains. It is the
    harmonic mean of `precision_at_k` and `recall_at_k`.
    Empty: NaN where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
    """
    return UserScores(overlap(predicted, reference, k=k, ties=ties).expect(lambda common, a, b: 2 * common / (a + b)))
