"""F1 of what sets people apart: both profiles ranked by lift over their population's mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.metrics.f1_at_k import f1_at_k
from penchant.evaluation.population import lift
from penchant.evaluation.ranking import Ties, pair
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def lift_ranked_f1_at_k(
    predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE, smoothing: float = 0.02
) -> UserScores:
    """`f1_at_k` of the two tables' lifts, each over the mean profile of its own table (`population.lift`).

    What everybody has lifts nobody, so it doesn't pay to name the population's commonest domains. Without smoothing,
    whether a user counts in the mean that they are compared with changes nothing: it moves all their lifts alike.
    Denominator: as `f1_at_k`.
    Empty: as `f1_at_k`; and NaN for all where fewer than two users have a reference, as nothing sets one person apart.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal lifts at the k-th place.
        smoothing: the part of the mean profile that is spread evenly, so that a domain met once isn't everything.
    """
    mine, theirs = pair(predicted, reference)
    scores = f1_at_k(lift(mine, smoothing=smoothing), lift(theirs, smoothing=smoothing), k=k, ties=ties)
    return scores if scores.users > 1 else UserScores(np.full(len(mine), np.nan))
