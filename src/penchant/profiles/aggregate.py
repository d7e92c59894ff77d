"""Profiles of many people at once: their predictions, batch by batch, added up without a loop over photos.

    sums = UserSums(matrix, adding)
    for batch in batches:           # of any size, in any order
        sums.add(batch)
    sums.users, sums.weights        # [users, domains]

What counts is what counts everywhere (`combine.sort_out`): a picture counts once a user, however many photos have its
bytes, and a photo that failed not at all. To know pictures again, eight bytes of each are kept: the beginning of their
SHA-256, mixed with the user. Two different pictures of one user would have to agree in 64 bits to be taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.profiles.weights import contributions_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.profiles.weights import Adding
    from penchant.types import PredictionColumns

_MERGE = 4  # sorted runs of keys that are kept apart


class KeysSeen:
    """A set of 64-bit keys that grows in batches: sorted arrays, merged when they are of like size."""

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def add(self, keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Adds keys; says of each whether it is new, of equal ones only of the first."""
        distinct, first = np.unique(keys, return_index=True)
        unseen = np.ones(len(distinct), np.bool_)
        for run in self._runs:
            place = np.minimum(np.searchsorted(run, distinct), len(run) - 1)
            unseen &= run[place] != distinct
        new = np.zeros(len(keys), np.bool_)
        new[first[unseen]] = True
        if unseen.any():
            self._runs.append(distinct[unseen])
            while len(self._runs) > 1 and len(self._runs[-2]) <= _MERGE * len(self._runs[-1]):
                merged = np.concatenate([self._runs.pop(), self._runs.pop()])
                merged.sort(kind="stable")  # two sorted halves: merged, not sorted anew
                self._runs.append(merged)
        return new


@dataclass(frozen=True, slots=True)
class PhotosCounted:
    """total = used + failed + duplicates, each [users]."""

    used: NDArray[np.int64]
    failed: NDArray[np.int64]
    duplicates: NDArray[np.int64]


class UserSums:
    """The sums of domains of each user, growing batch by batch; equal, to the last bit, whatever the batches.

    Args:
        matrix: [classes, domains], each label's domains.
        adding: how predictions add up.
    """

    def __init__(self, matrix: NDArray[np.float64], adding: Adding) -> None:
        self._matrix, self._adding = matrix, adding
        self._row: dict[str | None, int] = {}
        self._weights = np.zeros((0, matrix.shape[1]))
        self._counts = np.zeros((0, 3), np.int64)
        self._seen = KeysSeen()

    def add(self, batch: PredictionColumns) -> NDArray[np.bool_]:
        """Adds photos; says which of them count."""
        rows = np.array([self._row.setdefault(user, len(self._row)) for user in batch.users], np.int64)
        self._grow(len(self._row))
        owner = rows[batch.owner] if len(batch.owner) else batch.owner
        counted = counting(batch.digest, owner, batch.failed, self._seen)
        given = contributions_of(batch.label[counted], batch.confidence[counted], self._matrix, self._adding)
        users, domains = self._weights.shape
        cell = owner[counted][given.photo] * domains + given.domain
        self._weights += np.bincount(cell, given.weight, minlength=users * domains).reshape(users, domains)
        kind = np.where(batch.failed, 1, np.where(counted, 0, 2))
        self._counts += np.bincount(owner * 3 + kind, minlength=users * 3).reshape(users, 3)
        return counted

    @property
    def users(self) -> tuple[str | None, ...]:
        """In the order in which they were first met."""
        return tuple(self._row)

    @property
    def weights(self) -> NDArray[np.float64]:
        """[users, domains]."""
        return self._weights[: len(self._row)].copy()

    @property
    def photos(self) -> PhotosCounted:
        """How many photos of each user counted, and why the others didn't."""
        used, failed, duplicates = self._counts[: len(self._row)].T.copy()
        return PhotosCounted(used, failed, duplicates)

    def _grow(self, users: int) -> None:
        more = users - len(self._weights)
        if more > 0:
            more = max(more, len(self._weights) // 2)
            self._weights = np.concatenate([self._weights, np.zeros((more, self._weights.shape[1]))])
            self._counts = np.concatenate([self._counts, np.zeros((more, 3), np.int64)])


def counting(
    digest: NDArray[np.uint64], owner: NDArray[np.int64], failed: NDArray[np.bool_], seen: KeysSeen
) -> NDArray[np.bool_]:
    """[n]: the photos that count, each picture once a user."""
    counted = ~failed
    counted[counted] = seen.add(digest[counted] ^ _mixed(owner[counted].astype(np.uint64)))
    return counted


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Whole numbers spread over 64 bits, one to one (the finaliser of splitmix64, Steele and others 2014)."""
    with np.errstate(over="ignore"):
        z = values + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: NDArray[np.uint64] = z ^ (z >> np.uint64(31))
        return mixed
