"""For each domain: of the users that have it, for how many it was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import Ties, pair, top_sets
from penchant.evaluation.scores import DomainScores, Standing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def domain_recall(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> DomainScores:
    """Users with the domain in both sets / users with it in the reference's; the sets are the k heaviest domains.

    Users without a reference are left out. Under `Ties.SHARE` both counts are expected values.
    Empty: NaN where nobody has it.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
    """
    mine, theirs = pair(predicted, reference)
    known = theirs.any(axis=1)
    a = top_sets(mine[known], k=k, ties=ties).membership
    b = top_sets(theirs[known], k=k, ties=ties).membership
    held, right = np.sort(b, axis=0).sum(axis=0), np.sort(a * b, axis=0).sum(axis=0)
    values = np.where(held > 0, right / np.where(held > 0, held, 1.0), np.nan)
    return DomainScores(values, tuple(Standing.DEFINED if h > 0 else Standing.IN_NO_REFERENCE for h in held))
