"""The numbers behind: sums over photos, and the best weights that are not negative."""

from __future__ import annotations

import numpy as np
from calibration_world import CLASSES, KEPT, PRIOR, world
from hypothesis import given
from hypothesis import strategies as st

from penchant.semantics.calibration import folds_of, joined
from penchant.semantics.calibration.moments import moments
from penchant.semantics.calibration.solve import nonnegative, ridge, scale


def dense(label: np.ndarray, strength: np.ndarray) -> np.ndarray:
    table = np.zeros((len(label), CLASSES))
    np.put_along_axis(table, label.astype(np.int64), strength, axis=1)
    return table


@given(st.integers(0, 2**20))
def test_moments_are_those_of_the_dense_table_and_add_up(seed: int) -> None:
    photos = world(20, seed=seed)
    rng = np.random.default_rng(seed)
    weight, strength = rng.random(20), rng.random((20, KEPT))
    label = photos.label.astype(np.int64)
    whole = moments(label, strength, photos.target, weight, CLASSES)
    table = dense(label, strength)
    assert np.allclose(whole.gram, table.T @ (table * weight[:, None]))
    assert np.allclose(whole.cross, table.T @ (photos.target * weight[:, None]))
    first, rest = (
        moments(label[part], strength[part], photos.target[part], weight[part], CLASSES)
        for part in (slice(7), slice(7, None))
    )
    assert np.allclose((first + rest).gram, whole.gram)
    assert np.allclose((whole - rest).cross, first.cross)
    some = rng.random((CLASSES, PRIOR.shape[1]))
    assert np.isclose(whole.error(some), np.sum(weight[:, None] * (photos.target - table @ some) ** 2))


@given(st.integers(0, 2**20), st.sampled_from([1 / 6, 1 / 60, 1 / 1000]))
def test_the_weights_are_the_best_that_are_not_negative(seed: int, freedom: float) -> None:
    """Karush-Kuhn-Tucker: where a weight is 0 more of it would do harm, elsewhere nothing would help."""
    photos = world(60, seed=seed)
    seen = moments(photos.label.astype(np.int64), photos.confidence.astype(float), photos.target, np.ones(60), CLASSES)
    found = nonnegative(seen, PRIOR, freedom)
    covariance = freedom * (np.eye(CLASSES) + 2 * PRIOR @ PRIOR.T)
    precision = np.linalg.inv(covariance)
    pull = (seen.gram + precision) @ found - seen.cross - precision @ (scale(seen, PRIOR) * PRIOR)
    size = np.diag(seen.gram + precision)[:, None]
    assert (found >= 0).all()
    assert (pull / size > -1e-4).all()
    assert np.abs((pull / size)[found > 1e-3]).max() < 1e-4
    free = ridge(seen, PRIOR, freedom)
    if (free >= 0).all():
        assert np.allclose(found, free, atol=1e-4)


def test_rows_are_joined_through_others() -> None:
    users = ["a", "a", "b", "c", None, None]
    groups = ["x", "y", "y", "z", "z", None]
    found = joined(users, groups).tolist()
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4]
    assert len(set(found)) == 3


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1), st.integers(2, 5), st.integers(0, 99))
def test_folds_hold_whole_units_whatever_the_order(units: list[str], folds: int, seed: int) -> None:
    found = dict(zip(units, folds_of(units, folds=folds, seed=seed).tolist(), strict=True))
    assert found == dict(zip(units[::-1], folds_of(units[::-1], folds=folds, seed=seed).tolist(), strict=True))
    counts = np.bincount(list(found.values()), minlength=folds)
    assert counts.max() - counts.min() <= 1
