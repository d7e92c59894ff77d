"""What a calibration is: a table of non-negative weights, and how a confidence enters it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 1 << 14  # photos at a time: [rows, labels, domains] stays below 50 MB


@dataclass(frozen=True, slots=True)
class Transform:
    """How much a label counts in a photo: confidence^power for the first `depth` labels, and nothing for the rest.

    A root lets the second and the tenth label speak too. The fourth root of the ten labels kept does about as well as
    the square root of all 1,000 probabilities, which aren't kept (docs/calibration.md).

    Attributes:
        power: from 0 (each label counts 1) to 1 (its confidence).
        depth: labels of a photo that are looked at.
    """

    power: float = 0.25
    depth: int = 10

    def __post_init__(self) -> None:
        if not 0 <= self.power <= 1 or self.depth < 1:
            raise UsageError(
                f"a transform of power {self.power} and depth {self.depth}: 0 to 1, and 1 or more are meant"
            )

    def strength(self, confidence: NDArray[np.floating]) -> NDArray[np.float64]:
        """[n, k] how much each label counts; 0 where there is none.

        Args:
            confidence: [n, k] in [0, 1], most probable first; 0 where there is no label.
        """
        given = np.asarray(confidence, np.float64)
        counted = given > 0
        counted[:, self.depth :] = False
        return np.where(counted, self._power(given), 0.0)

    def _power(self, given: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.power in {0.25, 0.5}:  # square roots have the same last bit on every machine, powers haven't
            root: NDArray[np.float64] = np.sqrt(given) if self.power == 0.5 else np.sqrt(np.sqrt(given))
            return root
        result: NDArray[np.float64] = given**self.power
        return result


@dataclass(frozen=True, slots=True)
class Strengths:
    """What decides how far a calibration moves from the ontology.

    Attributes:
        transform: how a confidence counts.
        freedom: the prior variance of a label's weight around what its domains say, in units of one photo's noise;
            0 is the ontology, to scale. What a domain as a whole may be translated to has twice that variance.
    """

    transform: Transform = Transform()
    freedom: float = 1 / 60

    def __post_init__(self) -> None:
        if not 0 <= self.freedom < float("inf"):
            raise UsageError(f"freedom = {self.freedom}: give a finite number of 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What labels mean in the words of a population of taggers.

    A photo's domains are its labels' rows of the matrix, each times the label's strength, added up: so they are never
    negative, each label's part in them can be told, and the sum over photos is the sum over labels.

    Attributes:
        matrix: [classes, domains] ≥ 0.
        background: [domains] the mean of what it says of the photos that it was learned from; sums to 1 or is 0.
        strengths: that it was learned with.
    """

    matrix: NDArray[np.float64]
    background: NDArray[np.float64]
    strengths: Strengths

    @property
    def transform(self) -> Transform:
        """How a confidence counts."""
        return self.strengths.transform

    def photo_domains(self, label: NDArray[np.integer], confidence: NDArray[np.floating]) -> NDArray[np.float64]:
        """[n, domains] what each photo gives to each domain; about 1 in all, as a photo's tags give.

        Args:
            label: [n, k] class indices, −1 for none.
            confidence: [n, k], most probable first; 0 where there is none.
        """
        result = np.zeros((len(label), self.matrix.shape[1]))
        for start in range(0, len(label), _ROWS):
            rows = slice(start, start + _ROWS)
            strength = np.where(label[rows] >= 0, self.transform.strength(confidence[rows]), 0.0)
            result[rows] = np.einsum("nk,nkd->nd", strength, self.matrix[np.maximum(label[rows], 0)])
        return result
