"""Received files on disk: pictures lie in tar archives, one behind another, so that small ones don't cost a file each.

To make, open and remove a file takes longer than to receive a picture of 50 kB.
"""

from __future__ import annotations

import os
import tarfile
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from io import FileIO
    from pathlib import Path

    Piece = bytes | bytearray | memoryview

_FULL_BYTES = 8 << 20  # an archive takes no more pictures then, so that those looked at are soon removed
_BLOCK = tarfile.BLOCKSIZE
_PIECES = 1000  # of a call: systems take 1,024


@dataclass(slots=True)
class Spooled:
    """A file that is being written, or was.

    Attributes:
        file: what holds it, by its name in the folder.
        member: its entry there; None where it has that file to itself.
        start: where it begins.
        header: what stands before it.
        size: how long it is so far.
    """

    file: str
    member: str | None
    start: int
    header: bytearray
    out: FileIO
    size: int = 0


class Spool:
    """Writes what is received, one file after the other; not safe to share between threads.

    What goes into tar archives waits in memory until `flush`: many small pictures are one call of the system. Whoever
    writes must leave the data as they are until then.

    Args:
        folder: where it goes, under names of ours.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = 0
        self._entries = 0
        self._tar: Spooled | None = None  # the archive as a whole: its size is what was written of it
        self._waiting: list[Piece] = []  # what follows that
        self._end = 0  # where the archive ends, with what waits

    def begin(self, *, alone: bool) -> Spooled:
        """A file begins; the one before it has ended, or was dropped.

        Args:
            alone: it gets a file to itself, which what is an archive needs.

        Raises:
            OSError: there is no room for it.
        """
        if alone:
            return self._open()
        if self._tar is None or self._end >= _FULL_BYTES:
            self._end_tar()
            self._tar, self._end = self._open(), 0
        self._entries += 1
        begun = Spooled(self._tar.file, f"{self._entries:06}", self._end + _BLOCK, bytearray(_BLOCK), self._tar.out)
        self._wait(begun.header)
        return begun

    def write(self, begun: Spooled, data: memoryview) -> None:
        """More of it. Raises OSError."""
        begun.size += len(data)
        if begun.member is None:
            _write_all(begun.out, [data])
        else:
            self._wait(data)

    def end(self, begun: Spooled) -> None:
        """It is whole. Raises OSError."""
        if begun.member is None or self._tar is None:
            begun.out.close()
            return
        self._wait(bytes(-begun.size % _BLOCK))
        info = tarfile.TarInfo(begun.member)
        info.size = begun.size
        begun.header[:] = info.tobuf(tarfile.USTAR_FORMAT)
        if begun.start <= self._tar.size:  # it was written before anybody knew the size
            begun.out.seek(begun.start - _BLOCK)
            _write_all(begun.out, [begun.header])
            begun.out.seek(self._tar.size)

    def drop(self, begun: Spooled) -> None:
        """It isn't wanted: nothing of it stays."""
        if begun.member is None or self._tar is None:
            begun.out.close()
            (self._folder / begun.file).unlink(missing_ok=True)
            return
        self._end = begun.start - _BLOCK
        if self._end >= self._tar.size:
            del self._waiting[next(at for at, piece in enumerate(self._waiting) if piece is begun.header) :]
            return
        self._waiting.clear()
        self._tar.size = self._end
        begun.out.truncate(self._end)
        begun.out.seek(self._end)

    def flush(self) -> None:
        """What waits goes to disk. Raises OSError."""
        if self._tar is not None and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._tar.size = self._end
            _write_all(self._tar.out, waiting)

    def close(self) -> None:
        """Nothing more comes. Raises OSError."""
        self._end_tar()

    def _wait(self, data: Piece) -> None:
        self._waiting.append(data)
        self._end += len(data)

    def _open(self) -> Spooled:
        self._files += 1
        name = f"{self._files:06}"
        return Spooled(name, None, 0, bytearray(), (self._folder / name).open("xb", buffering=0))

    def _end_tar(self) -> None:
        if self._tar is None:
            return
        with self._tar.out:
            self._wait(bytes(2 * _BLOCK))  # a tar archive ends with two empty blocks
            self.flush()
        self._tar = None


def _write_all(out: FileIO, pieces: Iterable[Piece]) -> None:
    left = deque(memoryview(piece) for piece in pieces if piece)
    while left:  # a disk that is nearly full takes a part of it
        written = _write(out, list(islice(left, _PIECES)))
        while left and written >= len(left[0]):
            written -= len(left.popleft())
        if written:
            left[0] = left[0][written:]


def _write(out: FileIO, pieces: Sequence[memoryview]) -> int:
    """Writes some of it in one call; gives how many bytes."""
    if hasattr(os, "writev"):
        return os.writev(out.fileno(), pieces)
    return out.write(pieces[0])  # Windows
