"""Many draws at once: the intervals and tests of `significance`, for many measures in one pass.

A bootstrap sample is how often it holds each user, so a mean over it is a product of matrices, and a rank in it a
running sum over users in order. The results are those of `bootstrap_mean`, `bootstrap_statistic` and `swap_test`, some
hundred times faster; the same seed draws the same users for every measure, so differences are paired.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation.ranking import Ties, average_ranks, pair, shares, tie_groups, top_sets
from penchant.evaluation.significance import RESAMPLES, Interval, PermutationTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

ACROSS_USERS = 1_000
"""Draws for measures across users, which cost more."""

_CELLS = 2**15  # of a table at once: what fits a processor's own memory is worked on several times as fast
_EQUAL = 1e-12


def draws(users: int, *, seed: int, resamples: int) -> Iterator[NDArray[np.float64]]:
    """[some, users]: how often each bootstrap sample holds each user; `resamples` rows in all.

    Raises:
        UsageError: when resamples is below 1.
    """
    rng = np.random.default_rng(seed)
    for rows in _portions(users, resamples):
        cell = rng.integers(0, users, (rows, users)) + np.arange(rows)[:, None] * users
        yield np.bincount(cell.ravel(), minlength=rows * users).reshape(rows, users).astype(np.float64)


def bootstrap_means(
    values: ArrayLike, *, seed: int, resamples: int = RESAMPLES, level: float = 0.95
) -> tuple[Interval, ...]:
    """The mean of each column with its percentile bootstrap interval; as `bootstrap_mean` for each.

    Users without a value in a column are drawn with the others and left out of its mean.

    Args:
        values: [users, columns]: measures of users, or differences of such; NaN where undefined.
        seed: of the draws, the same for all columns.
        resamples: how many draws.
        level: of the intervals.
    """
    table = np.asarray(values, np.float64)
    users, columns = table.shape
    known = ~np.isnan(table)
    filled = np.where(known, table, 0.0)
    means = [
        float(np.sort(column[has]).mean()) if has.any() else np.nan
        for column, has in zip(table.T, known.T, strict=True)
    ]
    if users < 2 or not columns:
        return tuple(Interval(mean, np.nan, np.nan) for mean in means)
    drawn = []
    for counts in draws(users, seed=seed, resamples=resamples):
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append((counts @ filled) / (counts @ known.astype(np.float64)))
    samples = np.concatenate(drawn)
    return tuple(
        interval_of(mean, samples[:, column], level=level)
        if known[:, column].sum() > 1
        else Interval(mean, np.nan, np.nan)
        for column, mean in enumerate(means)
    )


def interval_of(value: float, drawn: NDArray[np.float64], *, level: float = 0.95) -> Interval:
    """A value with the percentile interval of its draws; draws that are NaN are left out."""
    if not 0 < level < 1:
        raise UsageError(f"level = {level}: give a number between 0 and 1, as 0.95")
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Interval(value, np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))


@dataclass(frozen=True, slots=True, eq=False)
class DomainDraws:
    """The mean over domains of each measure across users, in each bootstrap sample, [resamples]."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    auc: NDArray[np.float64]
    spearman: NDArray[np.float64]


def bootstrap_domains(
    predicted: ArrayLike,
    reference: ArrayLike,
    *,
    k: int = 5,
    ties: Ties = Ties.BY_CODE,
    seed: int,
    resamples: int = ACROSS_USERS,
) -> DomainDraws:
    """`domain_precision`, `domain_recall`, `domain_auc` and `domain_spearman` of bootstrap samples, their means.

    Args:
        predicted, reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the k-th place.
        seed: of the draws: equal seeds draw equal users, so that differences are paired.
        resamples: how many draws.
    """
    mine, theirs = pair(predicted, reference)
    known = theirs.any(axis=1)
    users, domains = mine.shape
    a, b = top_sets(mine, k=k, ties=ties).membership, top_sets(theirs, k=k, ties=ties).membership
    columns = [
        (_Ranking(own), _Ranking(other), has)
        for own, other, has in zip(shares(mine).T, shares(theirs).T, b.T, strict=True)
    ]
    steps = np.stack([other.steps for _, other, _ in columns], axis=1) if columns else np.zeros((users, 0))
    found: list[NDArray[np.float64]] = []
    for drawn in draws(max(users, 1), seed=seed, resamples=resamples):
        counts = drawn[:, :users] * known
        # Whether a sample's references differ at all: whole numbers, so the variance of equal ones is exactly 0.
        differ = counts.sum(axis=1, keepdims=True) * (counts @ steps**2) > (counts @ steps) ** 2
        named, held, right = counts @ a, counts @ b, counts @ (a * b)
        precision = np.where(named > 0, right / np.maximum(named, _EQUAL), np.where(held > 0, 0.0, np.nan))
        recall = np.where(held > 0, right / np.maximum(held, _EQUAL), np.nan)
        auc, spearman = np.full((2, len(counts), domains), np.nan)
        for column, (own, other, has) in enumerate(columns):
            if has.any():
                auc[:, column] = _auc(own, counts, has)
            if own.alike:
                spearman[:, column] = np.where(differ[:, column], 0.0, np.nan)
            elif not other.alike:
                spearman[:, column] = _correlation(counts, own.ranks(counts), other.ranks(counts))
        found.append(np.stack([_mean(values) for values in (precision, recall, auc, spearman)]))
    return DomainDraws(*np.concatenate(found, axis=1))


def swap_domains(
    a: ArrayLike, b: ArrayLike, reference: ArrayLike, *, seed: int, resamples: int = ACROSS_USERS
) -> PermutationTest:
    """Paired permutation test of two methods' mean `domain_spearman`: as `swap_test`, all swaps at once.

    Args:
        a, b, reference: [users, domains] weights.
        seed: of the draw.
        resamples: how many swaps are drawn, where there are too many to look at all.
    """
    first, theirs = pair(a, reference)
    second, _ = pair(b, reference)
    known = theirs.any(axis=1)
    first, second, truth = shares(first[known]).T, shares(second[known]).T, shares(theirs[known]).T
    users = truth.shape[1]
    if users < 2:
        return PermutationTest(float("nan"), exact=True)
    ranks = average_ranks(truth) - (users + 1) / 2
    told = np.sum(ranks**2, axis=1) > 0
    if not told.any():
        return PermutationTest(float("nan"), exact=True)
    columns = [
        (_Ranking(np.concatenate([x, y])), q) for x, y, q in zip(first[told], second[told], ranks[told], strict=True)
    ]
    observed = abs(float(_swapped(np.zeros((1, users)), columns)[0]))
    bar = observed - _EQUAL * max(observed, 1.0)
    if 2**users <= resamples:
        swaps = (np.arange(2**users)[:, None] >> np.arange(users) & 1).astype(np.float64)
        return PermutationTest(float(np.mean(np.abs(_swapped(swaps, columns)) >= bar)), exact=True)
    rng = np.random.default_rng(seed)
    as_large = 0
    for rows in _portions(2 * users, resamples):
        swaps = rng.integers(0, 2, (rows, users)).astype(np.float64)
        as_large += int(np.sum(np.abs(_swapped(swaps, columns)) >= bar))
    return PermutationTest((1 + as_large) / (1 + resamples), exact=False)


class _Ranking:
    """One column of values, sorted once, whose ranks among any multiset of its entries are then running sums.

    Attributes:
        alike: whether all values are equal, so that it ranks nobody.
        steps: [n] 0 for the smallest value, 1 for the next, …; equal for equal values.
    """

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.alike = bool(len(values) == 0 or (values == values[0]).all())
        self._order = np.argsort(values, kind="stable")
        starts, ends = tie_groups(values[self._order])
        self._starts, self._ends = np.empty_like(starts), np.empty_like(ends)
        self._starts[self._order], self._ends[self._order] = starts, ends
        self.steps = np.unique(values, return_inverse=True)[1].astype(np.float64)

    def below_and_upto(self, mass: NDArray[np.float64]) -> NDArray[np.float64]:
        """[some, n]: for each entry, the mass of smaller entries + the mass of those no larger."""
        running = np.zeros((len(mass), mass.shape[1] + 1))
        np.cumsum(mass[:, self._order], axis=1, out=running[:, 1:])
        both: NDArray[np.float64] = running[:, self._starts] + running[:, self._ends]
        return both

    def ranks(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """[some, n]: each entry's rank, less their mean, where the sample holds it `counts` times."""
        ranks: NDArray[np.float64] = (self.below_and_upto(counts) - counts.sum(axis=1, keepdims=True)) / 2
        return ranks

    @property
    def everything(self) -> NDArray[np.int64]:
        """[n]: `below_and_upto` where each entry has the mass 1."""
        total: NDArray[np.int64] = self._starts + self._ends
        return total


def _correlation(
    counts: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[some]: Pearson's correlation of centred ranks; NaN where the second are all alike, 0 where only the first."""
    spread, truth = np.sum(counts * first**2, axis=1), np.sum(counts * second**2, axis=1)
    scale = np.sqrt(spread * truth)
    value = np.sum(counts * first * second, axis=1) / np.where(scale > 0, scale, 1.0)
    return np.where(truth > 0, np.where(scale > 0, value, 0.0), np.nan)


def _auc(own: _Ranking, counts: NDArray[np.float64], has: NDArray[np.float64]) -> NDArray[np.float64]:
    """[some]: the chance that one who has it is ranked above one who hasn't; NaN where nobody has it, or everybody."""
    alone = counts @ (has * (1 - has))  # a user is no pair with themself
    pairs = (counts @ has) * (counts @ (1 - has)) - alone
    won = pairs / 2 if own.alike else ((own.below_and_upto(counts * (1 - has)) * counts) @ has - alone) / 2
    return np.where(pairs > 1e-9, won / np.where(pairs > 1e-9, pairs, 1.0), np.nan)


def _swapped(swaps: NDArray[np.float64], columns: list[tuple[_Ranking, NDArray[np.float64]]]) -> NDArray[np.float64]:
    """[some]: the difference of the two methods' mean Spearman, after users were swapped."""
    users = swaps.shape[1]
    difference = np.zeros(len(swaps))
    for ranking, truth in columns:
        first = ranking.below_and_upto(np.concatenate([1 - swaps, swaps], axis=1))
        for sign, both, taken in ((1, first, swaps), (-1, ranking.everything - first, 1 - swaps)):
            chosen = np.where(taken > 0, both[:, users:], both[:, :users])
            centred = (chosen - users) / 2
            spread = np.sum(centred**2, axis=1)
            scale = np.sqrt(spread * np.sum(truth**2))
            difference += sign * np.where(scale > 0, centred @ truth / np.where(scale > 0, scale, 1.0), 0.0)
    return difference / len(columns)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[some]: the mean over the domains that have a value."""
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _portions(users: int, resamples: int) -> Iterator[int]:
    if resamples < 1:
        raise UsageError(f"resamples = {resamples}: at least one is needed")
    size = max(_CELLS // max(users, 1), 1)
    for start in range(0, resamples, size):
        yield min(size, resamples - start)
