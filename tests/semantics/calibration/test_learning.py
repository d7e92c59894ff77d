"""What is learned, what stays as it was, and who counts how much."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from calibration_world import CLASSES, DOMAINS, KEPT, MEANT, PRIOR, World, world
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.semantics.calibration import Calibration, Strengths, Transform, cross_fit, fit, folds_of

FIXED = Strengths(Transform(), 1 / 20)


def learned(photos: World, strengths: Strengths | None = FIXED, **options: object) -> Calibration:
    return fit(
        photos.label, photos.confidence, photos.target, prior=PRIOR, users=photos.users, strengths=strengths,
        **options,  # type: ignore[arg-type]
    )  # fmt: skip


def error(calibration: Calibration, photos: World) -> float:
    return float(np.mean((calibration.photo_domains(photos.label, photos.confidence) - photos.target) ** 2))


def test_it_learns_what_people_tag() -> None:
    calibration = learned(world(400))
    assert (calibration.matrix.argmax(axis=1) == MEANT.argmax(axis=1)).all()
    assert error(calibration, world(100, seed=1)) < 0.1 * error(
        Calibration(PRIOR, np.zeros(DOMAINS), FIXED), world(100)
    )


def test_a_label_that_was_never_seen_takes_part_in_the_translation() -> None:
    calibration = learned(world(400, classes=12))
    unseen = calibration.matrix[12:]
    assert (unseen.argmax(axis=1) == MEANT[12:].argmax(axis=1)).all()


def test_without_photos_all_is_the_ontology_and_with_few_nearly() -> None:
    nothing = world(1).rows(np.zeros(0, np.int64))
    assert np.array_equal(learned(nothing, None).matrix, PRIOR)
    few = learned(world(3)).matrix
    shares = few / few.sum(axis=1, keepdims=True)
    assert np.abs(shares - PRIOR).max() < 0.25
    assert (few.argmax(axis=1) == PRIOR.argmax(axis=1)).all()


def test_without_freedom_it_is_the_ontology_to_scale() -> None:
    photos = world(50)
    calibration = learned(photos, Strengths(Transform(), 0.0))
    assert np.allclose(calibration.matrix, calibration.matrix.max() * PRIOR)
    given_away = calibration.photo_domains(photos.label, photos.confidence).sum()
    users = np.unique(photos.users, return_counts=True)[1]
    assert given_away == pytest.approx(photos.target.sum(), rel=0.1 * users.std() / users.mean() + 0.02)


def test_photos_that_say_nothing_teach_nothing() -> None:
    photos = world(60)
    mute = World(
        np.concatenate([photos.label, photos.label[:9], np.full((4, KEPT), -1, np.int32)]),
        np.concatenate([photos.confidence, photos.confidence[:9], np.zeros((4, KEPT), np.float32)]),
        np.concatenate([photos.target, np.zeros((9, DOMAINS)), photos.target[:4]]),
        photos.users + ["u0"] * 13,
    )
    assert np.array_equal(learned(mute, None).matrix, learned(photos, None).matrix)


@given(st.integers(0, 2**20), st.integers(2, 4))
def test_every_user_counts_alike(seed: int, times: int) -> None:
    """All photos of one user a few times over change what is learned only by how much evidence there is in all."""
    photos = world(30, seed=seed, users=3)
    more = np.concatenate([np.arange(30), *[np.flatnonzero(np.array(photos.users) == "u1")] * (times - 1)])
    ridge_free = Strengths(Transform(), 1e6)
    once, again = learned(photos, ridge_free), learned(photos.rows(more), ridge_free)
    said = [c.photo_domains(photos.label, photos.confidence) for c in (once, again)]
    assert np.abs(said[0] - said[1]).max() < 0.05


@given(st.integers(0, 2**20))
def test_the_order_of_the_photos_changes_nothing_that_is_kept(seed: int) -> None:
    photos = world(40, seed=seed)
    shuffled = photos.rows(np.random.default_rng(seed).permutation(40))
    assert np.allclose(learned(photos, None).matrix, learned(shuffled, None).matrix, atol=1e-6)


@given(st.integers(0, 2**20))
def test_photos_are_never_negative_and_add_up_label_by_label(seed: int) -> None:
    photos = world(40, seed=seed)
    calibration = learned(photos)
    said = calibration.photo_domains(photos.label, photos.confidence)
    assert (calibration.matrix >= 0).all()
    assert (said >= 0).all()
    strength = calibration.transform.strength(photos.confidence)
    by_label = np.bincount(photos.label.ravel(), strength.ravel(), CLASSES) @ calibration.matrix
    assert np.allclose(said.sum(axis=0), by_label)
    assert calibration.background.sum() == pytest.approx(1)


def test_the_strengths_are_chosen_by_left_out_groups() -> None:
    photos = world(300)
    chosen = learned(photos, None).strengths
    assert chosen.freedom >= 1 / 60, "plenty of clean photos: far from the ontology"
    noise = World(photos.label, photos.confidence, np.roll(photos.target, 7, axis=0)[:, ::-1], photos.users)
    assert learned(noise, None).strengths.freedom < chosen.freedom
    alone = World(photos.label, photos.confidence, photos.target, ["one"] * 300)
    assert learned(alone, None).strengths == Strengths(), "nobody to leave out"
    assert learned(alone, None, groups=[i % 5 for i in range(300)]).strengths.freedom > 1 / 60


def test_cross_fitting_never_sees_the_tags_of_those_it_predicts() -> None:
    photos = world(90)
    folds = folds_of(photos.users, folds=3)
    predict = partial(cross_fit, photos.label, photos.confidence, prior=PRIOR, folds=folds, users=photos.users)
    done: list[int] = []
    said = predict(photos.target, on_progress=done.append)
    assert done == [1, 2, 3]
    swapped = photos.target.copy()
    swapped[folds == 1] = swapped[folds == 1][:, ::-1]
    again = predict(swapped)
    assert np.array_equal(said[folds == 1], again[folds == 1])
    assert not np.allclose(said[folds == 0], again[folds == 0])


def test_a_picture_that_several_people_keep_is_not_learned_from_where_it_is_predicted() -> None:
    photos = world(60, users=3)
    folds = folds_of(photos.users, folds=3)
    picture = np.arange(60)
    shared = np.flatnonzero(folds == 0)[:5], np.flatnonzero(folds == 1)[:5]
    picture[shared[1]] = picture[shared[0]]
    predict = partial(
        cross_fit, photos.label, photos.confidence, prior=PRIOR, folds=folds, users=photos.users, strengths=FIXED
    )
    swapped = photos.target.copy()
    swapped[shared[1]] = swapped[shared[1]][:, ::-1]
    at_zero = [predict(target, picture=picture)[folds == 0] for target in (photos.target, swapped)]
    assert np.array_equal(*at_zero)
    assert not np.array_equal(predict(photos.target)[folds == 0], predict(swapped)[folds == 0])


def test_nobody_stands_on_both_sides() -> None:
    photos = world(12)
    folds = np.arange(12) % 2
    arguments = (photos.label, photos.confidence, photos.target)
    with pytest.raises(UsageError, match="user u0 stands in two folds"):
        cross_fit(*arguments, prior=PRIOR, folds=np.arange(12) // 6, users=photos.users)
    with pytest.raises(UsageError, match="group a stands in two folds"):
        cross_fit(*arguments, prior=PRIOR, folds=folds, groups=["a"] * 12)
    with pytest.raises(UsageError, match="at least two folds"):
        cross_fit(*arguments, prior=PRIOR, folds=np.zeros(12, np.int64))


def test_what_does_not_fit_is_refused() -> None:
    photos = world(6)
    with pytest.raises(UsageError, match="don't fit"):
        fit(photos.label, photos.confidence[:, :2], photos.target, prior=PRIOR)
    with pytest.raises(UsageError, match="users: one for each of the 6 photos"):
        fit(photos.label, photos.confidence, photos.target, prior=PRIOR, users=["a"])
    with pytest.raises(UsageError, match="there are 3 classes"):
        fit(photos.label, photos.confidence, photos.target, prior=PRIOR[:3])
    with pytest.raises(UsageError, match="finite numbers"):
        fit(photos.label, photos.confidence, -photos.target, prior=PRIOR)
    for wrong in ({"power": 2.0}, {"depth": 0}):
        with pytest.raises(UsageError):
            Transform(**wrong)
    with pytest.raises(UsageError):
        Strengths(Transform(), -1.0)


def test_transforms() -> None:
    confidence = np.array([[0.5, 0.0625, 0.0]], np.float32)
    assert np.allclose(Transform(0.25).strength(confidence), [[0.5**0.25, 0.5, 0]])
    assert np.allclose(Transform(1.0, depth=1).strength(confidence), [[0.5, 0, 0]])
    assert np.allclose(Transform(0.0).strength(confidence), [[1, 1, 0]]), "no label is no label under any power"
