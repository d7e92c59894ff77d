"""What results are compared with."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from penchant.errors import UsageError
from penchant.evaluation import Ties, constant, lift, oracle_list, oracle_set, prior, random_draw, random_expected
from penchant.evaluation import metrics as m

references = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: arrays.arrays(np.float64, shape, elements=st.integers(0, 4).map(float))
)

# Heaviest two: ab, ab, bc, cd.
REFERENCE = [[2, 1, 0, 0], [1, 2, 0, 0], [0, 2, 1, 0], [0, 0, 1, 2]]


def test_the_constant_by_hand() -> None:
    # Counts: a 2, b 3, c 2, d 1; a and c tie for the second place, and both stay.
    assert constant(REFERENCE, k=2, leave_out=False).tolist() == [[2, 3, 2, 0]] * 4
    # Without the user's own: a 1 b 2 c 2 d 1; the same; a 2 b 2 c 1 d 1; a 2 b 3 c 1 d 0.
    assert constant(REFERENCE, k=2).tolist() == [[0, 2, 2, 0], [0, 2, 2, 0], [2, 2, 0, 0], [2, 3, 0, 0]]


def test_groups_are_left_out_together() -> None:
    # For the first two users only bc, cd count; for the others only ab, ab.
    folds = [7, 7, 3, 3]
    assert constant(REFERENCE, k=1, groups=folds).tolist() == [[0, 1, 0, 1]] * 2 + [[1, 1, 0, 0]] * 2
    thirds = np.array([[0, 2 / 3, 1 / 3 + 1 / 3, 2 / 3]]) / 2
    assert prior(REFERENCE, groups=folds)[0] == pytest.approx(thirds[0])
    with pytest.raises(UsageError, match="groups"):
        prior(REFERENCE, groups=[1, 2])


def test_the_prior_by_hand() -> None:
    everybody = np.array([1, 5 / 3, 2 / 3, 2 / 3]) / 4
    assert prior(REFERENCE, leave_out=False) == pytest.approx(np.tile(everybody, (4, 1)))
    assert prior(REFERENCE)[3] == pytest.approx(np.array([1, 5 / 3, 1 / 3, 0]) / 3)


@given(references, st.integers(1, 4), st.integers(0, 100))
def test_nobodys_own_reference_leaks(reference: np.ndarray, k: int, seed: int) -> None:
    user = seed % len(reference)
    changed = reference.copy()
    changed[user] = np.random.default_rng(seed).integers(0, 9, reference.shape[1])
    for how in Ties:
        assert np.array_equal(constant(reference, k=k, ties=how)[user], constant(changed, k=k, ties=how)[user])
    assert np.array_equal(prior(reference)[user], prior(changed)[user])


@settings(max_examples=20)
@given(references, st.integers(1, 3))
def test_no_constant_has_more_matches(reference: np.ndarray, k: int) -> None:
    best = m.matches(constant(reference, k=k, leave_out=False), reference, k=k).counts @ np.arange(k + 1)
    domains = reference.shape[1]
    for some in combinations(range(domains), min(k, domains)):
        other = np.zeros_like(reference)
        other[:, some] = 1
        assert m.matches(other, reference, k=k).counts @ np.arange(k + 1) <= best


def test_alone_there_is_no_population() -> None:
    assert not constant([[1, 2]]).any()
    assert not prior([[1, 2]]).any()


def test_what_random_rankings_are_expected_to_score() -> None:
    rng = np.random.default_rng(5)
    reference = rng.permuted(np.tile(np.arange(7.0), (4, 1)), axis=1)
    for measure in (m.f1_at_k, m.jaccard_at_k, m.ndcg_at_k, m.rank_biased_overlap):
        expected = measure(random_expected(reference), reference, ties=Ties.SHARE).mean
        drawn = [measure(random_draw(reference, seed=seed), reference).mean for seed in range(300)]
        assert np.mean(drawn) == pytest.approx(expected, abs=0.02)
    # Five of seven, six of which the references hold: each of their five is met with the chance 5/7.
    assert m.matches(random_expected(reference), reference, ties=Ties.SHARE).values == pytest.approx([25 / 7] * 4)


def test_draws_are_repeatable_and_leave_no_domain_out() -> None:
    assert np.array_equal(random_draw(REFERENCE, seed=1), random_draw(REFERENCE, seed=1))
    assert not np.array_equal(random_draw(REFERENCE, seed=1), random_draw(REFERENCE, seed=2))
    assert (random_draw(REFERENCE, seed=1) > 0).all()


@given(references, st.integers(1, 4), st.integers(0, 100), st.sampled_from(Ties))
def test_nothing_beats_the_oracles(reference: np.ndarray, k: int, seed: int, how: Ties) -> None:
    rng = np.random.default_rng(seed)
    reachable = rng.random(reference.shape[1]) < 0.7
    other = rng.integers(0, 3, reference.shape) * reachable
    known, named = reference.any(axis=1), np.sum(other > 0, axis=1)
    options: dict[str, Any] = {"k": k, "ties": how}
    free = oracle_set(reference, reachable=reachable, **options)
    full = oracle_set(reference, reachable=reachable, exactly=True, **options)
    ordered = oracle_list(reference, reachable=reachable)
    for bound, measure, who in (
        (free, m.f1_at_k, known),
        (full, m.f1_at_k, known & (named >= k)),
        (full, m.recall_at_k, known),
        (ordered, m.ndcg_at_k, known),
    ):
        assert not bound[:, ~reachable].any()
        best, score = (measure(table, reference, **options).values[who] for table in (bound, other))
        assert (best >= score - 1e-9).all()


def test_the_oracles_by_hand() -> None:
    reference = [[3.0, 0, 1, 0]]
    assert oracle_list(reference).tolist() == [[4, 0, 3, 0]]
    assert m.f1_at_k(oracle_set(reference, k=3), reference, k=3).mean == 1
    # A method that always names three has one too many.
    assert m.f1_at_k(oracle_set(reference, k=3, exactly=True), reference, k=3).mean == pytest.approx(2 * 2 / 5)
    # Where the heaviest can't be predicted: {c} of {a, c}.
    some = oracle_set(reference, k=3, reachable=[False, True, True, True])
    assert m.f1_at_k(some, reference, k=3).mean == pytest.approx(2 * 1 / 3)
    # Nobody knows which of three equal ones is the first.
    share = m.f1_at_k(oracle_set([[1, 1, 1]], k=1, ties=Ties.SHARE), [[1, 1, 1]], k=1, ties=Ties.SHARE)
    assert share.mean == pytest.approx(1 / 3)
    with pytest.raises(UsageError, match="reachable"):
        oracle_list([[1, 2]], reachable=[True])


def test_left_out_priors_run_against_the_truth_across_users() -> None:
    # Why the baselines of measures across users don't leave the user out.
    reference = np.random.default_rng(2).random((30, 5))
    assert m.domain_spearman(prior(reference), reference).mean < -0.9
    assert m.domain_spearman(prior(reference, leave_out=False), reference).mean == 0
    assert m.domain_auc(prior(reference, leave_out=False), reference, k=2).mean == pytest.approx(1 / 2)


def test_a_constant_wins_f1_but_not_what_sets_people_apart() -> None:
    # Everybody keeps four common domains; each also one of their own.
    reference = np.hstack([np.full((6, 4), 10.0), np.eye(6) * 3])
    everybody = constant(reference, leave_out=False)
    assert m.f1_at_k(everybody, reference).mean > 0.8
    assert m.lift_ranked_f1_at_k(everybody, reference, k=1).mean == 0
    own = m.f1_at_k(constant(lift(reference), k=1), lift(reference), k=1)
    assert own.mean < 0.2
