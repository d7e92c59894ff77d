"""Cross-validation: who learns from whom. Nobody is ever in training and test together, and no group either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One part of the users, and what may be learned from for them.

    Attributes:
        test: [photos] those of this fold's users.
        train: [photos] of other users, without those that share a group or the picture itself with a test photo.
    """

    test: NDArray[np.bool_]
    train: NDArray[np.bool_]


def folds_of(
    owner: NDArray[np.int64],
    picture: NDArray[np.uint64],
    *,
    groups: Sequence[tuple[str, ...]] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> tuple[Fold, ...]:
    """Cuts the users into folds.

    Users that share groups stay together where they can: sets of users without a common group are spread over the
    folds. Where all hang together, users are spread one by one, and training goes without the test users' groups.

    Args:
        owner: [photos] each one's user, 0, 1, …
        picture: [photos] equal for the same picture.
        groups: [photos] names; photos with a name in common belong together.
        folds: how many, at most one a user.
        seed: of the spreading.

    Raises:
        UsageError: when nothing would be left to learn from.
    """
    users = int(owner.max(initial=-1)) + 1
    names = None if groups is None else [frozenset(group) for group in groups]
    together = np.arange(users) if names is None else _components(owner, names, users)
    if len(np.unique(together)) < 2:
        together = np.arange(users)
    fold_of_user = _spread(together, folds, seed)
    made = []
    for fold in range(int(fold_of_user.max(initial=-1)) + 1):
        test = fold_of_user[owner] == fold
        train = ~test & ~np.isin(picture, picture[test])
        if names is not None:
            taken = frozenset().union(*(names[row] for row in np.flatnonzero(test)))
            train &= np.fromiter((name.isdisjoint(taken) for name in names), np.bool_, len(names))
        if not train.any():
            raise UsageError(
                "nothing is left to learn from: the users of each fold share groups or pictures with all others; "
                "more --folds, another --group, or --no-calibrate"
            )
        made.append(Fold(test, train))
    return tuple(made)


def _components(owner: NDArray[np.int64], names: Sequence[frozenset[str]], users: int) -> NDArray[np.int64]:
    """[users]: equal for users that are linked by groups in common, however many steps apart."""
    parent = list(range(users))

    def root(user: int) -> int:
        while parent[user] != user:
            parent[user] = parent[parent[user]]
            user = parent[user]
        return user

    first: dict[str, int] = {}
    for user, group in zip(owner.tolist(), names, strict=True):
        for name in group:
            parent[root(user)] = root(first.setdefault(name, user))
    return np.array([root(user) for user in range(users)], np.int64)


def _spread(together: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """[users]: a fold each, sets of users kept whole; the largest set first, into the smallest fold."""
    sets, index, sizes = np.unique(together, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sets))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(min(folds, len(sets)), np.int64)
    fold = np.zeros(len(sets), np.int64)
    for one in order:
        fold[one] = int(np.argmin(filled))
        filled[fold[one]] += sizes[one]
    spread: NDArray[np.int64] = fold[index]
    return spread
