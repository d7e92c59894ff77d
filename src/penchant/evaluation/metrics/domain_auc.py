"""For each domain: does its predicted share tell the users that have it from those that don't?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import Ties, pair, shares, tie_groups, top_sets
from penchant.evaluation.scores import DomainScores, Standing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def domain_auc(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> DomainScores:
    """The chance that a user who has the domain was predicted a larger share of it than one who hasn't; ½ for equal.

    A user has it when it is among the k heaviest domains of their reference. It is the area under the ROC curve, the
    Mann-Whitney U / (pairs). A constant gets exactly ½. Users without a reference are left out.
    Denominator: pairs of a user who has the domain and one who hasn't. Under `Ties.SHARE` each user has it with some
    chance, and both the pairs won and all pairs are expected values.
    Empty: NaN where nobody has it, or everybody.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal reference weights at the k-th place.
    """
    mine, theirs = pair(predicted, reference)
    known = theirs.any(axis=1)
    has = top_sets(theirs[known], k=k, ties=ties).membership.T
    share = shares(mine[known]).T
    order = np.lexsort((has, share), axis=-1)
    has = np.take_along_axis(has, order, axis=1)
    starts, ends = tie_groups(np.take_along_axis(share, order, axis=1))
    running = np.concatenate([np.zeros((len(has), 1)), np.cumsum(1 - has, axis=1)], axis=1)
    below, upto = np.take_along_axis(running, starts, axis=1), np.take_along_axis(running, ends, axis=1)
    self_pairs = np.sum(has * (1 - has), axis=1)  # a user is no pair with themself
    won = np.sum(has * (below + upto) / 2, axis=1) - self_pairs / 2
    pairs = has.sum(axis=1) * np.sum(1 - has, axis=1) - self_pairs
    possible = pairs > 1e-9
    values = np.where(possible, won / np.where(possible, pairs, 1.0), np.nan)
    return DomainScores(
        values,
        tuple(_standing(possible=bool(ok), holders=float(h)) for ok, h in zip(possible, has.sum(axis=1), strict=True)),
    )


def _standing(*, possible: bool, holders: float) -> Standing:
    if possible:
        return Standing.DEFINED
    return Standing.IN_EVERY_REFERENCE if holders > 0 else Standing.IN_NO_REFERENCE
