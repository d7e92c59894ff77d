"""Many draws at once give what the slow, plain way gives for the same draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.evaluation import Ties, bootstrap_mean, swap_test
from penchant.evaluation.metrics import domain_auc, domain_precision, domain_recall, domain_spearman
from penchant.evaluation.resampling import bootstrap_domains, bootstrap_means, draws, interval_of, swap_domains

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tables(users: int, domains: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, 4, (users, domains)).astype(float)
    reference[rng.random(users) < 0.15] = 0
    predicted = np.maximum(reference + rng.integers(-2, 3, (users, domains)), 0).astype(float)
    predicted[rng.random(users) < 0.1] = 0
    return predicted, reference


@given(users=st.integers(1, 15), seed=st.integers(0, 200), ties=st.sampled_from(Ties))
@settings(max_examples=30)
def test_domains_are_those_of_the_drawn_users(users: int, seed: int, ties: Ties) -> None:
    predicted, reference = tables(users, 6, seed)
    found = bootstrap_domains(predicted, reference, k=3, ties=ties, seed=seed, resamples=8)
    counts = np.concatenate(list(draws(users, seed=seed, resamples=8)))
    assert counts.sum(axis=1).tolist() == [users] * 8
    for row, count in enumerate(counts):
        who = np.repeat(np.arange(users), count.astype(int))
        a, b = predicted[who], reference[who]
        slow = [
            domain_precision(a, b, k=3, ties=ties).mean,
            domain_recall(a, b, k=3, ties=ties).mean,
            domain_auc(a, b, k=3, ties=ties).mean,
        ]
        fast = [found.precision[row], found.recall[row], found.auc[row]]
        assert fast == pytest.approx(slow, abs=1e-9, nan_ok=True)
        assert found.spearman[row] == pytest.approx(domain_spearman(a, b).mean, abs=1e-9, nan_ok=True)


@given(users=st.integers(0, 9), seed=st.integers(0, 200))
@settings(max_examples=30)
def test_swaps_are_those_of_the_slow_test(users: int, seed: int) -> None:
    first, reference = tables(users, 5, seed)
    second, _ = tables(users, 5, seed + 1)
    known = reference.any(axis=1)
    a, b, truth = first[known], second[known], reference[known]

    def difference(swap: NDArray[np.bool_]) -> float:
        mine, theirs = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
        return domain_spearman(mine, truth).mean - domain_spearman(theirs, truth).mean

    found = swap_domains(first, second, reference, seed=1, resamples=600)
    if known.sum() < 2 or np.isnan(domain_spearman(a, truth).mean):
        assert np.isnan(found.p)
        return
    expected = swap_test(difference, int(known.sum()), seed=1, resamples=600)
    assert found.p == pytest.approx(expected.p)
    assert found.exact


def test_many_users_are_swapped_at_random_and_the_seed_decides() -> None:
    rng = np.random.default_rng(0)
    reference = rng.random((40, 6))
    good, bad = reference + 0.1 * rng.random((40, 6)), rng.random((40, 6))
    found = swap_domains(good, bad, reference, seed=3, resamples=200)
    assert found.p == pytest.approx(1 / 201)
    assert not found.exact
    assert swap_domains(bad, bad[::-1], reference, seed=3).p == swap_domains(bad, bad[::-1], reference, seed=3).p
    assert swap_domains(good, good, reference, seed=3, resamples=50).p == 1


def test_means_of_columns_are_those_of_each() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((50, 3))
    values[:, 1] = np.nan
    values[3:, 2] = np.nan
    whole, none, three = bootstrap_means(values, seed=4, resamples=2_000)
    alone = bootstrap_mean(values[:, 0], seed=4, resamples=2_000)
    assert (whole.mean, whole.low, whole.high) == pytest.approx((alone.mean, alone.low, alone.high))
    assert np.isnan([none.mean, none.low, none.high]).all()
    assert three.low <= three.mean <= three.high
    (single,) = bootstrap_means(values[:1, :1], seed=4)
    assert np.isnan([single.low, single.high]).all(), "one user has no interval"
    assert bootstrap_means(np.zeros((5, 0)), seed=1) == ()


def test_wrong_use() -> None:
    with pytest.raises(UsageError, match="resamples = 0"):
        bootstrap_means(np.zeros((3, 1)), seed=1, resamples=0)
    with pytest.raises(UsageError, match="level = 2"):
        interval_of(0.0, np.zeros(3), level=2)
