"""A run's predictions as a stream of columns: millions of photos in the memory of a few thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import StorageError
from penchant.types import PredictionColumns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

_COLUMNS = ["user_id", "sha256", "error", "labels", "confidences"]
_BATCH = 1 << 16


def stream_predictions(parts: list[Path], width: int) -> Iterator[PredictionColumns]:
    """The rows of all parts, some ten thousand at a time; names, paths and stamps aren't read.

    Args:
        parts: Parquet files as a run's folder holds them.
        width: how many labels a photo has at most; shorter lists are filled up with −1.

    Raises:
        StorageError: when a part can't be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for part in parts:
        try:
            with pq.ParquetFile(part, page_checksum_verification=True) as file:
                for batch in file.iter_batches(batch_size=_BATCH, columns=_COLUMNS, use_threads=True):
                    yield _columns(batch, width)
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise StorageError(f"{part} can't be read: {error}") from error


def _columns(batch: pa.RecordBatch, width: int) -> PredictionColumns:
    users = batch.column("user_id").dictionary_encode()
    codes = users.indices.fill_null(len(users.dictionary)).to_numpy(zero_copy_only=False).astype(np.int64)
    names: tuple[str | None, ...] = (*users.dictionary.to_pylist(), None)
    failed = batch.column("error").is_valid().to_numpy(zero_copy_only=False)
    label, confidence = _rectangle(batch, width)
    return PredictionColumns(
        users=names if (codes == len(names) - 1).any() else names[:-1],
        owner=codes,
        digest=_heads(batch.column("sha256")),
        failed=failed,
        label=label,
        confidence=confidence,
    )


def _rectangle(batch: pa.RecordBatch, width: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    lists, numbers = batch.column("labels"), batch.column("confidences").flatten().to_numpy()
    counts = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = lists.flatten().to_numpy()
    if len(counts) and counts.min() == counts.max() == width:
        return flat.reshape(-1, width), numbers.reshape(-1, width)
    if counts.max(initial=0) > width:
        raise ValueError(f"up to {counts.max()} labels a photo, and {width} are kept")
    label = np.full((len(counts), width), -1, np.int32)
    confidence = np.zeros((len(counts), width), np.float32)
    inside = np.arange(width) < counts[:, None]
    label[inside], confidence[inside] = flat, numbers
    return label, confidence


def _heads(digests: pa.BinaryArray) -> NDArray[np.uint64]:
    """The first eight bytes of each; 0 for what is shorter."""
    _, offsets, data = digests.buffers()
    starts = np.frombuffer(offsets, np.int32)[digests.offset : digests.offset + len(digests) + 1]
    heads = np.zeros(len(digests), np.uint64)
    long = np.flatnonzero(np.diff(starts) >= 8)
    if len(long) and data is not None:
        raw = np.frombuffer(data, np.uint8)
        heads[long] = raw[starts[long][:, None] + np.arange(8)].view(np.uint64)[:, 0]
    return heads
