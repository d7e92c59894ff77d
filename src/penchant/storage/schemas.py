"""The tables on disk: their columns, and the way between them and the values that the stages exchange."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from penchant.text import valid_text
from penchant.types import Photo, Predictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.types import Profile

PHOTOS = pa.schema(
    {
        "photo_id": pa.string(),
        "user_id": pa.string(),
        "path": pa.string(),
        "member": pa.string(),
        "size": pa.int64(),
        "stamp": pa.int64(),
        "tags": pa.list_(pa.string()),
        "licence": pa.string(),
        "url": pa.string(),
    }
)

PREDICTIONS = pa.schema(
    {
        "photo_id": pa.string(),
        "user_id": pa.string(),
        "path": pa.string(),
        "size": pa.int64(),
        "stamp": pa.int64(),
        "sha256": pa.binary(),
        "error": pa.string(),
        "labels": pa.list_(pa.int32()),
        "confidences": pa.list_(pa.float32()),
    }
)

PROFILE = pa.schema(
    {
        "user_id": pa.string(),
        "rank": pa.int32(),
        "domain": pa.string(),
        "name": pa.string(),
        "share": pa.float64(),
        "share_low": pa.float64(),
        "share_high": pa.float64(),
        "lift": pa.float64(),
        "photos": pa.int64(),
        "sensitive": pa.bool_(),
    }
)


def photos_table(photos: Sequence[Photo]) -> pa.Table:
    """One row a photo. Paths are made absolute, so that the run can be a source from any folder.

    Names that aren't valid Unicode are written with backslash escapes.
    """
    return pa.table(
        {
            "photo_id": [photo.photo_id for photo in photos],
            "user_id": [photo.user_id for photo in photos],
            "path": [valid_text(_whole_path(photo)) for photo in photos],
            "member": [None if photo.member is None else valid_text(photo.member) for photo in photos],
            "size": [photo.size for photo in photos],
            "stamp": [photo.stamp for photo in photos],
            "tags": [list(photo.tags) for photo in photos],
            "licence": [photo.licence for photo in photos],
            "url": [photo.url for photo in photos],
        },
        schema=PHOTOS,
    )


def _whole_path(photo: Photo) -> str:
    return photo.path if photo.url is not None else os.path.abspath(photo.path)  # noqa: PTH100 - links stay


def photos_from(table: pa.Table) -> list[Photo]:
    """The way back; a name that was escaped stays escaped. Runs of the first version have no column `url`."""
    return [Photo(**{**row, "tags": tuple(row["tags"] or ())}) for row in table.to_pylist()]


def predictions_table(predictions: Predictions) -> pa.Table:
    """One row a photo; the lists of labels and confidences are empty where the photo failed."""
    label, confidence = predictions.label, predictions.confidence
    kept = (label >= 0).sum(axis=1)
    offsets = pa.array(np.concatenate([[0], np.cumsum(kept)]).astype(np.int32))
    inside = label >= 0
    return pa.table(
        {
            "photo_id": pa.array(predictions.photo_id, pa.string()),
            "user_id": pa.array(predictions.user_id, pa.string()),
            "path": pa.array(predictions.path, pa.string()),
            "size": predictions.size,
            "stamp": predictions.stamp,
            "sha256": pa.array(predictions.digest, pa.binary()),
            "error": pa.array(predictions.error, pa.string()),
            "labels": pa.ListArray.from_arrays(offsets, pa.array(label[inside])),
            "confidences": pa.ListArray.from_arrays(offsets, pa.array(confidence[inside])),
        },
        schema=PREDICTIONS,
    )


def predictions_from(table: pa.Table, width: int) -> Predictions:
    """The way back; `width` labels a photo, filled up with −1.

    Raises:
        ValueError: when the table has other columns, or more labels a photo.
    """
    if not table.schema.equals(PREDICTIONS):
        raise ValueError("not a table of predictions")
    label = np.full((len(table), width), -1, np.int32)
    confidence = np.zeros((len(table), width), np.float32)
    lists = table.column("labels").combine_chunks()
    counts = lists.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    if len(counts) and counts.max() > width:
        raise ValueError(f"up to {counts.max()} labels a photo, and {width} are kept")
    inside = np.arange(width) < counts[:, None]
    label[inside] = lists.flatten().to_numpy()
    confidence[inside] = table.column("confidences").combine_chunks().flatten().to_numpy()
    return Predictions(
        photo_id=tuple(table.column("photo_id").to_pylist()),
        user_id=tuple(table.column("user_id").to_pylist()),
        path=tuple(table.column("path").to_pylist()),
        size=table.column("size").to_numpy(),
        stamp=table.column("stamp").to_numpy(),
        digest=tuple(table.column("sha256").to_pylist()),
        error=tuple(table.column("error").to_pylist()),
        label=label,
        confidence=confidence,
    )


def profile_table(profile: Profile) -> pa.Table:
    """One row a domain, in the order of rank."""
    return pa.table(
        {
            "user_id": [profile.user_id for _ in profile.domains],
            "rank": [domain.rank for domain in profile.domains],
            "domain": [domain.code for domain in profile.domains],
            "name": [domain.name for domain in profile.domains],
            "share": [domain.share for domain in profile.domains],
            "share_low": [domain.share_low for domain in profile.domains],
            "share_high": [domain.share_high for domain in profile.domains],
            "lift": [domain.lift for domain in profile.domains],
            "photos": [domain.photos for domain in profile.domains],
            "sensitive": [domain.sensitive for domain in profile.domains],
        },
        schema=PROFILE,
    )
