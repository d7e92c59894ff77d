"""A small world to calibrate in: photos drawn from a known table, of people who tag other than the ontology says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.semantics.calibration import Transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES, DOMAINS, KEPT = 24, 4, 5
PRIOR = np.eye(DOMAINS)[np.arange(CLASSES) % DOMAINS]
"""Each class has one domain by the ontology."""

MEANT = PRIOR[:, [1, 2, 3, 0]]
"""What people tag: always the next domain."""


@dataclass(frozen=True)
class World:
    """Photos as `fit` takes them."""

    label: NDArray[np.int32]
    confidence: NDArray[np.float32]
    target: NDArray[np.float64]
    users: list[str]

    def rows(self, rows: NDArray[np.int64]) -> World:
        """Some of the photos."""
        return World(self.label[rows], self.confidence[rows], self.target[rows], [self.users[row] for row in rows])


def world(photos: int, *, seed: int = 0, users: int = 6, classes: int = CLASSES) -> World:
    """Photos that show only the first `classes` classes; tags follow what is seen, with noise."""
    rng = np.random.default_rng(seed)
    label = np.stack([rng.permutation(classes)[:KEPT] for _ in range(photos)]).astype(np.int32)
    confidence = -np.sort(-rng.dirichlet(np.full(KEPT, 0.5), photos)).astype(np.float32)
    strength = Transform().strength(confidence)
    said = np.einsum("nk,nkd->nd", strength, MEANT[label]) + 0.05 * rng.random((photos, DOMAINS))
    return World(label, confidence, said / said.sum(axis=1, keepdims=True), [f"u{i % users}" for i in range(photos)])
