"""How sure a share is: the Dirichlet posterior of the shares, given the photos seen and the background as the prior.

Each photo is a draw from what the person would keep; its confidence is the part of a draw that it counts for. With S_d
the weight of domain d and b_d its background share, the shares are Dirichlet(S_d + κ·b_d), κ = 1: before any photo we
expect a typical collection, with the weight of a single photo. A domain's own share is then a beta variable.

Source: A. Gelman and others, Bayesian Data Analysis, 3rd ed., section 3.4 (multinomial data with a Dirichlet prior).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR_WEIGHT = 1.0
_DRAWS = 4000
_SEED = 20180


def share_interval(
    totals: NDArray[np.float64], photos: int, prior: NDArray[np.float64], *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of each domain's share.

    Args:
        totals: [domains] weights.
        photos: how many photos gave them: photos can't say more than their number, so weights that exceed it (one
            count in each of two domains) are scaled down to it.
        prior: [domains] shares that sum to 1.
        level: the probability inside the interval.

    Returns:
        Two arrays [domains]; the observed share always lies between them. Without any weight: all 0 and 1.
    """
    total = float(totals.sum())
    if total == 0:
        return np.zeros(len(totals)), np.ones(len(totals))
    alpha = totals * min(1.0, photos / total) + PRIOR_WEIGHT * prior
    share = totals / total
    low, high = np.zeros(len(totals)), np.ones(len(totals))
    for d in np.flatnonzero(totals):
        rest = max(float(alpha.sum() - alpha[d]), 1e-9)
        draws = np.random.default_rng(_SEED).beta(alpha[d], rest, _DRAWS)
        low[d], high[d] = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return np.minimum(low, share), np.maximum(high, share)
