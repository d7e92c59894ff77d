"""The folders of jobs. Every name in them is ours; what a visitor called a file is never part of a path.

DATA/jobs/<id>/in/000001        what was sent, several pictures in a tar archive, until they were looked at
DATA/jobs/<id>/seen             the squares that the network saw, as JPEGs one behind another, without metadata
DATA/gone/<random>/             a deleted job, for the moment that removing its files takes
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.web.jobs.values import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import FileIO
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Numbers of faults by which a system says that nothing more fits."""

_TRIES = 50
_QUALITY = 82
_SEEN = "seen"


class SeenWriter:
    """Keeps the small pictures of a job, one behind another in one file; safe to share between threads."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._end = file.seek(0, os.SEEK_END)

    def add(self, square: NDArray[np.uint8]) -> Seen | None:
        """Keeps a square; None where it can't be: a full disk, or a job that was deleted, costs no more than that."""
        from simplejpeg import encode_jpeg  # twice as fast as Pillow, for which this would be a tenth of the work

        picture = encode_jpeg(square, quality=_QUALITY, colorspace="RGB", colorsubsampling="420", fastdct=False)
        with self._lock:
            try:
                written = self._file.write(picture)
            except (OSError, ValueError):  # ValueError: it is closed
                return None
            start, self._end = self._end, self._end + written
        return Seen(start, written) if written == len(picture) else None

    def close(self) -> None:
        """No more is kept."""
        with self._lock:
            self._file.close()


class JobFiles:
    """The files of all jobs.

    Args:
        folder: the app's data folder, made for its owner only.

    Raises:
        StorageError: it can't be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._jobs = folder / "jobs"
        self._gone = folder / "gone"
        self._lock = threading.Lock()
        self._writers: dict[str, SeenWriter] = {}
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self._jobs, self._gone):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(f"--data {folder}: {error.strerror or error}; name another folder") from error

    def make(self, job_id: str) -> Path:
        """Makes the folder of a new job; gives the one for what is received."""
        incoming = self.incoming(job_id)
        incoming.mkdir(mode=0o700, parents=True)
        return incoming

    def incoming(self, job_id: str) -> Path:
        """Where a job's pictures wait."""
        return self._jobs / job_id / "in"

    def seen_writer(self, job_id: str) -> SeenWriter | None:
        """What keeps a job's small pictures, until the job ends; None where that can't be."""
        with self._lock:
            if job_id not in self._writers:
                try:
                    self._writers[job_id] = SeenWriter((self._jobs / job_id / _SEEN).open("ab", buffering=0))
                except OSError:
                    return None
            return self._writers[job_id]

    def read_seen(self, job_id: str, seen: Seen) -> bytes | None:
        """A small picture, as JPEG; None where it is gone."""
        try:
            with (self._jobs / job_id / _SEEN).open("rb") as file:
                file.seek(seen.start)
                return file.read(seen.size)
        except OSError:
            return None

    def drop_files(self, job_id: str, names: Iterable[str]) -> None:
        """Removes files of which all pictures were looked at."""
        incoming = self.incoming(job_id)
        for name in names:
            with suppress(OSError):
                (incoming / name).unlink(missing_ok=True)

    def drop_incoming(self, job_id: str) -> None:
        """Removes all that was sent, when the job has ended."""
        self._close_writer(job_id)
        self._remove(self.incoming(job_id))

    def delete(self, job_id: str) -> None:
        """Removes everything of a job: its folder has another name at once, and is gone when this returns."""
        self._close_writer(job_id)
        self._remove(self._jobs / job_id)

    def close(self) -> None:
        """Lets go of all files."""
        for job_id in list(self._writers):
            self._close_writer(job_id)

    def ids(self) -> list[str]:
        """The jobs that have a folder."""
        return [path.name for path in self._jobs.iterdir()]

    def clear_gone(self) -> None:
        """Finishes deletions that a killed process left half done."""
        for left in self._gone.iterdir():
            shutil.rmtree(left, ignore_errors=True)

    def free_bytes(self) -> int:
        """What the disk has left."""
        return shutil.disk_usage(self.folder).free

    def _close_writer(self, job_id: str) -> None:
        with self._lock:
            writer = self._writers.pop(job_id, None)
        if writer is not None:
            writer.close()

    def _remove(self, folder: Path) -> None:
        gone = self._gone / secrets.token_hex(8)
        try:
            folder.rename(gone)  # whoever still writes to it by its path finds nothing there
        except FileNotFoundError:
            return
        for _ in range(_TRIES):
            try:
                shutil.rmtree(gone)
            except FileNotFoundError:
                return
            except OSError:  # a file that was open at the rename appeared in it
                continue
            return
        shutil.rmtree(gone, ignore_errors=True)
