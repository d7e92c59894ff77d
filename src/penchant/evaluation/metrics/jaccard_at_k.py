"""Jaccard's index of two sets of at most k domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.evaluation.overlap import overlap
from penchant.evaluation.ranking import Ties
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def jaccard_at_k(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> UserScores:
    """|A ∩ B| / |A ∪ B|, A and B being the k heaviest domains of the two profiles.

    Denominator: |A| + |B| − |A ∩ B|. Without ties it is F / (2 − F) of `f1_at_k`; with `Ties.SHARE` it is the
    expected index, not the index of the expected match.
    Empty: NaN where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
    """
    return UserScores(
        overlap(predicted, reference, k=k, ties=ties).expect(lambda common, a, b: common / (a + b - common))
    )
