"""The folders of jobs. Every name in them is ours; what a visitor called a file is never part of a path.

DATA/jobs/<id>/in/000001        what was sent, several pictures in a tar archive, until they were looked at
DATA/jobs/<id>/seen/000001      the squares that the network saw, as JPEGs one behind another, without metadata
DATA/gone/<random>/             a deleted job, for the moment that removing its files takes
"""

from __future__ import annotations

import errno
import secrets
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.web.jobs.values import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Numbers of faults by which a system says that nothing more fits."""

_TRIES = 50
_QUALITY = 82


class SeenWriter:
    """Writes small pictures one behind another; one thread's own."""

    def __init__(self, file: FileIO | None, name: str) -> None:
        self._file = file
        self._name = name
        self._end = 0

    def add(self, square: NDArray[np.uint8]) -> Seen | None:
        """Keeps a square; None where it can't be. A full disk costs the small picture only."""
        if self._file is None:
            return None
        from simplejpeg import encode_jpeg  # twice as fast as Pillow, for which this would be a tenth of the work

        picture = encode_jpeg(square, quality=_QUALITY, colorspace="RGB", colorsubsampling="420", fastdct=False)
        try:
            written = self._file.write(picture)
        except OSError:
            return None
        start, self._end = self._end, self._end + written
        return Seen(self._name, start, written) if written == len(picture) else None


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
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self._jobs, self._gone):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageError(f"--data {folder}: {error.strerror or error}; name another folder") from error

    def make(self, job_id: str) -> Path:
        """Makes the folders of a new job; gives the one for what is received."""
        incoming = self.incoming(job_id)
        incoming.mkdir(mode=0o700, parents=True)
        (self._jobs / job_id / "seen").mkdir(mode=0o700)
        return incoming

    def incoming(self, job_id: str) -> Path:
        """Where a job's pictures wait."""
        return self._jobs / job_id / "in"

    @contextmanager
    def keeping_seen(self, job_id: str, first: int) -> Iterator[SeenWriter]:
        """What keeps the squares of some photos in one file, named by the first; nothing where the job was deleted."""
        name = f"{first:06}"
        try:
            file = (self._jobs / job_id / "seen" / name).open("wb", buffering=0)
        except OSError:
            yield SeenWriter(None, name)
            return
        with file:
            yield SeenWriter(file, name)

    def read_seen(self, job_id: str, seen: Seen) -> bytes | None:
        """A small picture, as JPEG; None where it is gone."""
        try:
            with (self._jobs / job_id / "seen" / seen.file).open("rb") as file:
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
        """Removes all that was sent."""
        self._remove(self.incoming(job_id))

    def delete(self, job_id: str) -> None:
        """Removes everything of a job: its folder has another name at once, and is gone when this returns."""
        self._remove(self._jobs / job_id)

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
