"""Each measure on examples worked by hand, and what it gives for empty profiles."""

from __future__ import annotations

from math import isnan, log2, nan
from typing import TYPE_CHECKING

import numpy as np
import pytest

from penchant.errors import UsageError
from penchant.evaluation import Standing, Ties, UserScores, lift
from penchant.evaluation import metrics as m

if TYPE_CHECKING:
    from collections.abc import Callable

# Domains a b c d e f. Predicted: a > b > c; reference: b > d > a > e.
PREDICTED = [[3, 2, 1, 0, 0, 0]]
REFERENCE = [[2, 8, 0, 4, 1, 0]]


@pytest.mark.parametrize(
    ("measure", "k", "expected"),
    [
        (m.f1_at_k, 1, 0),  # {a} {b}
        (m.f1_at_k, 2, 2 * 1 / 4),  # {a b} {b d}
        (m.f1_at_k, 5, 2 * 2 / 7),  # {a b c} {a b d e}: the sizes that they have
        (m.precision_at_k, 2, 1 / 2),
        (m.precision_at_k, 5, 2 / 3),  # three predicted, not five
        (m.recall_at_k, 2, 1 / 2),
        (m.recall_at_k, 5, 2 / 4),
        (m.jaccard_at_k, 2, 1 / 3),
        (m.jaccard_at_k, 5, 2 / 5),
        (m.matches, 5, 2),
        # Gains of a, b, c: 2, 8, 0; the best order has 8, 4, 2.
        (m.ndcg_at_k, 1, 2 / 8),
        (m.ndcg_at_k, 2, (2 + 8 / log2(3)) / (8 + 4 / log2(3))),
        (m.ndcg_at_k, 3, (2 + 8 / log2(3)) / (8 + 4 / log2(3) + 2 / 2)),
    ],
)
def test_by_hand(measure: Callable[..., UserScores], k: int, expected: float) -> None:
    assert measure(PREDICTED, REFERENCE, k=k).values == pytest.approx([expected])


def test_the_whole_reference_counts_domains_beyond_the_kth() -> None:
    # {a b} against {a b d e}
    assert m.precision_at_k(PREDICTED, REFERENCE, k=2, whole_reference=True).mean == 1
    assert m.recall_at_k(PREDICTED, REFERENCE, k=2, whole_reference=True).mean == pytest.approx(2 / 4)


def test_ties_at_the_kth_place() -> None:
    # a, then b = c = d for one more place, against {a, d}.
    predicted, reference = [[2, 1, 1, 1]], [[2, 0, 0, 1]]
    assert m.matches(predicted, reference, k=2, ties=Ties.BY_CODE).values == pytest.approx([1])
    shared = m.matches(predicted, reference, k=2, ties=Ties.SHARE)
    assert shared.values == pytest.approx([1 + 1 / 3])
    assert shared.counts == pytest.approx([0, 2 / 3, 1 / 3])
    # The expected Jaccard index is 2/3 · 1/3 + 1/3 · 1, not that of 4/3 matches (1/2).
    assert m.jaccard_at_k(predicted, reference, k=2, ties=Ties.SHARE).mean == pytest.approx(5 / 9)
    # Gains 2, then (0 + 0 + 1) / 3 on average; best 2, 1.
    expected = (2 + 1 / 3 / log2(3)) / (2 + 1 / log2(3))
    assert m.ndcg_at_k(predicted, reference, k=2, ties=Ties.SHARE).mean == pytest.approx(expected)


def test_equal_profiles_with_a_tie_at_the_kth_place_are_left_to_chance_on_both_sides() -> None:
    profile = [[1, 1, 0]]
    assert m.f1_at_k(profile, profile, k=1).mean == 1
    assert m.f1_at_k(profile, profile, k=1, ties=Ties.SHARE).mean == pytest.approx(1 / 2)


def test_matches_are_counted() -> None:
    # Two users share two domains, one shares none, one has no reference.
    found = m.matches([[2, 1, 0], [1, 2, 0], [0, 0, 1], [1, 1, 1]], [[1, 2, 0], [1, 2, 0], [1, 2, 0], [0, 0, 0]], k=2)
    assert found.counts.tolist() == [1, 0, 2]
    assert found.values[:3].tolist() == [2, 2, 0]
    assert isnan(found.values[3])
    assert (found.users, found.undefined) == (3, 1)
    assert found.mean == pytest.approx(4 / 3)


def test_rank_biased_overlap_by_hand() -> None:
    # a b c d e against b c d a e: X = 0, 1, 2, 4, 5.
    first, second = [[5, 4, 3, 2, 1]], [[2, 5, 4, 3, 1]]
    seen = 0.1 * (0.9 * 1 / 2 + 0.81 * 2 / 3 + 0.729 * 4 / 4 + 0.6561 * 5 / 5)
    assert m.rank_biased_overlap(first, second, p=0.9).mean == pytest.approx(seen + 0.9**5)
    # Nothing more is found below: 5 common domains at every depth from 6 on.
    below = sum(0.1 * 0.9 ** (d - 1) * 5 / d for d in range(6, 2000))
    assert m.rank_biased_overlap(first, second, p=0.9, extrapolate=False).mean == pytest.approx(seen + below)


def test_rank_biased_overlap_of_lists_of_different_length() -> None:
    # a against a b: all that the shorter shows agrees, so nothing speaks against its going on so.
    assert m.rank_biased_overlap([[1, 0]], [[2, 1]], p=0.5).mean == pytest.approx(1)
    # b against a b: X(1) = 0, X(2) = 1. ½/½ · (0 + ½ · ¼) + ½ · ¼
    assert m.rank_biased_overlap([[0, 1]], [[2, 1]], p=0.5).mean == pytest.approx(1 / 4)


def test_rank_biased_overlap_of_ties() -> None:
    # a = b against a > b: at depth 1 they agree with the chance ½, from 2 on wholly.
    tied, plain = [[1, 1]], [[2, 1]]
    assert m.rank_biased_overlap(tied, plain, p=0.5, ties=Ties.BY_CODE).mean == pytest.approx(1)
    assert m.rank_biased_overlap(tied, plain, p=0.5, ties=Ties.SHARE).mean == pytest.approx(0.5 * 0.5 + 0.5)


@pytest.mark.parametrize("p", [0.0, 1.0, -1.0, nan])
def test_the_persistence_lies_between_0_and_1(p: float) -> None:
    with pytest.raises(UsageError, match="persistence"):
        m.rank_biased_overlap(PREDICTED, REFERENCE, p=p)


@pytest.mark.parametrize("ties", list(Ties))
@pytest.mark.parametrize(
    "measure",
    [m.f1_at_k, m.precision_at_k, m.recall_at_k, m.jaccard_at_k, m.matches, m.ndcg_at_k, m.rank_biased_overlap],
)
def test_an_empty_reference_is_undefined_and_an_empty_prediction_scores_0(
    measure: Callable[..., UserScores], ties: Ties
) -> None:
    scores = measure([[1, 2], [0, 0], [0, 0], [1, 2]], [[0, 0], [2, 1], [0, 0], [1, 2]], ties=ties)
    assert np.isnan(scores.values).tolist() == [True, False, True, False]
    assert scores.values[1] == 0
    assert scores.values[3] > 0
    assert (scores.users, scores.undefined) == (2, 2)
    assert scores.mean == pytest.approx(scores.values[3] / 2)


def test_no_users_have_no_mean() -> None:
    scores = m.f1_at_k(np.zeros((0, 4)), np.zeros((0, 4)))
    assert isnan(scores.mean)
    assert scores.users == 0


@pytest.mark.parametrize(
    ("predicted", "reference", "message"),
    [
        ([1, 2], [[1, 2]], "dimensions"),
        ([[1, 2]], [[1, 2, 3]], "same users and domains"),
        ([[1, nan]], [[1, 2]], "predicted: profiles are finite"),
        ([[1, 2]], [[1, -2]], "reference: profiles are finite"),
    ],
)
def test_what_is_no_pair_of_tables(predicted: list[float], reference: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        m.f1_at_k(predicted, reference)


@pytest.mark.parametrize("measure", [m.f1_at_k, m.matches, m.ndcg_at_k, m.domain_auc])
def test_k_is_at_least_1(measure: Callable[..., object]) -> None:
    with pytest.raises(UsageError, match="k = 0"):
        measure(PREDICTED, REFERENCE, k=0)


# Four users, three domains; k = 1, so the heaviest domain is the one they have.
FOUR = [[5, 3, 2], [6, 4, 0], [2, 8, 0], [3, 0, 7]]
TRUTH = [[9, 1, 0], [1, 9, 0], [2, 8, 0], [9, 1, 0]]


def test_domain_precision_and_recall_by_hand() -> None:
    # Predicted a a b c; true a b b a.
    precision, recall = m.domain_precision(FOUR, TRUTH, k=1), m.domain_recall(FOUR, TRUTH, k=1)
    assert precision.values == pytest.approx([1 / 2, 1 / 1, 0 / 1])
    assert recall.values == pytest.approx([1 / 2, 1 / 2, nan], nan_ok=True)
    assert recall.standing == (Standing.DEFINED, Standing.DEFINED, Standing.IN_NO_REFERENCE)
    assert recall.mean == pytest.approx(1 / 2)
    assert recall.standings == {Standing.DEFINED: 2, Standing.IN_NO_REFERENCE: 1}


def test_a_domain_that_is_never_predicted_has_no_precision_but_costs() -> None:
    found = m.domain_precision([[1, 0, 0], [1, 0, 0]], [[1, 0, 0], [0, 1, 0]], k=1)
    assert found.values == pytest.approx([1 / 2, 0, nan], nan_ok=True)
    assert found.standing == (Standing.DEFINED, Standing.NEVER_PREDICTED, Standing.IN_NO_REFERENCE)


def test_domain_auc_by_hand() -> None:
    # Shares of a: .5 .6 .2 .3, had by users 0 and 3: of four pairs .5 > .2 and .3 > .2 are won.
    # Shares of b: .3 .4 .8 .0, had by users 1 and 2: all four are won.
    found = m.domain_auc(FOUR, TRUTH, k=1)
    assert found.values == pytest.approx([2 / 4, 4 / 4, nan], nan_ok=True)
    assert found.standing[2] is Standing.IN_NO_REFERENCE


def test_a_domain_that_everybody_has_tells_nobody_apart() -> None:
    found = m.domain_auc([[2, 1], [1, 2]], [[2, 1], [3, 1]], k=1)
    assert np.isnan(found.values).all()
    assert found.standing == (Standing.IN_EVERY_REFERENCE, Standing.IN_NO_REFERENCE)


def test_domain_spearman_by_hand() -> None:
    # Shares of a: .5 .6 .2 .3 → ranks 3 4 1 2; true .9 .1 .2 .9 → 3½ 1 2 3½.
    # Σ (r − 2½)(q − 2½) = ½·1 + 1½·(−1½) + (−1½)(−½) + (−½)·1 = −1½; Σ² = 5 and 4½.
    found = m.domain_spearman(FOUR, TRUTH)
    assert found.values[0] == pytest.approx(-1.5 / (5 * 4.5) ** 0.5)
    assert isnan(found.values[2])
    assert found.standing == (Standing.DEFINED, Standing.DEFINED, Standing.REFERENCE_CONSTANT)


def test_what_tells_nobody_apart_counts_as_no_relation() -> None:
    found = m.domain_spearman([[1, 3], [1, 3], [2, 6]], [[1, 3], [2, 3], [3, 3]])
    assert found.values.tolist() == [0, 0]
    assert set(found.standing) == {Standing.PREDICTED_CONSTANT}
    assert m.domain_spearman([[1, 3]], [[1, 3]]).standing == (Standing.TOO_FEW_USERS, Standing.TOO_FEW_USERS)


def test_users_without_a_reference_are_left_out_across_users() -> None:
    predicted, reference = [*FOUR, [1, 1, 9]], [*TRUTH, [0, 0, 0]]
    for measure in (m.domain_precision, m.domain_recall, m.domain_auc):
        assert measure(predicted, reference, k=1).values == pytest.approx(measure(FOUR, TRUTH, k=1).values, nan_ok=True)
    more, fewer = m.domain_spearman(predicted, reference), m.domain_spearman(FOUR, TRUTH)
    assert more.values == pytest.approx(fewer.values, nan_ok=True)


def test_lift_by_hand() -> None:
    # Mean shares .5 and .5; the third user has none.
    assert lift([[3, 1], [1, 3], [0, 0]], smoothing=0) == pytest.approx(np.array([[1.5, 0.5], [0.5, 1.5], [0, 0]]))
    # Means .9 and .1, smoothed by a fifth: .82 and .18.
    assert lift([[9, 1]], smoothing=0.2) == pytest.approx(np.array([[0.9 / 0.82, 0.1 / 0.18]]))
    with pytest.raises(UsageError, match="smoothing"):
        lift([[1, 2]], smoothing=2)


def test_lift_ranked_f1_sees_what_sets_people_apart() -> None:
    # Everybody has most of a; the first user also has b, the second c. Naming a for both earns nothing.
    reference = [[8, 2, 0], [8, 0, 2]]
    assert m.f1_at_k([[1, 0, 0], [1, 0, 0]], reference, k=1).mean == 1
    assert m.lift_ranked_f1_at_k([[1, 0, 0], [1, 0, 0]], reference, k=1).mean == 0
    assert m.lift_ranked_f1_at_k([[7, 3, 0], [7, 0, 3]], reference, k=1).mean == 1


def test_one_user_is_set_apart_from_nobody() -> None:
    assert m.lift_ranked_f1_at_k([[1, 2], [1, 2]], [[1, 2], [0, 0]]).users == 0
