"""What a measure gives: a value for each user or for each domain, with those that have none counted and named."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class UserScores:
    """A measure of each user.

    Attributes:
        values: [users], NaN where the measure is undefined for that user.
    """

    values: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The mean over the users that have a value; NaN where nobody has."""
        return mean_of(self.values)

    @property
    def users(self) -> int:
        """How many users have a value."""
        return int(np.sum(~np.isnan(self.values)))

    @property
    def undefined(self) -> int:
        """How many have none, and so aren't in the mean."""
        return len(self.values) - self.users


class Standing(StrEnum):
    """How a domain's score came about."""

    DEFINED = "defined"
    PREDICTED_CONSTANT = "predicted alike for all users: counted as no relation"
    NEVER_PREDICTED = "never predicted: counted as 0"
    REFERENCE_CONSTANT = "alike in all references: nothing to tell"
    IN_NO_REFERENCE = "in no user's reference"
    IN_EVERY_REFERENCE = "in every user's reference"
    TOO_FEW_USERS = "fewer than two users"


@dataclass(frozen=True, slots=True, eq=False)
class DomainScores:
    """A measure of each domain, across users.

    Whether a domain has a value should hang on the reference, not on the prediction: a method must not gain by being
    silent where it would be wrong.

    Attributes:
        values: [domains], NaN where undefined.
        standing: why, for each domain.
    """

    values: NDArray[np.float64]
    standing: tuple[Standing, ...]

    @property
    def mean(self) -> float:
        """The mean over the domains that have a value, each counting the same; NaN where none has."""
        return mean_of(self.values)

    @property
    def standings(self) -> dict[Standing, int]:
        """How many domains stand how."""
        return dict(Counter(self.standing))


def mean_of(values: NDArray[np.float64]) -> float:
    """The mean of the values that aren't NaN, or NaN; the same whatever their order."""
    known = np.sort(values[~np.isnan(values)])
    return float(known.mean()) if len(known) else float("nan")
