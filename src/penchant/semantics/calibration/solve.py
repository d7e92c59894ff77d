"""The weights that fit best, pulled towards the ontology, and never negative.

Labels give t ≈ xᵀ W, with W = g·W₀ + W₀·A + E: W₀ [labels, domains] what the ontology says, g one number for its scale,
A [domains, domains] a translation of the ontology's domains into those that people's tags name (what shows a sheep is
tagged with grass), E each label's own part. A and E are shrunk towards 0 (normal priors of variance 2f and f, f the
freedom), so W is normal around g·W₀ with the covariance f(I + 2 W₀W₀ᵀ) between labels: a label that was never seen
still takes part in the translation, and without photos all is the ontology.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.semantics.calibration.moments import Moments

_SHARED = 2.0  # variance of the translation, in units of that of a label's own part
_STEPS = 1000
_SETTLED = 1e-6  # of the largest weight: later steps change nothing that is kept


def scale(seen: Moments, prior: NDArray[np.float64]) -> float:
    """g: with it, the ontology gives the photos as much in all as their tags do; 0 where it gives nothing."""
    given = float(np.sum(seen.total @ prior))
    return seen.mass / given if given > 0 else 0.0


def ridge(seen: Moments, prior: NDArray[np.float64], freedom: float) -> NDArray[np.float64]:
    """[labels, domains] the best weights, of either sign.

    Args:
        seen: the photos' moments.
        prior: W₀ of the same labels.
        freedom: above 0.
    """
    left, right = _equations(seen, prior, freedom)
    return np.asarray(np.linalg.solve(left, right), np.float64)


def nonnegative(seen: Moments, prior: NDArray[np.float64], freedom: float) -> NDArray[np.float64]:
    """[labels, domains] the best weights that are 0 or more; arguments as `ridge`.

    Accelerated projected gradients (Beck and Teboulle 2009) with restarts (O'Donoghue and Candès 2015), the unknowns
    scaled so that the matrix has a unit diagonal.
    """
    left, right = _equations(seen, prior, freedom)
    unit = np.sqrt(np.diag(left))
    left, right = left / unit / unit[:, None], right / unit[:, None]
    step = 1 / _largest_eigenvalue(left)
    here = ahead = np.maximum(np.linalg.solve(left, right), 0.0)
    momentum = 1.0
    for _ in range(_STEPS):
        after = np.maximum(ahead - step * (left @ ahead - right), 0.0)
        moved = after - here
        if np.sum((ahead - after) * moved) > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = after + (momentum - 1) / following * moved
        here, momentum = after, following
        if np.abs(moved).max(initial=0) <= _SETTLED * here.max(initial=0):
            break
    result: NDArray[np.float64] = here / unit[:, None]
    return result


def extended(
    weights: NDArray[np.float64], labels: NDArray[np.int64], prior: NDArray[np.float64], g: float
) -> NDArray[np.float64]:
    """[classes, domains] the weights of all classes: those fitted, and for the others what these teach of them.

    Args:
        weights: [labels, domains] of the labels that were fitted.
        labels: [labels] their classes.
        prior: W₀ of all classes.
        g: the scale.
    """
    own = prior[labels]
    translation = np.linalg.solve(own.T @ own + np.eye(prior.shape[1]) / _SHARED, own.T @ (weights - g * own))
    result: NDArray[np.float64] = np.maximum(g * prior + prior @ translation, 0.0)
    result[labels] = weights
    return result


def _equations(
    seen: Moments, prior: NDArray[np.float64], freedom: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(G + Σ⁻¹) and (C + Σ⁻¹ g W₀): weights that solve them are the posterior's mean."""
    labels, domains = prior.shape
    inner = np.eye(domains) / _SHARED + prior.T @ prior
    precision = (np.eye(labels) - prior @ np.linalg.solve(inner, prior.T)) / freedom  # Woodbury
    return seen.gram + precision, seen.cross + precision @ (scale(seen, prior) * prior)


def _largest_eigenvalue(matrix: NDArray[np.float64]) -> float:
    """An upper bound near the largest eigenvalue of a symmetric matrix with a unit diagonal."""
    vector = np.ones(len(matrix))
    value = 1.0
    for _ in range(50):
        vector = matrix @ vector
        value = float(np.linalg.norm(vector))
        vector /= value
    return min(value * 1.05, float(np.abs(matrix).sum(axis=1).max()))
