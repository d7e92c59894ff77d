"""Finding a person's own held-out photos by their profile."""

from __future__ import annotations

from math import isnan
from typing import Any

import naive_measures as naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.evaluation.metrics import hold_out, recommendation


def test_by_hand() -> None:
    # For user 0, who likes a: photos rank 0 (a), 3 (mostly a), 1 (both alike), 2 (b). Own: 0 and 1.
    photos = [[1, 0], [1, 1], [0, 1], [2, 1]]
    found = recommendation([[1, 0], [0, 1]], photos, [0, 0, 1, 1], k=1)
    # Of own-other pairs 0 wins both, 1 wins against 2 only. For user 1 the order is 2, 1, 3, 0: 2 wins both, 3 one.
    assert found.auc.values == pytest.approx([3 / 4, 3 / 4])
    assert found.recall.values == pytest.approx([1 / 2, 1 / 2])
    assert found.reciprocal_rank.values == pytest.approx([1, 1])


def test_equal_photos_are_in_random_order() -> None:
    # One own photo among four that look alike to an empty profile.
    found = recommendation([[0, 0], [1, 0]], [[1, 0]] * 4, [0, 1, 1, 1], k=2)
    assert found.auc.values[0] == pytest.approx(1 / 2)
    assert found.recall.values[0] == pytest.approx(2 / 4)
    assert found.reciprocal_rank.values[0] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)


def test_users_who_hold_out_nothing_have_no_value() -> None:
    found = recommendation([[1, 0], [0, 1], [1, 1]], [[1, 0], [0, 1]], [0, 1])
    assert isnan(found.auc.values[2])
    assert found.auc.users == 2
    alone = recommendation([[1, 0]], [[1, 0]], [0])
    assert alone.auc.users == alone.recall.users == alone.reciprocal_rank.users == 0
    assert recommendation([[1, 0]], np.zeros((0, 2)), []).auc.users == 0


@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.data())
def test_as_by_definition(levels: list[int], data: st.DataObject) -> None:
    # Photos at angles to the only profile that matters; user 1 owns the rest.
    owner = data.draw(st.lists(st.integers(0, 1), min_size=len(levels), max_size=len(levels)))
    own = {i for i, user in enumerate(owner) if user == 0}
    if not 0 < len(own) < len(levels):
        return
    similarity = [float(level) for level in levels]
    found = recommendation([[1, 0], [1, 0]], [[level, 4 - level] for level in levels], owner, k=3)
    assert found.auc.values[0] == pytest.approx(naive.auc(similarity, [float(i in own) for i in range(len(levels))]))
    assert found.reciprocal_rank.values[0] == pytest.approx(naive.reciprocal_rank(similarity, own))
    expected = 0.0
    for i in own:
        before = sum(s > similarity[i] for s in similarity)
        expected += min(max((3 - before) / similarity.count(similarity[i]), 0), 1)
    assert found.recall.values[0] == pytest.approx(expected / len(own))


@given(st.integers(0, 1000), st.integers(2, 5), st.integers(1, 4))
def test_a_constant_cannot_win(seed: int, users: int, each: int) -> None:
    rng = np.random.default_rng(seed)
    photos = rng.integers(0, 3, (users * each, 4))
    alike = np.broadcast_to(rng.integers(0, 3, 4), (users, 4))
    assert recommendation(alike, photos, np.repeat(np.arange(users), each)).auc.mean == pytest.approx(1 / 2)


def test_photos_of_others_can_be_drawn() -> None:
    rng = np.random.default_rng(3)
    photos, owner = rng.random((400, 3)), np.repeat(np.arange(20), 20)
    profiles = np.array([photos[owner == user].sum(axis=0) for user in range(20)])
    whole = recommendation(profiles, photos, owner)
    some = [recommendation(profiles, photos, owner, others=100, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(some[0].auc.values, some[1].auc.values)
    assert not np.array_equal(some[0].auc.values, some[2].auc.values)
    assert some[0].auc.mean == pytest.approx(whole.auc.mean, abs=0.05)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"owner": [0]}, "don't fit"),
        ({"owner": [0, 2]}, "not one of the 2 users"),
        ({"owner": [0, -1]}, "not one of the 2 users"),
        ({"photos": [[1], [2]]}, "don't fit"),
        ({"others": 0}, "others = 0"),
        ({"k": 0}, "k = 0"),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], message: str) -> None:
    arguments = {"profiles": [[1, 0], [0, 1]], "photos": [[1, 0], [0, 1]], "owner": [0, 1], **options}
    with pytest.raises(UsageError, match=message):
        recommendation(**arguments)


@given(st.lists(st.integers(0, 4), max_size=40), st.floats(0.01, 0.99), st.integers(0, 9))
def test_held_out_photos(owners: list[int], part: float, seed: int) -> None:
    held = hold_out(owners, part=part, seed=seed)
    assert np.array_equal(held, hold_out(owners, part=part, seed=seed))
    for user in set(owners):
        count, all_of = int(held[np.array(owners) == user].sum()), owners.count(user)
        assert count == min(max(round(part * all_of), 1), all_of - 1)


def test_pictures_of_several_people_are_not_held_out() -> None:
    owner, picture = [0, 0, 0, 1, 1, 1], ["a", "b", "c", "a", "d", "d"]
    for seed in range(20):
        held = hold_out(owner, picture=picture, part=0.9, seed=seed)
        assert not held[0]
        assert not held[3]
        assert held.tolist() == [False, True, True, False, True, True]


@pytest.mark.parametrize("part", [0.0, 1.0])
def test_a_part_is_held_out(part: float) -> None:
    with pytest.raises(UsageError, match="part"):
        hold_out([0, 0], part=part, seed=1)
