"""Recall of the k heaviest predicted domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.evaluation.overlap import overlap
from penchant.evaluation.ranking import Ties
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def recall_at_k(
    predicted: ArrayLike,
    reference: ArrayLike,
    *,
    k: int = 5,
    ties: Ties = Ties.BY_CODE,
    whole_reference: bool = False,
) -> UserScores:
    """|A ∩ B| / |B|, A being the k heaviest predicted domains, B the k heaviest of the reference.

    Denominator: min(k, domains of the reference); with `whole_reference`, all its domains (the usual recall of
    information retrieval, which k predictions can't bring to 1 where the reference has more than k).
    Empty: NaN where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
        whole_reference: B holds all domains of the reference.
    """
    found = overlap(predicted, reference, k=k, ties=ties, whole_reference=whole_reference)
    return UserScores(found.expect(lambda common, _, b: common / b))
