"""Nobody, no group and no picture is ever in training and test together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.experiment.folds import folds_of


@given(
    owner=st.lists(st.integers(0, 7), min_size=2, max_size=60), folds=st.integers(2, 6), seed=st.integers(0, 9),
    shared=st.lists(st.integers(0, 200), min_size=60, max_size=60),
    groups=st.none() | st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=2), min_size=60, max_size=60),
)  # fmt: skip
def test_training_and_test_have_nothing_in_common(
    owner: list[int], folds: int, seed: int, shared: list[int], groups: list[list[str]] | None
) -> None:
    _, people = np.unique(owner, return_inverse=True)
    picture = np.array(shared[: len(owner)], np.uint64)
    names = None if groups is None else [tuple(group) for group in groups[: len(owner)]]
    try:
        made = folds_of(people, picture, groups=names, folds=folds, seed=seed)
    except UsageError:
        return  # all hang together; a test below looks at what it says
    assert np.sum([fold.test for fold in made], axis=0).tolist() == [1] * len(owner), "each photo is tested once"
    assert 2 <= len(made) <= min(folds, len(set(owner)))
    for fold in made:
        assert fold.train.any()
        assert not set(people[fold.test]) & set(people[fold.train])
        assert not set(picture[fold.test]) & set(picture[fold.train])
        if names is not None:
            tested = {name for row in np.flatnonzero(fold.test) for name in names[row]}
            assert not tested & {name for row in np.flatnonzero(fold.train) for name in names[row]}


def test_users_that_share_groups_stay_together_and_learn_from_all_others() -> None:
    owner = np.repeat(np.arange(12), 10)
    groups = [(f"theme-{user % 4}",) for user in owner]
    made = folds_of(owner, np.arange(120).astype(np.uint64), groups=groups, folds=4, seed=1)
    assert len(made) == 4
    for fold in made:
        assert len(set(owner[fold.test])) == 3
        assert np.array_equal(fold.train, ~fold.test), "nothing is wasted"


def test_seeds_decide() -> None:
    owner, picture = np.repeat(np.arange(20), 3), np.arange(60).astype(np.uint64)
    cuts = [[fold.test.tolist() for fold in folds_of(owner, picture, seed=seed)] for seed in (1, 1, 2)]
    assert cuts[0] == cuts[1] != cuts[2]


def test_when_all_hang_together_the_way_out_is_named() -> None:
    owner = np.repeat(np.arange(4), 5)
    with pytest.raises(UsageError, match="--no-calibrate"):
        folds_of(owner, np.arange(20).astype(np.uint64), groups=[("same",)] * 20, folds=2)
    with pytest.raises(UsageError, match="nothing is left"):
        folds_of(owner, np.zeros(20, np.uint64), folds=2)
