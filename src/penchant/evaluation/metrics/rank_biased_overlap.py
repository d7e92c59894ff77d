"""Rank-biased overlap: how much two rankings agree, the first places counting most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation.ranking import Ties, pair, top_sets
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def rank_biased_overlap(
    predicted: ArrayLike,
    reference: ArrayLike,
    *,
    p: float = 0.8,
    extrapolate: bool = True,
    ties: Ties = Ties.BY_CODE,
) -> UserScores:
    """(1 − p) Σ p^(d−1) X(d)/d over all depths d, X(d) being the domains that both lists hold down to d.

    The lists are finite (domains of weight 0 aren't in them), the sum is not. With s ≤ l the lengths of the lists:

    - extrapolated (Webber, Moffat and Zobel 2010, equation 32): the agreement seen is taken to go on. 1 for equal
      lists. (1−p)/p · [Σ(d≤l) X(d) p^d / d + Σ(s<d≤l) X(s)(d−s)/(s d) p^d] + [(X(l) − X(s))/l + X(s)/s] p^l.
    - base, their lower bound: nothing more is found below. (1−p)/p · [Σ(d≤l) X(d) p^d / d + X(l) Σ(d>l) p^d / d];
      equal lists stay below 1.

    Ties: `by_code` ranks them by code. `share` takes the expected X(d) over random orders, independent in the two
    lists, as RBOᵃ of Corsi and Urbano (2024); equal lists with ties then stay below 1.
    Denominator: none; the weights (1 − p) p^(d−1) sum to 1. The first 1/(1−p) places carry most: p = 0.8 for five.
    Empty: NaN where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        p: persistence, between 0 and 1, exclusive.
        extrapolate: the extrapolated form, or the base.
        ties: what happens to equal weights.

    Raises:
        UsageError: when p isn't between 0 and 1.
    """
    if not 0 < p < 1:
        raise UsageError(f"p = {p}: the persistence of rank-biased overlap lies between 0 and 1, exclusive")
    mine, theirs = pair(predicted, reference)
    users, domains = mine.shape
    lengths = np.sort(np.stack([np.sum(mine > 0, axis=1), np.sum(theirs > 0, axis=1)]), axis=0)
    short, long = lengths[0], lengths[1]
    common = np.zeros((users, domains + 1))
    for d in range(1, domains + 1):
        both = top_sets(mine, k=d, ties=ties).membership * top_sets(theirs, k=d, ties=ties).membership
        common[:, d] = both.sum(axis=1)
    depth = np.arange(1, domains + 1)
    weight = p**depth / depth
    seen = np.sum(np.where(depth <= long[:, None], common[:, 1:] * weight, 0.0), axis=1)
    everybody = np.arange(users)
    at_short, at_long = common[everybody, short], common[everybody, long]
    if extrapolate:
        divisor = np.maximum(short, 1)
        gap = np.where((depth > short[:, None]) & (depth <= long[:, None]), depth - short[:, None], 0)
        seen = seen + at_short / divisor * (gap @ weight)
        beyond = ((at_long - at_short) / np.maximum(long, 1) + at_short / divisor) * p**long
        values = (1 - p) / p * seen + beyond
    else:
        values = (1 - p) / p * (seen + at_long * _tail(p, weight)[long])
    values = np.where(mine.any(axis=1), values, 0.0)
    return UserScores(np.where(theirs.any(axis=1), values, np.nan))


def _tail(p: float, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ(d>l) p^d / d for each l from 0, the whole sum being −ln(1 − p)."""
    tail: NDArray[np.float64] = np.maximum(-np.log1p(-p) - np.concatenate([[0.0], np.cumsum(weight)]), 0.0)
    return tail
