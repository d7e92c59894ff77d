"""Profiles from tags: what people said of their own photos, added up for each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from penchant.profiles.weights import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PhotoTags:
    """What the tags of many photos mean, as columns of equal length n.

    Attributes:
        weights: [n, domains], ≥ 0; a row of zeros for a photo whose tags have no domain.
        typed: [n] how many tags a photo has.
        kept: [n] … of them those that say something about what it shows.
        meaning: [n] … of those the ones that have a domain.
        dropped: how many tags were dropped, by the reason.
    """

    weights: NDArray[np.float64]
    typed: NDArray[np.int64]
    kept: NDArray[np.int64]
    meaning: NDArray[np.int64]
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class TagProfiles:
    """The reference profiles of many users, and what they rest on; all columns have a row a user.

    Attributes:
        users: their names, sorted, None (nobody named) first.
        weights: [users, domains] sums over their photos; a row of zeros for a user whose tags mean nothing.
        photos: [users] all photos.
        photos_used: [users] photos that gave anything.
        tags, kept, meaning: [users] as in `PhotoTags`.
        dropped: how many tags were dropped, by the reason, over all users.
        owner: [n] for each photo, its user's row.
    """

    users: tuple[str | None, ...]
    weights: NDArray[np.float64]
    photos: NDArray[np.int64]
    photos_used: NDArray[np.int64]
    tags: NDArray[np.int64]
    kept: NDArray[np.int64]
    meaning: NDArray[np.int64]
    dropped: Mapping[str, int]
    owner: NDArray[np.int64]

    @property
    def without_domain(self) -> int:
        """How many kept tags have no domain."""
        return int(self.kept.sum() - self.meaning.sum())


def user_rows(user_id: Sequence[str | None]) -> tuple[tuple[str | None, ...], NDArray[np.int64]]:
    """The users in the order of their names, nobody first, and for each entry the row of its user."""
    users = tuple(sorted(set(user_id), key=lambda user: (user is not None, user or "")))
    row = {user: place for place, user in enumerate(users)}
    return users, np.fromiter((row[user] for user in user_id), np.int64, len(user_id))


def add_up_tags(user_id: Sequence[str | None], photos: PhotoTags) -> TagProfiles:
    """The photos' domains, summed for each user. Sums are exact, so the order of the photos changes nothing.

    Args:
        user_id: n names.
        photos: what the tags of each photo mean.
    """
    users, owner = user_rows(user_id)
    used: NDArray[np.bool_] = np.any(photos.weights > 0, axis=1)
    return TagProfiles(
        users=users,
        weights=_sums(owner, rounded(photos.weights), len(users)),
        photos=_counts(owner, np.ones(len(owner), np.int64), len(users)),
        photos_used=_counts(owner, used, len(users)),
        tags=_counts(owner, photos.typed, len(users)),
        kept=_counts(owner, photos.kept, len(users)),
        meaning=_counts(owner, photos.meaning, len(users)),
        dropped=photos.dropped,
        owner=owner,
    )


def _sums(owner: NDArray[np.int64], weights: NDArray[np.float64], users: int) -> NDArray[np.float64]:
    columns = [np.bincount(owner, column, minlength=users) for column in weights.T]
    return np.stack(columns, axis=1) if columns else np.zeros((users, 0))


def _counts(owner: NDArray[np.int64], counts: NDArray[np.int64] | NDArray[np.bool_], users: int) -> NDArray[np.int64]:
    sums: NDArray[np.int64] = np.bincount(owner, counts.astype(np.float64), minlength=users).astype(np.int64)
    return sums
