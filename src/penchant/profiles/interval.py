"""How sure a share is: the marginals of a Dirichlet posterior, with the sample size that the photos are really worth.

A photo is not one draw of one domain: it may say little, or speak for several domains. So the weights are first
turned into an effective number of draws, from the variance that the share of this domain really has between photos (a
ratio estimator's, by linearisation), as is done for surveys. With n*_d draws, share s_d and background share b_d, the
share is beta-distributed with the parameters n*_d·s_d + κ·b_d and n*_d·(1 − s_d) + κ·(1 − b_d), κ = 1: before any photo
we expect a typical collection, with the weight of one draw. The variance itself is steadied by two photos' worth of a
plain draw, so that a domain that all photos agree on is not taken for certain.

Sources: W. Cochran, Sampling Techniques, 3rd ed., section 6.4 (the variance of a ratio); E. Korn and B. Graubard,
Survey Methodology 24 (1998), 193-201 (effective sample size in beta intervals); A. Gelman and others, Bayesian Data
Analysis, 3rd ed., section 3.4 (the Dirichlet posterior). `benchmarks/intervals.py` measures the coverage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.profiles.beta import beta_quantiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.profiles.weights import Contributions

_PRIOR_DRAWS = 1.0
_STEADYING_PHOTOS = 2.0


def share_interval(
    given: Contributions, prior: NDArray[np.float64], *, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of each domain's share.

    Args:
        given: what photos gave to domains.
        prior: [domains] shares that sum to 1.
        level: the probability inside the interval.

    Returns:
        Two arrays [domains]; the observed share always lies between them. Without any weight: all 0 and 1.
    """
    size = len(prior)
    low, high = np.zeros(size), np.ones(size)
    totals = np.bincount(given.domain, given.weight, minlength=size).astype(np.float64)
    total = float(totals.sum())
    if total == 0:
        return low, high
    share = totals / total
    per_photo = np.bincount(given.photo, given.weight)
    photo, domain, weight = _each_pair_once(given, size)
    square = float((per_photo**2).sum())
    squares = np.bincount(domain, weight**2, minlength=size)
    products = np.bincount(domain, weight * per_photo[photo], minlength=size)
    between = squares - 2 * share * products + share**2 * square
    expected = (totals + _PRIOR_DRAWS * prior) / (total + _PRIOR_DRAWS)
    plain = expected * (1 - expected) * square / np.count_nonzero(per_photo)
    variance = (np.maximum(between, 0) + _STEADYING_PHOTOS * plain) / total**2
    draws = expected * (1 - expected) / np.maximum(variance, np.finfo(float).tiny)
    seen = np.flatnonzero(totals)
    inside = draws * share + _PRIOR_DRAWS * prior
    outside = np.maximum(draws * (1 - share) + _PRIOR_DRAWS * (1 - prior), 1e-9)
    low[seen], high[seen] = beta_quantiles(inside[seen], outside[seen], [(1 - level) / 2, (1 + level) / 2]).T
    return np.minimum(low, share), np.maximum(high, share)


def _each_pair_once(
    given: Contributions, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Photo, domain and weight, the labels of a photo that share a domain added up."""
    pairs, place = np.unique(given.photo * size + given.domain, return_inverse=True)
    weight = np.bincount(place, given.weight).astype(np.float64)
    return pairs // size, pairs % size, weight
