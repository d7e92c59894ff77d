"""Intervals that cover, tests that hold their level."""

from __future__ import annotations

from itertools import product
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_measures import is_sorted

from penchant.errors import UsageError
from penchant.evaluation import (
    bootstrap_mean,
    bootstrap_statistic,
    compare,
    holm,
    permutation_test,
    swap_test,
)
from penchant.evaluation.metrics import domain_spearman

probabilities = st.lists(st.floats(0, 1), max_size=8)


def test_an_exact_test_by_hand() -> None:
    # Differences 1, 2, 3: of the 8 sums only ±6 are as large.
    found = permutation_test([1, 2, 3], [0, 0, 0], seed=1)
    assert found.exact
    assert found.p == 2 / 8
    # 1, 2, −3: every sum is at least 0 in size.
    assert permutation_test([1, 2, 0], [0, 0, 3], seed=1).p == 1
    # 0.1 + 0.2 − 0.3 is 0 but for rounding.
    assert permutation_test([0.1, 0.2, 0.0], [0, 0, 0.3], seed=1).p == 1


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=6))
def test_exact_tests_as_by_definition(differences: list[int]) -> None:
    flips = list(product((-1, 1), repeat=len(differences)))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in flips]
    expected = sum(s >= abs(sum(differences)) for s in sums) / len(flips)
    assert permutation_test(differences, [0] * len(differences), seed=1).p == pytest.approx(expected)
    swapped = swap_test(lambda swap: float(np.where(swap, -1, 1) @ np.array(differences)), len(differences), seed=1)
    assert swapped.exact
    assert swapped.p == pytest.approx(expected)


def test_a_drawn_test_is_near_the_exact_one_and_never_0() -> None:
    rng = np.random.default_rng(1)
    difference = rng.normal(0.4, 1, 16)
    exact = permutation_test(difference, np.zeros(16), seed=1)
    # The same differences and one so small that it changes no comparison: now 17, and drawn.
    drawn = permutation_test([*difference, 1e-9], np.zeros(17), seed=1)
    assert (exact.exact, drawn.exact) == (True, False)
    assert drawn.p == pytest.approx(exact.p, abs=0.015)
    assert permutation_test(np.ones(50), np.zeros(50), seed=1, resamples=999).p == 1 / 1000


def test_users_without_a_value_are_left_out_on_both_sides() -> None:
    found = compare([1, nan, 3, 2], [0, 1, nan, 0], seed=1)
    assert found.users == 2
    assert found.difference == pytest.approx(1.5)
    assert found.p == 2 / 4
    nobody = compare([nan], [1], seed=1)
    assert nobody.users == 0
    assert isnan(nobody.p)
    assert isnan(nobody.difference)


def test_equal_methods_do_not_differ() -> None:
    found = compare([0.2, 0.4, 0.6], [0.2, 0.4, 0.6], seed=1)
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_p_values_are_uniform_when_nothing_differs() -> None:
    rng = np.random.default_rng(11)
    exact = [permutation_test(rng.normal(size=9), rng.normal(size=9), seed=i).p for i in range(400)]
    drawn = [permutation_test(rng.normal(size=30), rng.normal(size=30), seed=i, resamples=199).p for i in range(400)]
    for p in (np.array(exact), np.array(drawn)):
        for level in (0.05, 0.25, 0.5, 0.75):
            assert np.mean(p <= level) == pytest.approx(level, abs=4 * (level * (1 - level) / 400) ** 0.5)


def test_swaps_hold_their_level_across_users() -> None:
    rng = np.random.default_rng(12)
    values = []
    for i in range(60):
        a, b, truth = rng.random((3, 12, 3))

        def difference(swap: np.ndarray, a: np.ndarray = a, b: np.ndarray = b, truth: np.ndarray = truth) -> float:
            first, second = np.where(swap[:, None], b, a), np.where(swap[:, None], a, b)
            return domain_spearman(first, truth).mean - domain_spearman(second, truth).mean

        values.append(swap_test(difference, 12, seed=i, resamples=39).p)
    assert min(values) >= 1 / 40
    assert np.mean(np.array(values) <= 0.5) == pytest.approx(0.5, abs=0.25)


def test_intervals_cover() -> None:
    rng = np.random.default_rng(13)
    covered = 0
    for i in range(400):
        found = bootstrap_mean(rng.beta(2, 3, 50), seed=i, resamples=400)
        covered += found.low <= 2 / 5 <= found.high
    assert 0.90 <= covered / 400 <= 0.985


def test_intervals_are_repeatable_and_ordered() -> None:
    values = np.random.default_rng(3).random(40)
    found = bootstrap_mean(values, seed=4)
    assert found == bootstrap_mean(values, seed=4)
    assert found != bootstrap_mean(values, seed=5)
    assert found.low < found.mean < found.high
    wider = bootstrap_mean(values, seed=4, level=0.99)
    assert wider.low < found.low < found.high < wider.high
    assert bootstrap_mean([*values, nan], seed=4) == found


def test_the_mean_is_a_statistic_like_others() -> None:
    values = np.random.default_rng(3).random(40)
    found = bootstrap_statistic(lambda rows: float(values[rows].mean()), 40, seed=4, resamples=10_000)
    assert (found.low, found.high) == pytest.approx(
        (bootstrap_mean(values, seed=4).low, bootstrap_mean(values, seed=4).high)
    )


def test_too_few_users_have_no_interval() -> None:
    one = bootstrap_mean([0.5], seed=1)
    assert one.mean == 0.5
    assert isnan(one.low)
    assert isnan(bootstrap_mean([], seed=1).mean)
    assert isnan(bootstrap_statistic(lambda _: 1.0, 0, seed=1).mean)
    assert isnan(bootstrap_statistic(lambda _: 1.0, 1, seed=1).low)
    assert isnan(bootstrap_statistic(lambda _: nan, 5, seed=1).high)
    assert isnan(swap_test(lambda _: 1.0, 0, seed=1).p)


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(UsageError, match="resamples"):
        bootstrap_mean([1, 2], seed=1, resamples=0)
    with pytest.raises(UsageError, match="level"):
        bootstrap_mean([1, 2], seed=1, level=95)
    with pytest.raises(UsageError, match="same users"):
        compare([1, 2], [1], seed=1)
    with pytest.raises(UsageError, match="dimensions"):
        bootstrap_mean([[1, 2]], seed=1)


def test_holm_by_hand() -> None:
    # Sorted .01 .02 .03 .04 times 4 3 2 1: .04 .06 .06 .04, and never less than before.
    assert holm([0.04, 0.01, 0.03, 0.02]).tolist() == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]).tolist() == [1, 1]
    assert holm([0.02, nan]).tolist() == pytest.approx([0.02, nan], nan_ok=True)
    assert holm([]).tolist() == []


@given(probabilities)
def test_holm_corrects_upwards_and_keeps_the_order(p: list[float]) -> None:
    corrected = holm(p)
    assert (corrected >= np.array(p)).all()
    assert (corrected <= np.minimum(len(p) * np.array(p), 1) + 1e-12).all()
    assert is_sorted(corrected[np.argsort(p, kind="stable")].tolist())
