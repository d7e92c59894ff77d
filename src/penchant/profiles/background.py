"""The background: how often labels occur in a typical collection, and so which domains are typical of everybody.

It is kept as weights of labels, not of domains, so that every generaliser and taxonomy has its own background from the
same measurement. How it was measured stands in `data/background/README.md`.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import PenchantError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.types import Aggregation, Domain, LabelSet

SHIPPED = Path(__file__).parent.parent / "data" / "background"
_EVEN = 0.02  # the part spread evenly over all domains: a domain never met in the sample is rare, not impossible


def label_background(label_set: LabelSet, aggregation: Aggregation) -> NDArray[np.float64] | None:
    """How much each label weighs in a typical collection, [classes], summing to 1; None if that isn't known."""
    path = SHIPPED / f"{label_set.name}.tsv"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        weights = np.array([float(row[aggregation]) for row in csv.DictReader(file, delimiter="\t")])
    if len(weights) != len(label_set.classes):
        raise PenchantError(f"{path} has {len(weights)} rows for {len(label_set.classes)} labels")
    total: NDArray[np.float64] = weights / weights.sum()
    return total


def domain_background(labels: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the domains in a typical collection, [domains], all above 0 and summing to 1.

    Args:
        labels: [classes] weights of the labels.
        matrix: [classes, domains], each label's domains.
    """
    weights = labels @ matrix
    return smoothed(weights)


def profile_background(document: object, domains: tuple[Domain, ...]) -> NDArray[np.float64]:
    """Shares of the domains from a profile's JSON (of one person or of a population), as `domain_background` gives.

    Raises:
        UsageError: when it isn't such a document, or names other domains.
    """
    try:
        shares = {str(entry["code"]): float(entry["share"]) for entry in document["domains"]}  # type: ignore[index]
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError("the background is not a profile as `penchant profile --json` writes it") from error
    if not all(0 <= share <= 1 for share in shares.values()):
        raise UsageError("the background has shares that are not between 0 and 1")
    unknown = sorted(set(shares) - {domain.code for domain in domains})
    if unknown:
        raise UsageError(f"the background names domains that this taxonomy doesn't have: {', '.join(unknown[:5])}")
    return smoothed(np.array([shares.get(domain.code, 0.0) for domain in domains]))


def smoothed(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of weights [domains], all above 0 and summing to 1, so that lifts over them are finite."""
    total = float(weights.sum())
    known = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    result: NDArray[np.float64] = (1 - _EVEN) * known + _EVEN / len(weights)
    return result
