"""How fast and in how much memory predictions add up to profiles: 10 million of them, made up, in a run's parts.

    python benchmarks/aggregate.py [--photos 10_000_000] [--a-user 200] [--folder DIR]

Writes the parts once (1.3 GB; some minutes), in a process of its own, then adds them up and prints the time and the
peak of the memory. One in a hundred photos failed, and one in fifty has the bytes of another of the same user.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from penchant.pipeline import label_matrix
from penchant.profiles import Adding
from penchant.profiles.aggregate import UserSums
from penchant.recognition.labels import read_labels
from penchant.semantics import OntologyGeneraliser
from penchant.storage.stream import stream_predictions

LABELS = 10
CLASSES = 1000
PART = 156_250  # 64 parts, as a run cuts them


def main() -> None:
    """Does as the module says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=10_000_000)
    parser.add_argument("--a-user", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "penchant-benchmark-aggregate")
    given = parser.parse_args()
    maker = get_context("spawn").Process(target=make, args=(given.folder, given.photos, given.a_user))
    maker.start()
    maker.join()
    if maker.exitcode:
        sys.exit(maker.exitcode)
    parts = sorted(given.folder.glob("part-*.parquet"))
    label_set, _ = read_labels("imagenet-1k", called="benchmark")
    matrix = label_matrix(label_set, OntologyGeneraliser.load())
    began = time.perf_counter()
    sums = UserSums(matrix, Adding())
    for batch in stream_predictions(parts, LABELS):
        sums.add(batch)
    weights = sums.weights
    took = time.perf_counter() - began
    photos = sums.photos
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{given.photos:,} predictions of {len(sums.users):,} users: {took:.1f} s, "
        f"{given.photos / took:,.0f} a second, "
        f"peak {peak:,.0f} MiB; used {photos.used.sum():,}, failed {photos.failed.sum():,}, duplicates "
        f"{photos.duplicates.sum():,}; total weight {weights.sum():,.3f}"
    )


def make(folder: Path, photos: int, a_user: int) -> None:
    """Writes the parts that aren't there yet, in the shape that a run gives them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from penchant.storage.schemas import PREDICTIONS

    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, photos, PART):
        path = folder / f"part-{start:09}-{a_user}.parquet"
        if path.exists():
            continue
        rows = min(PART, photos - start)
        rng = np.random.default_rng(start)
        row = np.arange(start, start + rows)
        failed = rng.random(rows) < 0.01
        digest = rng.integers(0, 256, (rows, 32), np.uint8)
        again = np.flatnonzero((rng.random(rows) < 0.02) & (row % a_user > 0))
        digest[again] = digest[again - 1]
        kept = np.where(failed, 0, LABELS)
        first = rng.zipf(1.3, (rows, LABELS)) % CLASSES
        label = ((first + np.arange(LABELS) * 97) % CLASSES).astype(np.int32)[~failed].ravel()
        confidence = -np.sort(-rng.dirichlet(np.full(LABELS, 0.4), rows), axis=1)
        offsets = pa.array(np.concatenate([[0], np.cumsum(kept)]).astype(np.int32))
        table = pa.table(
            {
                "photo_id": pa.array([f"photo-{i}" for i in row]),
                "user_id": pa.array([f"user-{i // a_user}" for i in row]),
                "path": pa.array([f"pictures/{i // a_user}/{i}.jpg" for i in row]),
                "size": pa.array(rng.integers(10_000, 90_000, rows)),
                "stamp": pa.array(np.full(rows, 1_700_000_000_000_000_000)),
                "sha256": pa.array([d.tobytes() for d in digest], pa.binary()),
                "error": pa.array(["truncated JPEG" if one else None for one in failed], pa.string()),
                "labels": pa.ListArray.from_arrays(offsets, pa.array(label)),
                "confidences": pa.ListArray.from_arrays(
                    offsets, pa.array(confidence.astype(np.float32)[~failed].ravel())
                ),
            },
            schema=PREDICTIONS,
        )
        unfinished = path.with_suffix(".unfinished")
        pq.write_table(table, unfinished, compression="zstd", write_page_checksum=True)
        unfinished.rename(path)


if __name__ == "__main__":
    main()
