"""What all measures share: weights checked, the k heaviest domains of each user, ranks, and ties made explicit.

A profile is a row of weights ≥ 0, [domains]; a domain of weight 0 is not in the profile, so it never enters a set or a
list. Columns stand in the order of the domains' codes. Weights are tied when they are equal as floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Ties(StrEnum):
    """What happens to domains of equal weight, above all at the k-th place. The paper doesn't say what it did.

    BY_CODE: the domain whose column comes first wins, as in a profile's printed list. Deterministic, whole numbers of
        matches; but both sides prefer the same codes, so chance agreement is a little too high.
    SHARE: every tied domain has the same chance: the result is the expected value over random tie-breaking,
        independent on the two sides and computed exactly, without drawing. So two equal profiles with a tie at the
        k-th place don't reach 1.
    """

    BY_CODE = "by_code"
    SHARE = "share"


@dataclass(frozen=True, slots=True, eq=False)
class TopSets:
    """Each user's k heaviest domains: some surely, and some drawn from those that tie for the last places.

    Attributes:
        sure: [users, domains] bool, in the set whatever the draw.
        tied: [users, domains] bool, of equal weight, of which only `drawn` are in the set.
        drawn: [users] int, less than the number tied; 0 where nothing ties.
    """

    sure: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    drawn: NDArray[np.int64]

    @property
    def size(self) -> NDArray[np.int64]:
        """[users] int: how many domains each set has, at most k; the same for every draw."""
        size: NDArray[np.int64] = self.sure.sum(axis=1, dtype=np.int64) + self.drawn
        return size

    @property
    def membership(self) -> NDArray[np.float64]:
        """[users, domains]: the chance of each domain to be in the set."""
        chance = self.drawn / np.maximum(self.tied.sum(axis=1), 1)
        membership: NDArray[np.float64] = self.sure + self.tied * chance[:, None]
        return membership


def checked(weights: ArrayLike, *, what: str = "weights") -> NDArray[np.float64]:
    """The weights as [users, domains] floats.

    Raises:
        UsageError: when they have another shape, or aren't finite numbers ≥ 0.
    """
    array = np.asarray(weights, np.float64)
    if array.ndim != 2:
        raise UsageError(f"{what}: a table of users by domains is needed, not {array.ndim} dimensions")
    if not np.isfinite(array).all() or (array < 0).any():
        raise UsageError(f"{what}: profiles are finite weights of 0 or more")
    return array


def pair(predicted: ArrayLike, reference: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both tables checked, and of one shape.

    Raises:
        UsageError: as `checked`, or when the shapes differ.
    """
    first, second = checked(predicted, what="predicted"), checked(reference, what="reference")
    if first.shape != second.shape:
        raise UsageError(f"predicted has the shape {first.shape}, reference {second.shape}: same users and domains?")
    return first, second


def checked_k(k: int) -> int:
    """k itself.

    Raises:
        UsageError: below 1.
    """
    if k < 1:
        raise UsageError(f"k = {k}: at least one domain is needed")
    return k


def shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row divided by its sum; an empty row stays 0."""
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1.0)


def top_sets(weights: NDArray[np.float64], *, k: int, ties: Ties) -> TopSets:
    """The at most k heaviest domains of each user; domains of weight 0 are never among them."""
    checked_k(k)
    users, domains = weights.shape
    last = np.zeros((users, 1))
    if k < domains:
        last = np.partition(weights, domains - k, axis=1)[:, domains - k][:, None]
    sure = weights > last
    tied = (weights == last) & (last > 0)
    drawn = np.where(last[:, 0] > 0, k - sure.sum(axis=1), 0).astype(np.int64)
    if ties is Ties.BY_CODE:
        sure |= tied & (np.cumsum(tied, axis=1) <= drawn[:, None])
        tied, drawn = np.zeros_like(tied), np.zeros_like(drawn)
    else:
        all_fit = tied.sum(axis=1) == drawn
        sure |= tied & all_fit[:, None]
        tied, drawn = tied & ~all_fit[:, None], np.where(all_fit, 0, drawn)
    return TopSets(sure, tied, drawn)


def by_code(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole-number weights in the same order without ties: of equal ones, the first column is the heaviest."""
    users, domains = weights.shape
    order = np.argsort(-weights, axis=1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.broadcast_to(np.arange(domains), (users, domains)), axis=1)
    return np.where(weights > 0, domains - places, 0).astype(np.float64)


def tie_groups(sorted_values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For values sorted along the last axis: where each one's group of equals starts, and where it ends (exclusive)."""
    count = sorted_values.shape[-1]
    place = np.broadcast_to(np.arange(count), sorted_values.shape)
    change = sorted_values[..., 1:] != sorted_values[..., :-1]
    edge = np.ones((*sorted_values.shape[:-1], 1), np.bool_)
    starts = np.maximum.accumulate(np.where(np.concatenate([edge, change], axis=-1), place, 0), axis=-1)
    last = np.where(np.concatenate([change, edge], axis=-1), place + 1, count)
    ends = np.flip(np.minimum.accumulate(np.flip(last, axis=-1), axis=-1), axis=-1)
    return starts, ends


def average_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks 1, 2, … along the last axis, smallest first; equal values share the mean of their ranks."""
    order = np.argsort(values, axis=-1, kind="stable")
    starts, ends = tie_groups(np.take_along_axis(values, order, axis=-1))
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, (starts + ends + 1) / 2, axis=-1)
    return ranks
