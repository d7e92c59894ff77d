"""Pictures in tar archives that are not compressed, as WebDataset shards are: read in place, by their offset.

A tar has no directory: its headers are gone through once to list it, and once more in each process that reads it
(some 20 µs an entry; what lies between the headers is not read).
"""

from __future__ import annotations

import os
import tarfile
import threading
from typing import IO, TYPE_CHECKING

from penchant.errors import PictureError, SourceError
from penchant.sources.entries import CHANGED, GONE, Entry
from penchant.sources.files import look_at, reason_of
from penchant.sources.formats import HEAD_BYTES, PICTURE_SUFFIXES, SIDE_SUFFIXES, looks_like_picture
from penchant.sources.gathering import Gathering, OnProgress, SideFile
from penchant.sources.limits import DEFAULT_LIMITS, Limits, show_bytes
from penchant.sources.names import any_overlooked, is_climbing, suffix_of
from penchant.text import printable
from penchant.types import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC_AT, _MAGIC = 257, b"ustar"
TAR_HEAD = _MAGIC_AT + len(_MAGIC)
"""How many first bytes `looks_like_tar` wants."""

CUT_OFF = "the archive ends in the middle, as interrupted downloads do; fetch it again"


def looks_like_tar(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a tar archive, not compressed."""
    return head[_MAGIC_AT:TAR_HEAD] == _MAGIC


def gather_tar(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Gathering:
    """The pictures of a tar archive in their order, and the files about them.

    What of an archive that was cut off is whole is taken, and the rest is a failure.

    Raises:
        SourceError: it can't be read, or has more entries than the limits allow.
    """
    gathering = Gathering(on_progress)
    stamp = _stamp(source)
    with _open(source) as file:
        length = os.fstat(file.fileno()).st_size
        seen: set[str] = set()
        try:
            for number, info in enumerate(_entries(file), start=1):
                if number > limits.max_archive_entries:
                    raise SourceError(
                        f"the archive {printable(source)} has more than {limits.max_archive_entries:,} entries; "
                        "unpack it yourself and give the folder instead"
                    )
                photo_id = printable(f"{source}/{info.name}")
                try:
                    side = _side(info)
                    if not side and not _is_picture(file, info, gathering):
                        continue
                    if info.offset_data + info.size > length:
                        raise PictureError(CUT_OFF)
                    if photo_id in seen:
                        raise PictureError("a second entry of the same name; only the first is used")
                    seen.add(photo_id)
                    if side:
                        gathering.lay_aside(SideFile(source, info.name, info.size))
                        continue
                    if info.size > limits.max_file_bytes:
                        most = show_bytes(limits.max_file_bytes)
                        raise PictureError(f"refused: it has {show_bytes(info.size)}, and the limit is {most}")
                except PictureError as error:
                    gathering.refuse(photo_id, str(error))
                else:
                    gathering.take(Photo(photo_id, source, info.name, size=info.size, stamp=stamp))
        except tarfile.TarError as error:
            gathering.refuse(source, f"{CUT_OFF} ({printable(str(error))})")
    return gathering


class TarContainer:
    """The entries of an open tar archive by their names. Several threads may read at once."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._stamp = _stamp(path)
        self._reading = threading.Lock()
        self._file = _open(path)
        self._places: dict[str, tuple[int, int]] = {}
        try:
            for number, info in enumerate(_entries(self._file), start=1):
                if info.isreg() and not info.issparse():
                    self._places.setdefault(info.name, (info.offset_data, info.size))
                if number >= limits.max_archive_entries:
                    break
        except tarfile.TarError:
            pass  # what stands before the damage can be read; the listing has named the rest
        except BaseException:
            self._file.close()
            raise

    def find(self, member: str, photo: Photo) -> Entry:
        """An entry by its name. Raises PictureError where it is gone, or the archive has changed."""
        if photo.stamp and photo.stamp != self._stamp:
            raise PictureError(CHANGED)
        if member not in self._places:
            raise PictureError(GONE)
        offset, size = self._places[member]
        return Entry(size, self._stamp, offset)

    def read(self, entry: Entry, most: int) -> bytes:
        """The first `most` bytes of an entry. Raises PictureError."""
        count = min(entry.size, most)
        if not hasattr(os, "pread"):  # Windows, where threads share the place in the file
            with self._reading:
                return _read_at(self._file, entry.handle, count)
        try:
            return _all_at(self._file.fileno(), entry.handle, count)
        except (OSError, ValueError) as error:
            raise PictureError(reason_of(error)) from error

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()


def _read_at(file: IO[bytes], offset: int, count: int) -> bytes:
    try:
        file.seek(offset)
        return file.read(count)
    except (OSError, ValueError) as error:
        raise PictureError(reason_of(error)) from error


def _all_at(descriptor: int, offset: int, count: int) -> bytes:
    data = os.pread(descriptor, count, offset)
    while data and len(data) < count:  # network folders may hand it over in pieces
        more = os.pread(descriptor, count - len(data), offset + len(data))
        if not more:
            break
        data += more
    return data


def _stamp(path: str) -> int:
    try:
        return look_at(path).st_mtime_ns
    except PictureError as error:
        raise SourceError(f"the archive {printable(path)} can't be read: {error}") from error


def _open(path: str) -> IO[bytes]:
    try:
        return open(path, "rb")  # noqa: PTH123 - a name that isn't UTF-8 goes through as it is
    except OSError as error:
        raise SourceError(f"the archive {printable(path)} can't be read: {reason_of(error)}") from error


def _entries(file: IO[bytes]) -> Iterator[tarfile.TarInfo]:
    """The entries in their order; tarfile's errors come as TarError."""
    last = -1
    try:
        with tarfile.open(fileobj=file, mode="r:", errorlevel=0) as archive:
            while (info := archive.next()) is not None:
                if info.offset <= last:
                    raise tarfile.ReadError("its headers lead round in a circle")
                last = info.offset
                archive.members = []  # type: ignore[attr-defined] # it would keep a kilobyte of each entry
                yield info
    except tarfile.TarError:
        raise
    except (OSError, ValueError, EOFError, OverflowError, RecursionError, IndexError) as error:
        raise tarfile.ReadError(printable(str(error))) from error


def _side(info: tarfile.TarInfo) -> bool:
    return info.isreg() and not is_climbing(info.name) and suffix_of(_name(info)) in SIDE_SUFFIXES


def _name(info: tarfile.TarInfo) -> str:
    return info.name.rpartition("/")[2]


def _is_picture(file: IO[bytes], info: tarfile.TarInfo, gathering: Gathering) -> bool:
    """Whether an entry is a picture to take; counts it as skipped where it is none. Raises PictureError."""
    parts = [part for part in info.name.split("/") if part not in ("", ".")]
    if info.isdir() or not parts:
        return False
    if is_climbing(info.name):
        raise PictureError("refused: its name leads out of the archive")
    if any_overlooked(parts):
        return False
    suffix = suffix_of(parts[-1])
    if suffix and suffix not in PICTURE_SUFFIXES:
        gathering.skip(suffix)
        return False
    if not suffix and not (
        info.isreg() and looks_like_picture(_read_at(file, info.offset_data, min(info.size, HEAD_BYTES)))
    ):
        gathering.skip(suffix)
        return False
    if not info.isreg() or info.issparse():
        raise PictureError("a link or a special file inside the archive, not a picture")
    return True
