"""Sums of many users' predictions: equal to the profiles that are made one by one, however they are cut."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import StorageError
from penchant.profiles import Adding, concatenate, select, sort_out
from penchant.profiles.aggregate import KeysSeen, UserSums
from penchant.profiles.weights import contributions
from penchant.storage import open_run
from penchant.storage.stream import stream_predictions
from penchant.types import Aggregation, PredictionColumns, Predictions

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSES, DOMAINS, WIDTH = 12, 5, 4


def matrix(seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    weights = rng.random((CLASSES, DOMAINS)) * (rng.random((CLASSES, DOMAINS)) < 0.4)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / np.where(total > 0, total, 1))


def made_up(photos: int, users: int, seed: int) -> Predictions:
    """Predictions with failures, and pictures that a user has twice."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, users, photos)
    failed = rng.random(photos) < 0.2
    picture = rng.integers(0, max(photos // 2, 1), photos)
    label = np.array([rng.permutation(CLASSES)[:WIDTH] for _ in range(photos)], np.int32).reshape(photos, WIDTH)
    label = label[picture] if photos else label  # equal bytes, equal labels
    confidence = ((label + 1) / (CLASSES + 1)).astype(np.float32)
    label[failed], confidence[failed] = -1, 0
    names = [f"user-{user}" if user else None for user in owner]
    return Predictions(
        photo_id=tuple(f"{row:04}" for row in range(photos)),
        user_id=tuple(names),
        path=tuple(f"{row}.jpg" for row in range(photos)),
        size=np.full(photos, 7, np.int64),
        stamp=np.full(photos, 7, np.int64),
        digest=tuple(
            b"" if bad else hashlib.sha256(str(one).encode()).digest() for one, bad in zip(picture, failed, strict=True)
        ),
        error=tuple("broken" if bad else None for bad in failed),
        label=label,
        confidence=confidence,
    )


def columns(predictions: Predictions) -> PredictionColumns:
    users = tuple(sorted(set(predictions.user_id), key=str))
    heads = [int.from_bytes(digest[:8], "little") for digest in predictions.digest]
    return PredictionColumns(
        users=users,
        owner=np.array([users.index(user) for user in predictions.user_id], np.int64),
        digest=np.array(heads, np.uint64),
        failed=np.array([error is not None for error in predictions.error], bool),
        label=predictions.label,
        confidence=predictions.confidence,
    )


def one_by_one(predictions: Predictions, adding: Adding) -> dict[str | None, tuple[list[float], int, int, int]]:
    found = {}
    for user in set(predictions.user_id):
        rows = [row for row, name in enumerate(predictions.user_id) if name == user]
        photos = sort_out(select(predictions, rows))
        given = contributions(photos.used, matrix(), adding)
        sums = np.bincount(given.domain, given.weight, minlength=DOMAINS)
        found[user] = (sums.tolist(), len(photos.used), len(photos.failures), len(photos.duplicates))
    return found


@given(
    photos=st.integers(0, 60), users=st.integers(1, 5), seed=st.integers(0, 99), cut=st.integers(1, 60),
    aggregation=st.sampled_from(Aggregation),
)  # fmt: skip
def test_sums_are_those_of_the_profiles_however_they_are_cut(
    photos: int, users: int, seed: int, cut: int, aggregation: Aggregation
) -> None:
    predictions = made_up(photos, users, seed)
    adding = Adding(aggregation, top_k=3, min_confidence=0.1)
    sums = UserSums(matrix(), adding)
    for start in range(0, photos, cut):
        sums.add(columns(select(predictions, range(start, min(start + cut, photos)))))
    counts = sums.photos
    found = {
        user: (sums.weights[row].tolist(), int(counts.used[row]), int(counts.failed[row]), int(counts.duplicates[row]))
        for row, user in enumerate(sums.users)
    }
    assert found == one_by_one(predictions, adding), "to the last bit"


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=12))
@settings(max_examples=100)
def test_keys_are_new_once(batches: list[list[int]]) -> None:
    seen, known = KeysSeen(), set[int]()
    for batch in batches:
        expected = []
        for key in batch:
            expected.append(key not in known)
            known.add(key)
        assert seen.add(np.array(batch, np.uint64)).tolist() == expected
    assert len(seen) == len(known)


@pytest.mark.parametrize("photos", [0, 1, 57])
def test_a_run_streams_what_was_put_in(tmp_path: Path, photos: int) -> None:
    predictions = made_up(photos, 3, 5)
    with open_run(tmp_path) as run:
        for rows in (range(photos // 2), range(photos // 2, photos)):
            run.add_predictions(select(predictions, rows), "recipe", {}, circumstances="")
    parts = sorted((tmp_path / "predictions").glob("part-*.parquet"))
    adding = Adding(top_k=3, min_confidence=0)
    streamed, whole = UserSums(matrix(), adding), UserSums(matrix(), adding)
    for batch in stream_predictions(parts, WIDTH):
        streamed.add(batch)
    whole.add(columns(predictions))
    a, b = ({user: sums.weights[row].tolist() for row, user in enumerate(sums.users)} for sums in (streamed, whole))
    assert a == b


def test_the_same_bytes_with_two_people_count_for_both() -> None:
    one = select(made_up(40, 1, 1), [row for row, error in enumerate(made_up(40, 1, 1).error) if error is None][:1])
    both = concatenate([one, replace(one, user_id=("somebody else",))])
    sums = UserSums(matrix(), Adding(min_confidence=0))
    sums.add(columns(both))
    assert sums.photos.used.tolist() == [1, 1]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    part = tmp_path / "part-x.parquet"
    part.write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(StorageError, match=r"part-x\.parquet can't be read"):
        list(stream_predictions([part], WIDTH))
