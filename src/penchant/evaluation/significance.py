"""How far chance could have made a result: bootstrap intervals over users, paired permutation tests, Holm's correction.

Users are the unit: they are drawn, or swapped, as a whole. Measures of users come as an array of a value each; measures
of domains across users as a function that is computed anew for each draw. Users without a value (NaN) are left out, in
a comparison those who lack it on either side. Every draw has an explicit seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

RESAMPLES = 10_000
_EXACT_USERS = 16  # 65,536 ways to flip the signs
_CELLS = 2**20  # of a table in memory at once
_EQUAL = 1e-12  # sums nearer than this, relative to the largest possible, are equal


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its percentile bootstrap interval; NaN where there are too few users for one."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """A two-sided p-value.

    Attributes:
        p: the part of all sign flips, or of those drawn, whose difference is at least as large; NaN without users.
        exact: whether all of them were looked at.
    """

    p: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Method a against method b on the same users.

    Attributes:
        difference: mean of a − b, with its paired bootstrap interval low to high.
        p: of the paired permutation test; `exact` says whether of all flips.
        users: how many have a value from both.
    """

    difference: float
    low: float
    high: float
    p: float
    exact: bool
    users: int


def bootstrap_mean(values: ArrayLike, *, seed: int, resamples: int = RESAMPLES, level: float = 0.95) -> Interval:
    """The mean of the users' values, and the percentile bootstrap interval of it (Efron and Tibshirani 1993, ch. 13).

    For a difference between methods give the users' differences: that is the paired bootstrap. The interval is a
    little too narrow for few users: for normal values a nominal 95 % covers about 90 % with 10 users, 92 % with 20,
    93 % with 50. One user, or none, has no interval.
    """
    known = _known(values)
    if len(known) < 2:
        return Interval(float(known.mean()) if len(known) else float("nan"), float("nan"), float("nan"))
    means = np.concatenate([known[rows].mean(axis=1) for rows in _draws(len(known), resamples, seed)])
    return _interval(float(known.mean()), means, level)


def bootstrap_statistic(
    statistic: Callable[[NDArray[np.int64]], float],
    users: int,
    *,
    seed: int,
    resamples: int = 1_000,
    level: float = 0.95,
) -> Interval:
    """The percentile bootstrap interval of anything that is computed from a set of users.

    Draws in which the statistic is NaN are left out. A statistic of ranks, as Spearman's, sees ties in each draw that
    the users themselves don't have, which pulls it a little towards 0.

    Args:
        statistic: from rows of users (some repeated) to the number, e.g. `lambda rows:
            domain_spearman(predicted[rows], reference[rows]).mean`.
        users: how many there are.
        seed: of the draw.
        resamples: how many draws.
        level: of the interval.
    """
    if users < 1:
        return Interval(float("nan"), float("nan"), float("nan"))
    value = statistic(np.arange(users))
    if users < 2:
        return Interval(value, float("nan"), float("nan"))
    drawn = np.array([statistic(row) for rows in _draws(users, resamples, seed) for row in rows])
    return _interval(value, drawn[~np.isnan(drawn)], level)


def permutation_test(a: ArrayLike, b: ArrayLike, *, seed: int, resamples: int = RESAMPLES) -> PermutationTest:
    """Paired two-sided permutation test of mean(a) = mean(b): each user's difference may as well have the other sign.

    Fisher's randomisation test, as Smucker, Allan and Carterette (2007) advise for comparing systems. Exact for up to
    16 users that differ (equal ones change nothing); else from `resamples` random flips with
    p = (1 + as large) / (1 + resamples), which is never 0 and holds its level (Phipson and Smyth 2010).
    """
    difference = _differences(a, b)
    if not len(difference):
        return PermutationTest(float("nan"), exact=True)
    difference = difference[difference != 0]
    count = len(difference)
    bar = abs(difference.sum()) - _EQUAL * np.abs(difference).sum()
    if count <= _EXACT_USERS:
        flips = np.arange(2**count)[:, None] >> np.arange(count) & 1
        sums = np.abs((1 - 2 * flips) @ difference)
        return PermutationTest(float(np.mean(sums >= bar)), exact=True)
    as_large = sum(int(np.sum(np.abs(signs @ difference) >= bar)) for signs in _signs(count, resamples, seed))
    return PermutationTest((1 + as_large) / (1 + resamples), exact=False)


def swap_test(
    statistic: Callable[[NDArray[np.bool_]], float], users: int, *, seed: int, resamples: int = 1_000
) -> PermutationTest:
    """Paired permutation test of a measure across users: who predicted a user's profile is swapped, user by user.

    Args:
        statistic: from [users] bool, for whom the methods change places, to the difference of the measure.
        users: how many there are.
        seed: of the draw.
        resamples: how many swaps are drawn, where there are too many to look at all.
    """
    if users < 1:
        return PermutationTest(float("nan"), exact=True)
    observed = abs(statistic(np.zeros(users, np.bool_)))
    bar = observed - _EQUAL * max(observed, 1.0)
    if 2**users <= resamples:
        swaps = (np.arange(2**users)[:, None] >> np.arange(users) & 1).astype(np.bool_)
        return PermutationTest(float(np.mean([abs(statistic(swap)) >= bar for swap in swaps])), exact=True)
    drawn = (swap for signs in _signs(users, resamples, seed) for swap in signs < 0)
    return PermutationTest((1 + sum(abs(statistic(swap)) >= bar for swap in drawn)) / (1 + resamples), exact=False)


def compare(a: ArrayLike, b: ArrayLike, *, seed: int, resamples: int = RESAMPLES, level: float = 0.95) -> Comparison:
    """Two methods' values of the same users: the mean difference, its interval, and its p-value before correction."""
    difference = _differences(a, b)
    interval = bootstrap_mean(difference, seed=seed, resamples=resamples, level=level)
    test = permutation_test(a, b, seed=seed, resamples=resamples)
    return Comparison(interval.mean, interval.low, interval.high, test.p, test.exact, len(difference))


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """p-values of a family of tests, corrected by Holm's step-down method (1979), in the order given.

    The i-th smallest of m becomes the largest of (m − j + 1) pⱼ over j ≤ i, at most 1. NaN stays NaN and doesn't
    count as a test.
    """
    values = np.asarray(p, np.float64)
    corrected = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    steps = values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def _known(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise UsageError(f"one value for each user is needed, not {array.ndim} dimensions")
    return array[~np.isnan(array)]


def _differences(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape:
        raise UsageError(f"a paired comparison needs the same users: {first.shape} and {second.shape}")
    return _known(first - second)


def _draws(users: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Rows of users drawn with replacement, [some, users] at a time, `resamples` in all."""
    rng = np.random.default_rng(seed)
    for rows in _portions(users, resamples):
        yield rng.integers(0, users, (rows, users))


def _signs(users: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Random signs −1 and 1, [some, users] at a time, `resamples` in all."""
    rng = np.random.default_rng(seed)
    for rows in _portions(users, resamples):
        yield 2 * rng.integers(0, 2, (rows, users)) - 1


def _portions(users: int, resamples: int) -> Iterator[int]:
    if resamples < 1:
        raise UsageError(f"resamples = {resamples}: at least one is needed")
    size = max(_CELLS // users, 1)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _interval(value: float, drawn: NDArray[np.float64], level: float) -> Interval:
    if not 0 < level < 1:
        raise UsageError(f"level = {level}: give a number between 0 and 1, as 0.95")
    if not len(drawn):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
