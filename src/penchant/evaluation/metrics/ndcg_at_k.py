"""Normalised discounted cumulative gain with the reference's weights as gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.ranking import Ties, by_code, checked_k, pair, tie_groups
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def ndcg_at_k(predicted: ArrayLike, reference: ArrayLike, *, k: int = 5, ties: Ties = Ties.BY_CODE) -> UserScores:
    """DCG / ideal DCG, DCG = Σ gᵢ / log₂(i + 1) over the k first predicted domains, gᵢ the reference's weight.

    Gains are linear (Järvelin and Kekäläinen 2002). Under `Ties.SHARE` tied domains share the mean of their gains
    (McSherry and Najork 2008), which is the expected DCG. Domains that aren't predicted gain nothing.
    Denominator: the DCG of the reference's own order, over k domains at most.
    Empty: NaN where the reference is empty; 0 where only the prediction is.

    Args:
        predicted, reference: [users, domains] weights.
        k: how many places count.
        ties: what happens to equal predicted weights.
    """
    checked_k(k)
    mine, gains = pair(predicted, reference)
    if ties is Ties.BY_CODE:
        mine = by_code(mine)
    domains = mine.shape[1]
    discount = np.where(np.arange(domains) < k, 1 / np.log2(np.arange(domains) + 2), 0.0)
    order = np.argsort(-mine, axis=1, kind="stable")
    starts, ends = tie_groups(-np.take_along_axis(mine, order, axis=1))
    running = np.concatenate([[0.0], np.cumsum(discount)])
    shared = (running[ends] - running[starts]) / np.maximum(ends - starts, 1)
    gained = np.take_along_axis(np.where(mine > 0, gains, 0.0), order, axis=1)
    ideal = -np.sort(-gains, axis=1) @ discount
    known = ideal > 0
    return UserScores(np.where(known, np.sum(gained * shared, axis=1) / np.where(known, ideal, 1.0), np.nan))
