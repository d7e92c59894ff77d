"""What is typical of a population: its mean profile, and each user's lift over it.

Shares are kept as multiples of 2⁻³², so that sums over up to two million users are exact: the order of the users
changes nothing, one user can be taken out of a sum without a trace, and equal domains tie exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation.ranking import checked, shares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_UNIT = 2.0**32


def lift(weights: ArrayLike, *, smoothing: float = 0.02) -> NDArray[np.float64]:
    """[users, domains]: each share divided by the population's mean share of that domain.

    The mean is over the users of this table that have any weight, smoothed by `smoothing` spread evenly over all
    domains (as profiles are lifted over their background). A domain that nobody has gets 0, and so does all of an
    empty profile.

    Raises:
        UsageError: when smoothing isn't in [0, 1].
    """
    if not 0 <= smoothing <= 1:
        raise UsageError(f"smoothing = {smoothing}: give a number from 0 to 1")
    own = exact_shares(checked(weights))
    users = max(int(own.any(axis=1).sum()), 1)
    background = (1 - smoothing) * (own.sum(axis=0) / users) + smoothing / max(own.shape[1], 1)
    return own / np.where(background > 0, background, 1.0)


def exact_shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares as multiples of 2⁻³²; a domain of less than half of that is taken as absent."""
    return on_grid(shares(weights))


def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to multiples of 2⁻³²."""
    rounded: NDArray[np.float64] = np.rint(values * _UNIT) / _UNIT
    return rounded


def sum_of_the_others(values: NDArray[np.float64], groups: ArrayLike | None = None) -> NDArray[np.float64]:
    """[users, domains]: for each user, the sum over the users of all other groups.

    Args:
        values: [users, domains] on the grid.
        groups: [users] whole numbers, what is left out together (folds, or users that share photos); by default each
            user alone.

    Raises:
        UsageError: when there isn't one group for each user.
    """
    total = values.sum(axis=0)
    if groups is None:
        rest: NDArray[np.float64] = total - values
        return rest
    names = np.asarray(groups)
    if names.shape != (len(values),):
        raise UsageError(f"groups: one for each of the {len(values)} users is needed, not the shape {names.shape}")
    _, index = np.unique(names, return_inverse=True)
    per_group = np.zeros((int(index.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(per_group, index, values)
    others: NDArray[np.float64] = total - per_group[index]
    return others
