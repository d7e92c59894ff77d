"""Folds: whole users and groups, so that nobody is learned from and judged by at once."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def joined(*columns: Sequence[object]) -> NDArray[np.int64]:
    """[n] numbers from 0: rows that share a value in any of the columns, directly or through others, have the same.

    With users and groups: what must stay in one fold so that neither stands on both sides.

    Args:
        columns: each n values; None stands for no value, so that such rows are joined by the other columns only.
    """
    rows = len(columns[0])
    root = list(range(rows))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for column in columns:
        first: dict[object, int] = {}
        for row, value in enumerate(column):
            if value is not None:
                a, b = find(first.setdefault(value, row)), find(row)
                root[max(a, b)] = min(a, b)
    _, numbers = np.unique([find(row) for row in range(rows)], return_inverse=True)
    return numbers.astype(np.int64)


def folds_of(units: Sequence[object] | NDArray[np.generic], *, folds: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """[n] the fold of each row: equal units stand in one fold, and folds hold about equally many units.

    The draw hangs on the units' own names and the seed, not on the order of the rows. With fewer units than folds
    each unit is a fold.

    Raises:
        UsageError: when fewer than two folds are asked for.
    """
    if folds < 2:
        raise UsageError(f"{folds} folds: at least two are needed")
    names = [str(unit) for unit in units]
    drawn = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())
    place = {name: number % folds for number, name in enumerate(drawn)}
    return np.array([place[name] for name in names], np.int64)
