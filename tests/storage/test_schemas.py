"""Predictions and photos on disk: a round trip changes nothing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import WIDTH, Row, as_rows, predictions_of, profile_of, row_lists

from penchant.profiles import select
from penchant.storage.schemas import (
    photos_from,
    photos_table,
    predictions_from,
    predictions_table,
    profile_table,
)
from penchant.types import Photo

if TYPE_CHECKING:
    from collections.abc import Callable


def through_parquet(table: pa.Table) -> pa.Table:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return pq.read_table(buffer)


@given(row_lists(users=True))
def test_predictions_return_from_parquet_to_the_last_bit(rows: list[Row]) -> None:
    predictions = predictions_of(rows)
    back = predictions_from(through_parquet(predictions_table(predictions)), WIDTH)
    assert as_rows(back) == as_rows(predictions)
    assert (back.label.dtype, back.confidence.dtype) == (predictions.label.dtype, predictions.confidence.dtype)
    assert (back.size.dtype, back.stamp.dtype) == (predictions.size.dtype, predictions.stamp.dtype)


@given(row_lists())
def test_filtered_tables_return_what_is_left(rows: list[Row]) -> None:
    predictions = predictions_of(rows)
    table = through_parquet(predictions_table(predictions))
    kept = predictions_from(table.filter(table.column("error").is_null()), WIDTH)
    assert as_rows(kept) == as_rows(select(predictions, [i for i, row in enumerate(rows) if row.error is None]))


text = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    st.lists(
        st.builds(
            Photo,
            text, st.text("ab \n\u202eé", max_size=6).map(lambda name: f"/{name}x"),
            member=st.none() | text, user_id=st.none() | text,
            tags=st.lists(text, max_size=3).map(tuple), size=st.integers(0, 2**62), stamp=st.integers(-5, 2**62),
            licence=st.none() | text,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_photos_return_from_parquet(photos: list[Photo]) -> None:
    assert photos_from(through_parquet(photos_table(photos))) == photos


def test_paths_become_absolute_and_names_that_are_not_unicode_are_escaped(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (photo,) = photos_from(photos_table([Photo("a", "b\udcff.jpg", member="c\udce9.jpg")]))
    assert (photo.path, photo.member) == (f"{tmp_path}/b\\xff.jpg", "c\\xe9.jpg")


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns(["error"]),
        lambda table: table.append_column("more", pa.array(["x"])),
        lambda table: table.set_column(0, "photo_id", pa.array([1])),
        lambda table: table.set_column(7, "labels", pa.array([[0, 1, 2, 3]], pa.list_(pa.int32()))),
    ],
)
def test_other_tables_are_refused(change: Callable[[pa.Table], pa.Table]) -> None:
    table = predictions_table(predictions_of([Row("1", ((0, 0.5),))]))
    with pytest.raises(ValueError, match=r"not a table of predictions|labels a photo"):
        predictions_from(change(table), WIDTH)


@given(row_lists())
def test_a_profile_is_a_table_of_its_domains(rows: list[Row]) -> None:
    profile = profile_of(predictions_of(rows))
    table = through_parquet(profile_table(profile))
    assert table.column("domain").to_pylist() == [domain.code for domain in profile.domains]
    assert table.column("share").to_pylist() == [domain.share for domain in profile.domains]
