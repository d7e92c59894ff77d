"""Intervals for people who were made from themes: drawn as people, and by drawing the themes.

The second draws the themes with replacement and weighs each person by the product of how often its themes were drawn:
the bootstrap of a U-statistic (Arcones and Giné 1992).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

RESAMPLES = 10_000


class Intervals:
    """Means with two intervals: over people, and over themes (None where there are no themes).

    Args:
        people: the themes of each.
    """

    def __init__(self, people: Sequence[tuple[int, ...]]) -> None:
        themes = sorted({theme for own in people for theme in own})
        rng = np.random.default_rng(6)
        self._weights: dict[str, Table] = {
            "people": rng.multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES).astype(np.float64)
        }
        if themes:
            has = np.array([[theme in own for theme in themes] for own in people], np.float64)
            times = rng.multinomial(len(themes), np.full(len(themes), 1 / len(themes)), RESAMPLES).astype(np.float64)
            self._weights["themes"] = products(times, has)

    def of(self, values: Table) -> tuple[float, tuple[float, float], tuple[float, float] | None]:
        """The mean, and the ends of both."""
        found = {name: ends(weight, values) for name, weight in self._weights.items()}
        return float(values.mean()), found["people"], found.get("themes")


def products(times: Table, has: Table) -> Table:
    """[draws, people]: the product of how often each of a person's themes was drawn."""
    with np.errstate(divide="ignore"):
        logs = np.where(times > 0, np.log(times), 0.0)
    missing = (times == 0).astype(np.float64) @ has.T
    return np.where(missing > 0, 0.0, np.exp(logs @ has.T))


def ends(weight: Table, values: Table) -> tuple[float, float]:
    """The middle 95 % of the weighted means; draws that hold nobody are left out."""
    total = weight.sum(axis=1)
    low, high = np.quantile((weight @ values)[total > 0] / total[total > 0], [0.025, 0.975])
    return float(low), float(high)
