"""Laws of the measures, and each against its slow twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import naive_measures as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from penchant.evaluation import Ties, UserScores
from penchant.evaluation import metrics as m
from penchant.evaluation.ranking import average_ranks, by_code, top_sets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Table = NDArray[np.float64]

ON_SETS: list[Callable[..., UserScores]] = [m.f1_at_k, m.precision_at_k, m.recall_at_k, m.jaccard_at_k]
OF_USERS: list[Callable[..., UserScores]] = [*ON_SETS, m.ndcg_at_k, m.rank_biased_overlap, m.lift_ranked_f1_at_k]
OF_DOMAINS: list[Callable[..., Any]] = [m.domain_precision, m.domain_recall, m.domain_auc, m.domain_spearman]
NAIVE_ON_SETS = {
    m.f1_at_k: naive.f1,
    m.precision_at_k: naive.precision,
    m.recall_at_k: naive.recall,
    m.jaccard_at_k: naive.jaccard,
    m.matches: naive.agreement,
}
ties = st.sampled_from(Ties)
few = settings(max_examples=15)


@st.composite
def tables(draw: st.DrawFn, users: int = 6, domains: int = 7) -> tuple[Table, Table]:
    """Predicted and reference, few whole-number weights so that ties and empty profiles abound."""
    shape = (draw(st.integers(1, users)), draw(st.integers(1, domains)))
    weights = arrays.arrays(np.float64, shape, elements=st.integers(0, 4).map(float))
    return draw(weights), draw(weights)


@pytest.mark.parametrize("measure", OF_USERS)
@few
@given(tables(), st.integers(1, 8), ties)
def test_bounds(measure: Callable[..., UserScores], both: tuple[Table, Table], k: int, how: Ties) -> None:
    options: dict[str, Any] = {} if measure is m.rank_biased_overlap else {"k": k}
    values = measure(*both, ties=how, **options).values
    if measure is not m.lift_ranked_f1_at_k:
        assert (np.isnan(values) == ~both[1].any(axis=1)).all()
    values = values[~np.isnan(values)]
    assert (values >= 0).all()
    assert (values <= 1 + 1e-12).all()


@pytest.mark.parametrize("measure", OF_DOMAINS)
@few
@given(tables())
def test_bounds_of_domains(measure: Callable[..., Any], both: tuple[Table, Table]) -> None:
    values = measure(*both).values
    values = values[~np.isnan(values)]
    assert (values >= (-1 if measure is m.domain_spearman else 0)).all()
    assert (values <= 1 + 1e-12).all()


@pytest.mark.parametrize("measure", [m.f1_at_k, m.jaccard_at_k, m.matches, m.rank_biased_overlap])
@few
@given(tables(), ties)
def test_symmetric(measure: Callable[..., UserScores], both: tuple[Table, Table], how: Ties) -> None:
    there, back = measure(*both, ties=how).values, measure(*reversed(both), ties=how).values
    filled = both[0].any(axis=1) & both[1].any(axis=1)
    assert there[filled] == pytest.approx(back[filled])


@given(tables(), ties)
def test_precision_is_recall_the_other_way_round(both: tuple[Table, Table], how: Ties) -> None:
    filled = both[0].any(axis=1) & both[1].any(axis=1)
    precision, recall = m.precision_at_k(*both, ties=how).values, m.recall_at_k(*reversed(both), ties=how).values
    assert precision[filled] == pytest.approx(recall[filled])


@given(tables(), st.integers(1, 8))
def test_f1_is_the_harmonic_mean_and_jaccard_its_relative(both: tuple[Table, Table], k: int) -> None:
    f, p = m.f1_at_k(*both, k=k).values, m.precision_at_k(*both, k=k).values
    r, j = m.recall_at_k(*both, k=k).values, m.jaccard_at_k(*both, k=k).values
    assert f * (p + r) == pytest.approx(2 * p * r, nan_ok=True)
    assert j == pytest.approx(f / (2 - f), nan_ok=True)


@pytest.mark.parametrize("measure", [*OF_USERS, m.matches])
@few
@given(tables(), ties, st.randoms())
def test_the_order_of_users_changes_nothing(
    measure: Callable[..., UserScores], both: tuple[Table, Table], how: Ties, random: Any
) -> None:
    order = list(range(len(both[0])))
    random.shuffle(order)
    one, other = measure(*both, ties=how), measure(both[0][order], both[1][order], ties=how)
    assert np.array_equal(one.values[order], other.values, equal_nan=True)
    assert np.array_equal(one.mean, other.mean, equal_nan=True)


@pytest.mark.parametrize("measure", OF_DOMAINS)
@few
@given(tables(), st.randoms())
def test_the_order_of_users_changes_no_domain(
    measure: Callable[..., Any], both: tuple[Table, Table], random: Any
) -> None:
    order = list(range(len(both[0])))
    random.shuffle(order)
    one, other = measure(*both), measure(both[0][order], both[1][order])
    assert np.array_equal(one.values, other.values, equal_nan=True)
    assert one.standing == other.standing


@pytest.mark.parametrize("measure", [*OF_USERS, m.matches])
@few
@given(tables(), st.randoms())
def test_the_order_of_domains_changes_nothing_when_ties_are_shared(
    measure: Callable[..., UserScores], both: tuple[Table, Table], random: Any
) -> None:
    order = list(range(both[0].shape[1]))
    random.shuffle(order)
    one = measure(*both, ties=Ties.SHARE).values
    other = measure(both[0][:, order], both[1][:, order], ties=Ties.SHARE).values
    assert one == pytest.approx(other, nan_ok=True)


@pytest.mark.parametrize("measure", OF_DOMAINS)
@few
@given(tables(), st.randoms())
def test_the_order_of_domains_moves_their_scores(
    measure: Callable[..., Any], both: tuple[Table, Table], random: Any
) -> None:
    order = list(range(both[0].shape[1]))
    random.shuffle(order)
    options = {} if measure is m.domain_spearman else {"ties": Ties.SHARE}
    one = measure(*both, **options).values[order]
    assert one == pytest.approx(measure(both[0][:, order], both[1][:, order], **options).values, nan_ok=True)


@pytest.mark.parametrize("measure", OF_USERS)
@few
@given(tables(), st.integers(0, 3))
def test_a_domain_that_nobody_has_changes_nothing(
    measure: Callable[..., UserScores], both: tuple[Table, Table], more: int
) -> None:
    options: dict[str, Any] = {"smoothing": 0.0} if measure is m.lift_ranked_f1_at_k else {}
    wider = [np.pad(table, ((0, 0), (0, more))) for table in both]
    assert measure(*wider, **options).values == pytest.approx(measure(*both, **options).values, nan_ok=True)


@pytest.mark.parametrize("measure", OF_USERS)
@few
@given(tables(), st.integers(-3, 3))
def test_the_scale_of_weights_changes_nothing(
    measure: Callable[..., UserScores], both: tuple[Table, Table], power: int
) -> None:
    scaled = measure(both[0] * 2.0**power, both[1] * 2.0**-power).values
    assert scaled == pytest.approx(measure(*both).values, nan_ok=True)


@pytest.mark.parametrize("measure", OF_USERS)
@few
@given(tables())
def test_the_reference_itself_is_perfect(measure: Callable[..., UserScores], both: tuple[Table, Table]) -> None:
    values = measure(both[1], both[1]).values
    assert values[~np.isnan(values)] == pytest.approx(1)


@given(tables())
def test_the_reference_itself_is_perfect_across_users(both: tuple[Table, Table]) -> None:
    for measure in (m.domain_precision, m.domain_recall, m.domain_spearman):
        values = measure(both[1], both[1]).values
        assert values[~np.isnan(values)] == pytest.approx(1)


@pytest.mark.parametrize("measure", list(NAIVE_ON_SETS))
@few
@given(tables(), st.integers(1, 8))
def test_sets_as_by_definition(measure: Callable[..., UserScores], both: tuple[Table, Table], k: int) -> None:
    for mine, theirs, value in zip(*both, measure(*both, k=k).values, strict=True):
        if theirs.any():
            lists = naive.ranked(mine.tolist()), naive.ranked(theirs.tolist())
            assert value == pytest.approx(NAIVE_ON_SETS[measure](*lists, k))


@given(tables(), st.integers(1, 8))
def test_ndcg_as_by_definition(both: tuple[Table, Table], k: int) -> None:
    for mine, theirs, value in zip(*both, m.ndcg_at_k(*both, k=k).values, strict=True):
        if theirs.any():
            assert value == pytest.approx(naive.ndcg(naive.ranked(mine.tolist()), theirs.tolist(), k))


@settings(max_examples=15)
@given(tables(users=2), st.sampled_from([0.5, 0.8, 0.95]), st.booleans())
def test_rank_biased_overlap_as_by_definition(
    both: tuple[Table, Table],
    p: float,
    extrapolate: bool,
) -> None:
    for mine, theirs, value in zip(
        *both, m.rank_biased_overlap(*both, p=p, extrapolate=extrapolate).values, strict=True
    ):
        if theirs.any():
            lists = naive.ranked(mine.tolist()), naive.ranked(theirs.tolist())
            assert value == pytest.approx(naive.rbo(*lists, p, extrapolate=extrapolate, depth=500))


@settings(max_examples=20)
@given(tables(users=1, domains=4), st.integers(1, 4))
def test_shared_ties_are_the_mean_over_all_orders(both: tuple[Table, Table], k: int) -> None:
    mine, theirs = both[0][0].tolist(), both[1][0].tolist()
    if not any(theirs):
        return
    domains = len(mine)
    for measure, slow in NAIVE_ON_SETS.items():

        def value(a: Sequence[int], b: Sequence[int], slow: Callable[..., float] = slow) -> float:
            return slow(naive.ranked(mine, a), naive.ranked(theirs, b), k)

        expected = naive.over_all_orders(value, domains)
        assert measure(*both, k=k, ties=Ties.SHARE).values == pytest.approx([expected])
    gained = naive.over_all_orders(lambda a, _: naive.ndcg(naive.ranked(mine, a), theirs, k), domains)
    assert m.ndcg_at_k(*both, k=k, ties=Ties.SHARE).values == pytest.approx([gained])


@settings(max_examples=10)
@given(tables(users=1, domains=3), st.booleans())
def test_rank_biased_overlap_of_ties_is_the_mean_over_all_orders(
    both: tuple[Table, Table],
    extrapolate: bool,
) -> None:
    mine, theirs = both[0][0].tolist(), both[1][0].tolist()
    if not any(theirs):
        return
    expected = naive.over_all_orders(
        lambda a, b: naive.rbo(naive.ranked(mine, a), naive.ranked(theirs, b), 0.6, extrapolate=extrapolate, depth=80),
        len(mine),
    )
    found = m.rank_biased_overlap(*both, p=0.6, extrapolate=extrapolate, ties=Ties.SHARE)
    assert found.values == pytest.approx([expected])


@given(tables(users=8, domains=4))
def test_spearman_as_by_definition(both: tuple[Table, Table]) -> None:
    known = both[1].any(axis=1)
    mine, theirs = ([naive.shares(row.tolist()) for row in table[known]] for table in both)
    expected = [naive.spearman([row[d] for row in mine], [row[d] for row in theirs]) for d in range(both[0].shape[1])]
    assert m.domain_spearman(*both).values == pytest.approx(expected, nan_ok=True)


@given(tables(users=8, domains=4), st.integers(1, 4), ties)
def test_auc_as_by_definition(both: tuple[Table, Table], k: int, how: Ties) -> None:
    known = both[1].any(axis=1)
    mine = [naive.shares(row.tolist()) for row in both[0][known]]
    has = top_sets(both[1][known], k=k, ties=how).membership
    expected = [naive.auc([row[d] for row in mine], has[:, d].tolist()) for d in range(both[0].shape[1])]
    assert m.domain_auc(*both, k=k, ties=how).values == pytest.approx(expected, nan_ok=True)


@given(tables())
def test_what_is_the_same_for_all_tells_nobody_apart(both: tuple[Table, Table]) -> None:
    alike = np.broadcast_to(both[0][:1], both[0].shape)
    spearman, auc = m.domain_spearman(alike, both[1]).values, m.domain_auc(alike, both[1]).values
    assert (spearman[~np.isnan(spearman)] == 0).all()
    assert auc[~np.isnan(auc)] == pytest.approx(1 / 2)


@given(tables())
def test_which_domains_count_hangs_on_the_reference_alone(both: tuple[Table, Table]) -> None:
    silent = np.zeros_like(both[0])
    for measure in (m.domain_recall, m.domain_auc, m.domain_spearman):
        assert (np.isnan(measure(*both).values) == np.isnan(measure(silent, both[1]).values)).all()


@given(tables(), st.integers(1, 8), ties)
def test_the_distribution_of_matches_counts_everybody(both: tuple[Table, Table], k: int, how: Ties) -> None:
    found = m.matches(*both, k=k, ties=how)
    assert found.counts.shape == (k + 1,)
    assert found.counts.sum() == pytest.approx(found.users)
    if found.users:
        assert found.counts @ np.arange(k + 1) / found.users == pytest.approx(found.mean)
    if how is Ties.BY_CODE:
        assert (found.counts == np.rint(found.counts)).all()


@given(tables(), st.integers(1, 8))
def test_top_sets_have_at_most_k_domains(both: tuple[Table, Table], k: int) -> None:
    held = np.sum(both[0] > 0, axis=1)
    for how in Ties:
        sets = top_sets(both[0], k=k, ties=how)
        assert (sets.size == np.minimum(held, k)).all()
        assert sets.membership.sum(axis=1) == pytest.approx(sets.size)
        assert (sets.membership[both[0] == 0] == 0).all()
        assert (sets.drawn < np.maximum(sets.tied.sum(axis=1), 1)).all()


@given(tables())
def test_ranks_and_orders(both: tuple[Table, Table]) -> None:
    assert average_ranks(both[0]).tolist() == [naive.ranks(row) for row in both[0].tolist()]
    for row, coded in zip(both[0].tolist(), by_code(both[0]).tolist(), strict=True):
        assert naive.ranked(row) == naive.ranked(coded)
        assert len({v for v in coded if v}) == sum(v > 0 for v in row)
