"""A run's folder: photos, predictions and profiles as Parquet parts that survive a kill at any moment.

    DIR/penchant-run.json          marks the folder, with its schema version
    DIR/photos/part-all.parquet    what was listed last
    DIR/predictions/part-….parquet finished shards, of any model; a part's name is a hash of its photos and of all
                                   that decides its result
    DIR/profile/part-all.parquet   the profiles made last

Parts are only ever added or replaced whole. A photo's prediction is found again by its name, size and stamp, so it
doesn't matter how photos were cut into shards, and a changed file is simply not found.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.storage.parts import atomic_file, remove_unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from penchant.types import Photo, Predictions, Profile

SCHEMA_VERSION = 1
MARKER = "penchant-run.json"
_OWN_BEGINNINGS = (".lock", f".{MARKER}.")  # all that a run killed at its very start leaves


def is_run(path: Path) -> bool:
    """Whether the folder is a run's."""
    return (path / MARKER).is_file()


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """An open run folder; made by `open_run`, which keeps other processes out."""

    path: Path

    def predictions(self, recipe: str, width: int, *, circumstances: str) -> list[Predictions]:
        """All finished parts that this recipe made, oldest first. Parts that can't be read are taken as not done.

        Args:
            recipe: what decides a prediction.
            width: how many labels a photo has.
            circumstances: what decides whether a photo can be used; failures of other circumstances are left out.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        from penchant.storage import schemas

        found = []
        for part in sorted((self.path / "predictions").glob("part-*.parquet"), key=_age):
            try:
                metadata = pq.read_schema(part).metadata or {}
                if metadata.get(b"recipe") != recipe.encode():
                    continue
                table = pq.read_table(part, page_checksum_verification=True)
                if metadata.get(b"circumstances") != circumstances.encode():
                    table = table.filter(table.column("error").is_null())
                found.append(schemas.predictions_from(table, width))
            except (pa.ArrowException, OSError, KeyError, ValueError):
                continue
        return found

    def add_predictions(
        self, predictions: Predictions, recipe: str, facts: dict[str, str], *, circumstances: str
    ) -> None:
        """Keeps one finished shard.

        Raises:
            StorageError: when it can't be written.
        """
        from penchant.storage import schemas

        rows = zip(predictions.photo_id, predictions.user_id, predictions.size, predictions.stamp, strict=True)
        key = json.dumps([recipe, [[name, user, int(size), int(stamp)] for name, user, size, stamp in rows]])
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        metadata = {"recipe": recipe, "circumstances": circumstances, **facts}
        self._write("predictions", name, schemas.predictions_table(predictions), metadata)

    def keep_photos(self, photos: Sequence[Photo]) -> None:
        """Keeps what was listed, in place of what was listed before.

        Raises:
            StorageError: when it can't be written.
        """
        from penchant.storage import schemas

        self._write("photos", "all", schemas.photos_table(photos), {})

    def keep_profiles(self, profiles: Sequence[Profile], facts: dict[str, str]) -> None:
        """Keeps the profiles, in place of those made before.

        Raises:
            StorageError: when they can't be written.
        """
        import pyarrow as pa

        from penchant.storage import schemas

        self._write("profile", "all", pa.concat_tables([schemas.profile_table(profile) for profile in profiles]), facts)

    def photos(self) -> tuple[Photo, ...]:
        """What was listed last.

        Raises:
            StorageError: when the list can't be read.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        from penchant.storage import schemas

        part = self.path / "photos" / "part-all.parquet"
        if not part.exists():
            return ()
        try:
            photos = schemas.photos_from(pq.read_table(part, page_checksum_verification=True))
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise StorageError(
                f"the list of photos in {self.path} is damaged: give the pictures again, with --run {self.path}"
            ) from error
        return tuple(sorted(photos, key=lambda photo: (photo.user_id or "", photo.photo_id)))

    def _write(self, kind: str, name: str, table: pa.Table, metadata: dict[str, str]) -> None:
        import pyarrow.parquet as pq

        described = table.replace_schema_metadata({"schema_version": str(SCHEMA_VERSION), **metadata})
        with atomic_file(self.path / kind / f"part-{name}.parquet") as file:
            pq.write_table(described, file, compression="zstd", write_page_checksum=True)


def _age(part: Path) -> tuple[int, str]:
    try:
        return part.stat().st_mtime_ns, part.name
    except OSError:  # it went away just now
        return 0, part.name


@contextmanager
def open_run(path: Path) -> Iterator[RunDirectory]:
    """Opens a run's folder, making it if need be, and keeps other processes out until the block ends.

    Raises:
        StorageError: when the folder is somebody else's, can't be written, or another process is using it.
    """
    from filelock import FileLock, Timeout

    try:
        if path.exists() and not path.is_dir():
            raise StorageError(f"{path} is a file; --run needs a folder")
        if path.is_dir() and not is_run(path) and _is_foreign(path):
            raise StorageError(f"{path} is not empty and not a run's folder: give --run a new or an empty one")
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise StorageError(f"another penchant is working in {path}: wait for it, or use another folder") from error
    except NotImplementedError as error:
        raise StorageError(f"{path} is on a file system without locks: give --run a folder on another disk") from error
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


def _is_foreign(path: Path) -> bool:
    return any(not entry.name.startswith(_OWN_BEGINNINGS) for entry in path.iterdir())


def _check_marker(path: Path) -> None:
    marker = path / MARKER
    if not marker.exists():
        with atomic_file(marker) as file:
            file.write(json.dumps({"schema_version": SCHEMA_VERSION}).encode())
        return
    try:
        version = json.loads(marker.read_bytes())["schema_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{marker} is damaged: delete the folder {path} to begin the run anew") from error
    if version != SCHEMA_VERSION:
        raise StorageError(
            f"the run {path} was written by another version of penchant (its schema is {version}, this one's "
            f"{SCHEMA_VERSION}): use that version, or another folder"
        )
