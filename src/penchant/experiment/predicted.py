"""Predicted profiles: what each method makes of the same predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from penchant.profiles.aggregate import UserSums
from penchant.profiles.weights import contributions_of, rounded
from penchant.types import PredictionColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from penchant.experiment.looking import Looked
    from penchant.profiles import Adding

_CHUNK = 1 << 16


class PhotoDomains(Protocol):
    """Anything that says the domains of photos from their labels: [n, domains] from [n, k] and [n, k]."""

    def __call__(self, label: NDArray[np.int32], confidence: NDArray[np.float32], /) -> NDArray[np.float64]:
        """One row a photo, ≥ 0."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ByLabel:
    """Each label has its domains, and a photo the sum of its labels': the ontology's way, and the study's."""

    matrix: NDArray[np.float64]
    adding: Adding

    def __call__(self, label: NDArray[np.int32], confidence: NDArray[np.float32], /) -> NDArray[np.float64]:
        """As `PhotoDomains`."""
        given = contributions_of(label, confidence, self.matrix, self.adding)
        photos, domains = len(label), self.matrix.shape[1]
        cell = given.photo * domains + given.domain
        sums = np.bincount(cell, given.weight, minlength=photos * domains).astype(np.float64)
        return sums.reshape(photos, domains)


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """One method's profiles.

    Attributes:
        weights: [users, domains] from all photos that count.
        without_held: [users, domains] from those that aren't held out for the recommendation test.
        held: [held photos, domains].
    """

    weights: NDArray[np.float64]
    without_held: NDArray[np.float64]
    held: NDArray[np.float64]


Part: TypeAlias = "tuple[NDArray[np.bool_], PhotoDomains]"
"""Some of the photos, and what says their domains: a cross-validation has a part for each fold."""


def predicted(
    looked: Looked, owner: NDArray[np.int64], users: int, held: NDArray[np.bool_], parts: Sequence[Part]
) -> Predicted:
    """A method's profiles.

    Args:
        looked: one network's predictions of photos that all count.
        owner: [photos] each one's user.
        users: how many there are.
        held: [photos] those that are held out.
        parts: which photos are understood how; each photo is in one of them.
    """
    domains = 0
    weights: NDArray[np.float64] | None = None
    aside: NDArray[np.float64] | None = None
    for mask, domains_of in parts:
        some = _part(looked, mask)
        sums = _sums(some, owner[mask], users, domains_of)
        weights = sums if weights is None else weights + sums
        if aside is None:
            domains = sums.shape[1]
            aside = np.zeros((int(held.sum()), domains))
        out = mask & held
        aside[mask[held]] = domains_of(looked.label[out], looked.confidence[out])
    assert weights is not None and aside is not None  # noqa: S101, PT018 - there is at least one part
    off = np.zeros_like(weights)
    np.add.at(off, owner[held], rounded(aside))
    return Predicted(weights, np.maximum(weights - off, 0.0), aside)


def _part(looked: Looked, mask: NDArray[np.bool_]) -> Looked:
    return looked if mask.all() else looked.select(mask)


def _sums(looked: Looked, owner: NDArray[np.int64], users: int, domains_of: PhotoDomains) -> NDArray[np.float64]:
    if isinstance(domains_of, ByLabel):
        return _sums_by_label(looked, owner, users, domains_of)
    total: NDArray[np.float64] | None = None
    for start in range(0, max(len(owner), 1), _CHUNK):
        some = slice(start, start + _CHUNK)
        given = rounded(domains_of(looked.label[some], looked.confidence[some]))
        sums = np.zeros((users, given.shape[1]))
        for domain, column in enumerate(given.T):
            sums[:, domain] = np.bincount(owner[some], column, minlength=users)
        total = sums if total is None else total + sums
    assert total is not None  # noqa: S101 - the loop runs at least once
    return total


def _sums_by_label(looked: Looked, owner: NDArray[np.int64], users: int, by_label: ByLabel) -> NDArray[np.float64]:
    sums = UserSums(by_label.matrix, by_label.adding)
    names = tuple(str(user) for user in range(users))
    for start in range(0, max(len(owner), 1), _CHUNK):
        some = slice(start, start + _CHUNK)
        failed = np.zeros(len(owner[some]), np.bool_)
        sums.add(
            PredictionColumns(
                names, owner[some], looked.digest[some], failed, looked.label[some], looked.confidence[some]
            )
        )
    return sums.weights
