"""Received files on disk: pictures lie in tar archives, one behind another, so that small ones don't cost a file each.

To make, open and remove a file takes longer than to receive a picture of 50 kB.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

_FULL_BYTES = 8 << 20  # an archive takes no more pictures then, so that those looked at are soon removed
_BLOCK = tarfile.BLOCKSIZE


@dataclass(slots=True)
class Spooled:
    """A file that is being written, or was.

    Attributes:
        file: what holds it, by its name in the folder.
        member: its entry there; None where it has that file to itself.
        start: where it begins.
        size: how long it is so far.
    """

    file: str
    member: str | None
    start: int
    out: FileIO
    size: int = 0


class Spool:
    """Writes what is received, one file after the other; not safe to share between threads.

    What goes into tar archives waits in memory until `flush`: a call of the system for many small pictures.

    Args:
        folder: where it goes, under names of ours.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0
        self._entries = 0
        self._tar: Spooled | None = None  # the archive as a whole: its size is what of it was written
        self._waiting = bytearray()  # … and what follows that

    def begin(self, *, alone: bool) -> Spooled:
        """A file begins; the one before it has ended, or was dropped.

        Args:
            alone: it gets a file to itself, which what is an archive needs.

        Raises:
            OSError: there is no room for it.
        """
        if alone:
            return self._open()
        if self._tar is None or self._tar.size + len(self._waiting) >= _FULL_BYTES:
            self._end_tar()
            self._tar = self._open()
        self._entries += 1
        self._waiting += bytes(_BLOCK)
        start = self._tar.size + len(self._waiting)
        return Spooled(self._tar.file, f"{self._entries:06}", start, self._tar.out)

    def write(self, begun: Spooled, data: memoryview) -> None:
        """More of it. Raises OSError."""
        begun.size += len(data)
        if begun.member is None:
            _write_all(begun.out, data)
        else:
            self._waiting += data

    def end(self, begun: Spooled) -> None:
        """It is whole. Raises OSError."""
        if begun.member is None or self._tar is None:
            begun.out.close()
            return
        self._waiting += bytes(-begun.size % _BLOCK)
        info = tarfile.TarInfo(begun.member)
        info.size = begun.size
        header = info.tobuf(tarfile.USTAR_FORMAT)
        at = begun.start - _BLOCK - self._tar.size
        if at >= 0:
            self._waiting[at : at + _BLOCK] = header
            return
        begun.out.seek(begun.start - _BLOCK)
        _write_all(begun.out, memoryview(header))
        begun.out.seek(self._tar.size)

    def drop(self, begun: Spooled) -> None:
        """It isn't wanted: nothing of it stays."""
        if begun.member is None or self._tar is None:
            begun.out.close()
            (self._folder / begun.file).unlink(missing_ok=True)
            return
        before = begun.start - _BLOCK
        del self._waiting[max(before - self._tar.size, 0) :]
        if before < self._tar.size:
            begun.out.truncate(before)
            begun.out.seek(before)
            self._tar.size = before

    def flush(self) -> None:
        """What waits goes to disk. Raises OSError."""
        if self._tar is not None:
            waiting, self._waiting = self._waiting, bytearray()
            self._tar.size += len(waiting)
            _write_all(self._tar.out, memoryview(waiting))

    def close(self) -> None:
        """Nothing more comes. Raises OSError."""
        self._end_tar()

    def _open(self) -> Spooled:
        self._files += 1
        name = f"{self._files:06}"
        return Spooled(name, None, 0, (self._folder / name).open("xb", buffering=0))

    def _end_tar(self) -> None:
        if self._tar is None:
            return
        with self._tar.out:
            self._waiting += bytes(2 * _BLOCK)  # a tar archive ends with two empty blocks
            self.flush()
        self._tar = None


def _write_all(out: FileIO, data: memoryview) -> None:
    while data:  # a disk that is nearly full takes a piece of it
        data = data[out.write(data) :]
