"""The bytes of one picture at a time."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from penchant.errors import PictureError, SourceError
from penchant.sources.archive import DAMAGED
from penchant.sources.containers import open_container
from penchant.sources.entries import CHANGED
from penchant.sources.files import look_at, open_regular, read_head, reason_of
from penchant.sources.limits import DEFAULT_LIMITS, Limits, show_bytes

if TYPE_CHECKING:
    from types import TracebackType

    from penchant.sources.entries import Container, Entry
    from penchant.types import Photo

EMPTY = "empty file"

_KEPT_ARCHIVES = 4


class PictureReader:
    """Reads pictures, from plain files and from archives, which stay open in between.

    A context manager; use one in each thread. The readers of one process share each open archive. A reader
    can be pickled while it is closed, that is, before the first `read` and after `close`; reading opens it
    again.

    Args:
        limits: `max_file_bytes` bounds what `read` returns.
    """

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._archives: dict[str, _SharedArchive] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> Limits:
        if self._archives:
            raise TypeError("an open PictureReader can't be pickled; close it first")
        return self._limits

    def __setstate__(self, limits: Limits) -> None:
        self._limits = limits
        self._archives = {}

    def close(self) -> None:
        """Let go of the archives; may be called twice."""
        while self._archives:
            _release(self._archives.popitem()[1])

    def release_gone(self) -> None:
        """Let go of archives that are no longer where they were: until then a disk keeps what was deleted."""
        for path in [path for path in self._archives if not os.path.exists(path)]:  # noqa: PTH110 - as `look_at`
            _release(self._archives.pop(path))

    def read(self, photo: Photo) -> bytes:
        """All bytes of a photo's picture: at least one, at most `limits.max_file_bytes`.

        Raises:
            PictureError: it is empty, too large, gone, changed since it was listed, damaged in its archive,
                encrypted, no regular file, or can't be read; the message says which, in a few words.
        """
        return self._read_file(photo) if photo.member is None else self._read_entry(photo, photo.member)

    def head(self, photo: Photo, count: int) -> bytes:
        """The first `count` bytes of a photo's picture, all where it has fewer. Raises PictureError, as `read`."""
        count = min(count, self._limits.max_file_bytes)
        if photo.member is None:
            return read_head(photo.path, count)
        container, entry = self._find(photo, photo.member)
        return container.read(entry, count)

    def find(self, photo: Photo) -> Photo:
        """The same photo of an archive with its size and stamp filled in. Raises PictureError."""
        if photo.member is None:
            return photo
        entry = self._find(photo, photo.member)[1]
        return replace(photo, size=entry.size, stamp=entry.stamp)

    def _read_file(self, photo: Photo) -> bytes:
        descriptor = open_regular(photo.path)
        try:
            status = os.fstat(descriptor)
            # A photo made by hand has no stamp.
            if photo.stamp and (status.st_mtime_ns, status.st_size) != (photo.stamp, photo.size):
                raise PictureError(CHANGED)
            self._refuse_size(status.st_size)
            data = _read_all(descriptor, status.st_size + 1)
        except OSError as error:
            raise PictureError(reason_of(error)) from error
        finally:
            os.close(descriptor)
        if len(data) != status.st_size:
            raise PictureError(CHANGED)
        return data

    def _read_entry(self, photo: Photo, member: str) -> bytes:
        container, entry = self._find(photo, member)
        self._refuse_size(entry.size)
        data = container.read(entry, entry.size + 1)
        if len(data) != entry.size:
            raise PictureError(DAMAGED)
        return data

    def _find(self, photo: Photo, member: str) -> tuple[Container, Entry]:
        try:
            container = self._open(photo.path).container
        except SourceError as error:
            raise PictureError(str(error)) from error
        return container, container.find(member, photo)

    def _refuse_size(self, size: int) -> None:
        if size == 0:
            raise PictureError(EMPTY)
        if size > self._limits.max_file_bytes:
            most = show_bytes(self._limits.max_file_bytes)
            raise PictureError(f"too large: {show_bytes(size)}, and the limit is {most}; --max-memory allows more")

    def _open(self, path: str) -> _SharedArchive:
        archive = self._archives.pop(path, None)
        if archive is None:
            while len(self._archives) >= _KEPT_ARCHIVES:
                _release(self._archives.pop(next(iter(self._archives))))
            archive = _acquire(path, self._limits)
        self._archives[path] = archive  # at the end: the one used longest ago goes first
        return archive


def _read_all(descriptor: int, most: int) -> bytes:
    """What a file holds, up to `most` bytes; network folders may hand it over in pieces."""
    data = os.read(descriptor, most)
    if len(data) in (0, most - 1):
        return data
    pieces = [data]
    left = most - len(data)
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


class _SharedArchive:
    """An open archive and how many readers use it: its directory takes time and memory, so a process has it once."""

    def __init__(self, key: tuple[int, ...], path: str, limits: Limits) -> None:
        self.key: tuple[str | int, ...] = (path, *key)
        self.users = 0
        self.container: Container = open_container(path, limits)


_shared: dict[tuple[str | int, ...], _SharedArchive] = {}
_sharing = threading.Lock()


def _acquire(path: str, limits: Limits) -> _SharedArchive:
    """The archive at a path, opened or shared, until `_release`. Raises PictureError and SourceError."""
    status = look_at(path)
    # The process, because a forked child must not move its parent's place in the file.
    key = (os.getpid(), status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
    with _sharing:
        archive = _shared.get((path, *key))
        if archive is None:
            archive = _SharedArchive(key, path, limits)
            _shared[archive.key] = archive
        archive.users += 1
    return archive


def _release(archive: _SharedArchive) -> None:
    with _sharing:
        archive.users -= 1
        if not archive.users:
            del _shared[archive.key]
            archive.container.close()
