"""What each label of each photo gives to each domain, and the sums of it.

Weights are rounded to multiples of 2⁻²⁰, so that sums of up to eight billion photos are exact in 64-bit floats and do
not depend on the order of addition: the sum of the parts is the whole, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from penchant.errors import UsageError
from penchant.types import Aggregation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from penchant.types import Predictions

_UNIT = 2.0**20

Strength: TypeAlias = "Callable[[NDArray[np.float32]], NDArray[np.float64]]"
"""From confidences [n, k] to how much each label counts, [n, k], 0 where it doesn't: what a calibration brings."""


@dataclass(frozen=True, slots=True)
class Adding:
    """How predictions add up.

    Attributes:
        aggregation: `mass`: a photo gives each of its `top_k` labels' domains the label's confidence, so that an
            unsure picture says little. `count`: a photo gives each domain of its most probable label one count
            (the 2018 study's way).
        top_k: how many labels of a photo are looked at, for `mass`.
        min_confidence: labels below it are left out, for `mass`.
    """

    aggregation: Aggregation = Aggregation.MASS
    top_k: int = 5
    min_confidence: float = 0.05

    def __post_init__(self) -> None:
        if self.top_k < 1:
            raise UsageError(f"--top-k {self.top_k}: at least one label a picture is needed")
        if not 0 <= self.min_confidence <= 1:
            raise UsageError(f"--min-confidence {self.min_confidence}: give a number from 0 to 1")


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What labels of photos gave to domains: four columns of equal length.

    Attributes:
        photo: row in the predictions.
        label: class index.
        domain: column of the label matrix.
        weight: multiples of 2⁻²⁰.
        lost: weight of labels that have no domain.
    """

    photo: NDArray[np.int64]
    label: NDArray[np.int64]
    domain: NDArray[np.int64]
    weight: NDArray[np.float64]
    lost: float

    def photos(self, domain: int | None = None) -> int:
        """How many photos gave something, to a domain or at all."""
        photo = self.photo if domain is None else self.photo[self.domain == domain]
        return int(np.count_nonzero(np.bincount(photo)))  # np.unique would import masked arrays first, for 10 ms


def contributions(
    predictions: Predictions, matrix: NDArray[np.float64], adding: Adding, strength: Strength | None = None
) -> Contributions:
    """What each photo's labels give to each domain.

    Args:
        predictions: classified photos only.
        matrix: [classes, domains], each label's domains; rows sum to 1, or to 0 for a label without a domain. With a
            strength, any weights of 0 or more.
        adding: the way to add up.
        strength: how much a label counts, in place of `adding`.
    """
    if strength is None:
        return contributions_of(predictions.label, predictions.confidence, matrix, adding)
    amount = strength(predictions.confidence)
    photo, place = np.nonzero((predictions.label >= 0) & (amount > 0))
    return _spread(
        photo.astype(np.int64),
        predictions.label[photo, place].astype(np.int64),
        amount[photo, place],
        matrix,
        lost=False,
    )


def contributions_of(
    labels: NDArray[np.int32], confidences: NDArray[np.float32], matrix: NDArray[np.float64], adding: Adding
) -> Contributions:
    """As `contributions`, from the two columns that decide: labels and confidences, [photos, k]."""
    mass = adding.aggregation is Aggregation.MASS
    depth = min(adding.top_k if mass else 1, labels.shape[1])
    label, confidence = labels[:, :depth], confidences[:, :depth].astype(np.float64)
    counted = (label >= 0) & (confidence >= adding.min_confidence if mass else confidence >= 0)
    photo, place = np.nonzero(counted)
    return _spread(
        photo.astype(np.int64),
        label[photo, place].astype(np.int64),
        confidence[photo, place] if mass else np.ones(len(photo)),
        matrix if mass else (matrix > 0).astype(np.float64),
        lost=True,
    )


def _spread(
    photo: NDArray[np.int64],
    label: NDArray[np.int64],
    amount: NDArray[np.float64],
    given: NDArray[np.float64],
    *,
    lost: bool,
) -> Contributions:
    """Labels of photos, each with its amount, over their domains; `lost` says whether to add up what has none."""
    row, domain = np.nonzero(given)
    starts = np.searchsorted(row, np.arange(len(given) + 1))
    per_label = np.diff(starts)
    repeats = per_label[label]
    entry = np.repeat(starts[label], repeats) + _ramp(repeats)
    weight = rounded(np.repeat(amount, repeats) * given[row[entry], domain[entry]])
    return Contributions(
        photo=np.repeat(photo, repeats),
        label=np.repeat(label, repeats),
        domain=domain[entry],
        weight=weight,
        lost=float(rounded(amount[repeats == 0]).sum()) if lost else 0.0,
    )


def _ramp(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … for each length: [2, 3] → [0, 1, 0, 1, 2]."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def rounded(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """To multiples of 2⁻²⁰, whose sums are exact."""
    result: NDArray[np.float64] = np.rint(weight * _UNIT) / _UNIT
    return result
