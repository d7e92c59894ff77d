"""Methods against the constant, and against one another, on the same users; corrected for the number of tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation import holm, permutation_test
from penchant.evaluation.resampling import bootstrap_means, interval_of, swap_domains
from penchant.experiment.scoring import number
from penchant.results import ComparisonResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from penchant.experiment.scoring import Judged, Judging

TESTED = ("f1_at_k", "ndcg_at_k", "lift_ranked_f1_at_k", "recommendation_auc")
ACROSS_USERS = "domain_spearman"


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """Something that is compared: a method, or the constant, judged against one reference."""

    name: str
    judged: Judged


@dataclass(frozen=True, slots=True, eq=False)
class Bout:
    """All that are compared on one reference: each with the constant, and the methods with one another."""

    reference: str
    weights: NDArray[np.float64]
    methods: Sequence[Contender]
    constant: Contender | None


def comparisons(bouts: Sequence[Bout], how: Judging) -> tuple[ComparisonResult, ...]:
    """Every comparison of every bout, in order; p-values corrected for all of them together."""
    found = [result for bout in bouts for result in _bout(bout, how)]
    corrected = holm([np.nan if result.p is None else result.p for result in found])
    return tuple(replace(result, p_holm=number(float(p))) for result, p in zip(found, corrected, strict=True))


def _bout(bout: Bout, how: Judging) -> list[ComparisonResult]:
    pairs = [(method, bout.constant) for method in bout.methods if bout.constant is not None]
    pairs += combinations(bout.methods, 2)
    rows = [(a, b, name) for a, b in pairs for name in TESTED if name in a.judged.users and name in b.judged.users]
    results = []
    if rows:
        table = np.stack([a.judged.users[name].values - b.judged.users[name].values for a, b, name in rows], axis=1)
        intervals = bootstrap_means(table, seed=how.seed, resamples=how.bootstrap)
        for (a, b, name), difference, interval in zip(rows, table.T, intervals, strict=True):
            test = permutation_test(difference, np.zeros_like(difference), seed=how.seed, resamples=how.bootstrap)
            results.append(
                ComparisonResult(
                    a.name, b.name, name, bout.reference, number(interval.mean), number(interval.low),
                    number(interval.high), number(test.p), None, test.exact, int(np.sum(~np.isnan(difference))),
                )
            )  # fmt: skip
    return results + [_across_users(a, b, bout, how) for a, b in pairs]


def _across_users(a: Contender, b: Contender, bout: Bout, how: Judging) -> ComparisonResult:
    difference = a.judged.domains[ACROSS_USERS].mean - b.judged.domains[ACROSS_USERS].mean
    users = int(bout.weights.any(axis=1).sum())
    drawn = a.judged.draws.spearman - b.judged.draws.spearman
    interval = interval_of(difference, drawn if users > 1 else drawn[:0])
    test = swap_domains(a.judged.weights, b.judged.weights, bout.weights, seed=how.seed, resamples=how.across_users)
    return ComparisonResult(
        a.name, b.name, ACROSS_USERS, bout.reference, number(difference), number(interval.low), number(interval.high),
        number(test.p), None, test.exact, users,
    )  # fmt: skip
