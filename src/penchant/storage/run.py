"""A run's folder: photos, predictions and profiles as Parquet parts that survive a kill at any moment.

    DIR/penchant-run.json          marks the folder, with its schema version
    DIR/photos/part-….parquet      what was listed last
    DIR/predictions/part-….parquet finished shards, of any model; a part's name is a hash of its photos and of all
                                   that decides its result
    DIR/profile/part-….parquet     the profiles made last

Parts are only ever added whole. A photo's prediction is found again by its name, size and stamp, so it doesn't matter
how photos were cut into shards, and a changed file is simply not found.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.storage.parts import atomic_file, remove_unfinished
from penchant.storage.schemas import (
    SCHEMA_VERSION,
    photos_from,
    photos_table,
    predictions_from,
    predictions_table,
    profile_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from penchant.types import Photo, Predictions, Profile

MARKER = "penchant-run.json"
_PHOTOS_A_PART = 100_000


def is_run(path: Path) -> bool:
    """Whether the folder is a run's."""
    return (path / MARKER).is_file()


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """An open run folder; made by `open_run`, which keeps other processes out."""

    path: Path

    def predictions(self, recipe: str, width: int) -> list[Predictions]:
        """All finished parts that this recipe made. Parts that can't be read are taken as not done."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        found = []
        for part in sorted((self.path / "predictions").glob("part-*.parquet")):
            try:
                metadata = pq.read_schema(part).metadata or {}
                if metadata.get(b"recipe") == recipe.encode():
                    found.append(predictions_from(pq.read_table(part), width))
            except (pa.ArrowException, OSError, KeyError):
                continue
        return found

    def add_predictions(self, predictions: Predictions, recipe: str, facts: dict[str, str]) -> None:
        """Keeps one finished shard.

        Raises:
            StorageError: when it can't be written.
        """
        rows = zip(predictions.photo_id, predictions.user_id, predictions.size, predictions.stamp, strict=True)
        key = json.dumps([recipe, [[name, user, int(size), int(stamp)] for name, user, size, stamp in rows]])
        self._write("predictions", key, predictions_table(predictions), {"recipe": recipe, **facts})

    def keep_photos(self, photos: Sequence[Photo]) -> None:
        """Keeps what was listed, in place of what was listed before."""
        names = [
            self._write("photos", f"{start}:{digest}", photos_table(chunk), {})
            for start in range(0, len(photos), _PHOTOS_A_PART)
            for chunk in [photos[start : start + _PHOTOS_A_PART]]
            for digest in [repr([(p.photo_id, p.user_id, p.size, p.stamp, p.tags) for p in chunk])]
        ]
        self._remove_others("photos", names)

    def keep_profiles(self, profiles: Sequence[Profile], facts: dict[str, str]) -> None:
        """Keeps the profiles, in place of those made before."""
        import pyarrow as pa

        table = pa.concat_tables([profile_table(profile) for profile in profiles])
        self._remove_others("profile", [self._write("profile", repr(table.to_pylist()), table, facts)])

    def photos(self) -> tuple[Photo, ...]:
        """What was listed last."""
        import pyarrow.parquet as pq

        parts = sorted((self.path / "photos").glob("part-*.parquet"))
        photos = (photo for part in parts for photo in photos_from(pq.read_table(part)))
        return tuple(sorted(photos, key=lambda photo: (photo.user_id or "", photo.photo_id)))

    def _write(self, kind: str, key: str, table: pa.Table, metadata: dict[str, str]) -> str:
        import pyarrow.parquet as pq

        name = f"part-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.parquet"
        described = table.replace_schema_metadata({"schema_version": str(SCHEMA_VERSION), **metadata})
        with atomic_file(self.path / kind / name) as file:
            pq.write_table(described, file, compression="zstd")
        return name

    def _remove_others(self, kind: str, names: list[str]) -> None:
        for part in (self.path / kind).glob("part-*.parquet"):
            if part.name not in names:
                part.unlink(missing_ok=True)


@contextmanager
def open_run(path: Path) -> Iterator[RunDirectory]:
    """Opens a run's folder, making it if need be, and keeps other processes out until the block ends.

    Raises:
        StorageError: when the folder is somebody else's, can't be written, or another process is using it.
    """
    from filelock import FileLock, Timeout

    if path.exists() and not path.is_dir():
        raise StorageError(f"{path} is a file; --run needs a folder")
    if path.is_dir() and not is_run(path) and any(path.iterdir()):
        raise StorageError(f"{path} is not empty and not a run's folder: give --run a new or an empty one")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise StorageError(f"another penchant is working in {path}: wait for it, or use another folder") from error
    except OSError as error:
        raise StorageError(f"{path} can't be used for a run: {error.strerror or error}") from error
    try:
        remove_unfinished(path)
        _check_marker(path)
        yield RunDirectory(path)
    finally:
        lock.release()


def read_run(path: Path) -> RunDirectory:
    """A run's folder, only to be read.

    Raises:
        StorageError: when it was made by a newer version.
    """
    _check_marker(path)
    return RunDirectory(path)


def _check_marker(path: Path) -> None:
    marker = path / MARKER
    if not marker.exists():
        with atomic_file(marker) as file:
            file.write(json.dumps({"schema_version": SCHEMA_VERSION}).encode())
        return
    try:
        version = json.loads(marker.read_bytes())["schema_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{marker} is damaged: delete it to begin the run anew in this folder") from error
    if version != SCHEMA_VERSION:
        raise StorageError(f"{path} was written by another version of penchant (schema {version})")
