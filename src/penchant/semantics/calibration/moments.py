"""Sums over photos that a linear fit needs, and nothing else of them: so folds add up and subtract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 1 << 14  # photos at a time


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Of photos with strengths x [labels] and tag domains t [domains], each with a weight.

    Attributes:
        gram: [labels, labels] Σ x xᵀ.
        cross: [labels, domains] Σ x tᵀ.
        total: [labels] Σ x.
        square: Σ |t|².
        mass: Σ of all of t.
        weight: Σ of the weights.
    """

    gram: NDArray[np.float64]
    cross: NDArray[np.float64]
    total: NDArray[np.float64]
    square: float
    mass: float
    weight: float

    def __add__(self, other: Moments) -> Moments:
        return self._with(other, 1.0)

    def __sub__(self, other: Moments) -> Moments:
        return self._with(other, -1.0)

    def _with(self, other: Moments, sign: float) -> Moments:
        return Moments(
            self.gram + sign * other.gram,
            self.cross + sign * other.cross,
            self.total + sign * other.total,
            self.square + sign * other.square,
            self.mass + sign * other.mass,
            self.weight + sign * other.weight,
        )

    def error(self, matrix: NDArray[np.float64]) -> float:
        """Σ |t − xᵀ matrix|², the squared error of a matrix [labels, domains] on these photos."""
        fitted = float(np.sum(self.cross * matrix))
        return self.square - 2 * fitted + float(np.sum(matrix * (self.gram @ matrix)))


def moments(
    label: NDArray[np.int64],
    strength: NDArray[np.float64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    labels: int,
) -> Moments:
    """The moments of photos.

    Args:
        label: [n, k] numbers from 0 to labels − 1, each at most once in a row where its strength isn't 0.
        strength: [n, k]; 0 where a place doesn't count.
        target: [n, domains].
        weight: [n].
        labels: how many labels there are.
    """
    gram = np.zeros(labels * labels)
    cross = np.zeros((labels, target.shape[1]))
    total = np.zeros(labels)
    for start in range(0, len(label), _ROWS):
        rows = slice(start, start + _ROWS)
        part, x = label[rows], strength[rows]
        weighed = x * weight[rows, None]
        pairs = part[:, :, None] * labels + part[:, None, :]
        gram += np.bincount(pairs.ravel(), (weighed[:, :, None] * x[:, None, :]).ravel(), labels * labels)
        total += np.bincount(part.ravel(), weighed.ravel(), labels)
        for domain in np.flatnonzero(target[rows].any(axis=0)):
            given = weighed * target[rows, domain, None]
            cross[:, domain] += np.bincount(part.ravel(), given.ravel(), labels)
    return Moments(
        gram.reshape(labels, labels),
        cross,
        total,
        float(np.sum(weight[:, None] * target**2)),
        float(np.sum(weight[:, None] * target)),
        float(weight.sum()),
    )
