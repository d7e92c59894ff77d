"""For each domain: do the users who are predicted more of it say so themselves?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import average_ranks, pair, shares
from penchant.evaluation.scores import DomainScores, Standing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def domain_spearman(predicted: ArrayLike, reference: ArrayLike) -> DomainScores:
    """Spearman's rank correlation, across users, of the domain's predicted and reference share.

    Pearson's correlation of the ranks, equal shares having the mean of their ranks. Weights are made shares of each
    user's profile first. Users without a reference are left out. A constant gets exactly 0.
    Denominator: √(Σ(r − r̄)² Σ(q − q̄)²) of the two columns of ranks.
    Empty: NaN where all users' references give the domain the same share, or there are fewer than two users. Where
    only the prediction is the same for all, 0: it tells nobody apart, and silence must not improve a mean.

    Args:
        predicted, reference: [users, domains] weights.
    """
    mine, theirs = pair(predicted, reference)
    known = theirs.any(axis=1)
    first, second = _centred_ranks(mine[known]), _centred_ranks(theirs[known])
    spread, truth = np.sum(first**2, axis=1), np.sum(second**2, axis=1)
    scale = np.sqrt(spread * truth)
    values = np.where(scale > 0, np.sum(first * second, axis=1) / np.where(scale > 0, scale, 1.0), 0.0)
    few = int(known.sum()) < 2
    standing = tuple(_standing(few=few, told=t > 0, tells=s > 0) for t, s in zip(truth, spread, strict=True))
    return DomainScores(np.where((truth > 0) & (not few), np.clip(values, -1, 1), np.nan), standing)


def _centred_ranks(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """[domains, users]: ranks of the users' shares, less their mean; multiples of ½, so sums are exact."""
    share = shares(weights).T
    ranks: NDArray[np.float64] = average_ranks(share) - (share.shape[1] + 1) / 2
    return ranks


def _standing(*, few: bool, told: bool, tells: bool) -> Standing:
    if few:
        return Standing.TOO_FEW_USERS
    if not told:
        return Standing.REFERENCE_CONSTANT
    return Standing.DEFINED if tells else Standing.PREDICTED_CONSTANT
