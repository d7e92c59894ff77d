"""For each domain: of the users it was predicted for, how many have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import Ties, pair, top_sets
from penchant.evaluation.scores import DomainScores, Standing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def domain_precision(
    predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE
) -> DomainScores:
    """Users with the domain in both sets / users with it in the predicted one; the sets are the k heaviest domains.

    Users without a reference are left out. Under `Ties.SHARE` both counts are expected values.
    Empty: 0 where it was never predicted and somebody has it; NaN where nobody has it either.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
    """
    mine, theirs = pair(predicted, reference)
    known = theirs.any(axis=1)
    a = top_sets(mine[known], k=k, ties=ties).membership
    b = top_sets(theirs[known], k=k, ties=ties).membership
    named, held = np.sort(a, axis=0).sum(axis=0), b.sum(axis=0)
    right = np.sort(a * b, axis=0).sum(axis=0)
    empty = np.where(held > 0, 0.0, np.nan)
    values = np.where(named > 0, right / np.where(named > 0, named, 1.0), empty)
    silent = [Standing.NEVER_PREDICTED if h > 0 else Standing.IN_NO_REFERENCE for h in held]
    return DomainScores(values, tuple(Standing.DEFINED if n > 0 else s for n, s in zip(named, silent, strict=True)))
