"""Pictures in zip archives, read without unpacking anything to disk.

An archive may be hostile: its directory may claim millions of entries, names that lead elsewhere, or sizes
that are not true. So its entries are counted before Python's `zipfile` loads them, nothing is ever written
under an entry's name, and what an entry claims bounds what is read of it.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import IO

from penchant.errors import PictureError, SourceError
from penchant.sources.entries import CHANGED, GONE, Entry
from penchant.sources.files import reason_of
from penchant.sources.formats import HEAD_BYTES, PICTURE_SUFFIXES, SIDE_SUFFIXES, looks_like_picture
from penchant.sources.gathering import Gathering, OnProgress, SideFile
from penchant.sources.limits import DEFAULT_LIMITS, Limits, show_bytes
from penchant.sources.names import any_overlooked, is_climbing, suffix_of
from penchant.text import printable
from penchant.types import Listing, Photo

_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)  # what `zipfile` raises on damaged or hostile archives and entries

ENCRYPTED = "encrypted: unpack the archive with its password and give the folder instead"
DAMAGED = "damaged in the archive"

_ENCRYPTED_FLAGS = 0x1 | 0x40

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_HEADER = struct.Struct("<4s24x3H12x")
_LONGEST_COMMENT = 1 << 16

_PACKINGS = {9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstandard", 95: "xz"}


def list_archive(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Listing:
    """The pictures of a zip archive; see `gather_archive`."""
    return gather_archive(source, limits=limits, on_progress=on_progress).listing()


def gather_archive(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Gathering:
    """The pictures of a zip archive, in the order of its directory, and the files about them.

    Hidden and system entries are passed over; archives within the archive are counted as skipped, not opened.
    Entries with names that lead out of the archive, repeated names, encrypted ones and those beyond the
    limits are failures.

    Raises:
        SourceError: it can't be read, is damaged, or has more entries than the limits allow.
    """
    gathering = Gathering(on_progress)
    with open_file(source) as file, open_archive(source, file, limits) as archive:
        seen: set[str] = set()
        unpacked = 0
        for info in archive.infolist():
            photo_id = printable(f"{source}/{info.filename}")
            try:
                if not _look(source, archive, info, gathering, limits):
                    continue
                if photo_id in seen:
                    raise PictureError("a second entry of the same name; only the first is used")
                seen.add(photo_id)
                unpacked += info.file_size
                if unpacked > limits.max_archive_bytes:
                    unpacked -= info.file_size
                    most = show_bytes(limits.max_archive_bytes)
                    raise PictureError(f"the archive's pictures unpack to more than {most}")
            except PictureError as error:
                gathering.refuse(photo_id, str(error))
            else:
                gathering.take(Photo(photo_id, source, info.filename, size=info.file_size, stamp=info.CRC))
    return gathering


def open_file(source: str) -> IO[bytes]:
    """The archive's file, for reading. Raises SourceError."""
    try:
        return open(source, "rb")  # noqa: PTH123 - a name that isn't UTF-8 goes through as it is
    except OSError as error:
        raise SourceError(f"the archive {printable(source)} can't be read: {reason_of(error)}") from error


def open_archive(source: str, file: IO[bytes], limits: Limits) -> zipfile.ZipFile:
    """The archive in an open file, which stays the caller's to close. Raises SourceError."""
    name = printable(source)
    try:
        if count_entries(file, limits.max_archive_entries) <= limits.max_archive_entries:
            return zipfile.ZipFile(file)
    except NotImplementedError as error:
        raise SourceError(f"the archive {name} is of a newer kind than this Python reads ({error})") from error
    except _ZIP_ERRORS as error:
        raise SourceError(
            f"the archive {name} is damaged or incomplete ({printable(str(error))}); download it again"
        ) from error
    raise SourceError(
        f"the archive {name} has more than {limits.max_archive_entries:,} entries; "
        "unpack it yourself and give the folder instead"
    )


class ZipContainer:
    """The entries of an open zip archive. Its directory takes some 600 bytes an entry and a second for 100,000."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._file = open_file(path)
        try:
            self._zip = open_archive(path, self._file, limits)
        except BaseException:
            self._file.close()
            raise

    def find(self, member: str, photo: Photo) -> Entry:
        """The entry that was listed: `zipfile` finds the last of several that share a name. Raises PictureError."""
        try:
            info = self._zip.getinfo(member)
        except KeyError:
            raise PictureError(GONE) from None
        if not photo.stamp or (info.CRC, info.file_size) == (photo.stamp, photo.size):
            return Entry(info.file_size, info.CRC, info)
        for other in self._zip.infolist():
            if other.filename == member and (other.CRC, other.file_size) == (photo.stamp, photo.size):
                return Entry(other.file_size, other.CRC, other)
        raise PictureError(CHANGED)

    def read(self, entry: Entry, most: int) -> bytes:
        """The first `most` bytes of an entry. Raises PictureError."""
        if is_encrypted(entry.handle):
            raise PictureError(ENCRYPTED)
        return unpack(self._zip, entry.handle, most)

    def close(self) -> None:
        """Lets go of the file."""
        self._zip.close()
        self._file.close()


def count_entries(file: IO[bytes], most: int) -> int:
    """How many entries the archive's directory really lists, counted up to `most` + 1; 0 where it has none.

    The number that the archive states of itself can be anything; `zipfile` would load every entry before one
    could count them. The directory is found as `zipfile` finds it: it ends where the end record begins.
    """
    end = _find_end(file)
    if end is None:
        return 0
    start, left = end
    file.seek(start)
    count = 0
    while left >= _HEADER.size and count <= most:
        header = file.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(b"PK\1\2"):
            break
        _, name, extra, comment = _HEADER.unpack(header)
        file.seek(name + extra + comment, 1)
        left -= _HEADER.size + name + extra + comment
        count += 1
    return count


def _find_end(file: IO[bytes]) -> tuple[int, int] | None:
    """Where the directory begins, and its bytes; None where the file has no end record."""
    length = file.seek(0, 2)
    tail_start = max(0, length - _LONGEST_COMMENT - _END.size)
    file.seek(tail_start)
    tail = file.read()
    at = len(tail) - _END.size
    if at < 0:
        return None
    if not tail.startswith(b"PK\5\6", at) or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\5\6", 0, at + 4)
        if at < 0:
            return None
    directory_bytes = _END.unpack_from(tail, at)[5]
    end = tail_start + at
    if end >= _LOCATOR_64.size + _END_64.size:
        file.seek(end - _LOCATOR_64.size - _END_64.size)
        record = file.read(_END_64.size)
        if file.read(4) == b"PK\6\7":
            if not record.startswith(b"PK\6\6"):  # newer Pythons would look for it elsewhere, and count differently
                raise zipfile.BadZipFile("its second end record is not where it belongs")
            directory_bytes = _END_64.unpack(record)[8]
            end -= _LOCATOR_64.size + _END_64.size
    return max(0, end - directory_bytes), directory_bytes


def _look(source: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, gathering: Gathering, limits: Limits) -> bool:
    """Whether an entry is a picture to take; counts it as skipped where it is none. Raises PictureError."""
    parts = [part for part in info.filename.replace("\\", "/").split("/") if part not in ("", ".")]
    if info.filename.endswith(("/", "\\")) or not parts:
        return False
    if is_unsafe(info):
        raise PictureError("refused: its name leads out of the archive")
    if any_overlooked(parts):
        return False
    suffix = suffix_of(parts[-1])
    if suffix in SIDE_SUFFIXES and _is_sound(info, limits):
        gathering.lay_aside(SideFile(source, info.filename, info.file_size))
        return False
    if suffix and suffix not in PICTURE_SUFFIXES:
        gathering.skip(suffix)
        return False
    if not suffix and not _begins_like_picture(archive, info):
        gathering.skip(suffix)
        return False
    if is_encrypted(info):
        raise PictureError(ENCRYPTED)
    refuse_packing(info)
    refuse_beyond(info, limits)
    return True


def _is_sound(info: zipfile.ZipInfo, limits: Limits) -> bool:
    """Whether an entry that is no picture can be read at no danger; all that exports write can."""
    try:
        refuse_packing(info)
        refuse_beyond(info, limits)
    except PictureError:
        return False
    return not is_encrypted(info)


def is_unsafe(info: zipfile.ZipInfo) -> bool:
    """Whether an entry's name is absolute, climbs by "..", names a drive, or hides something behind a NUL."""
    return is_climbing(info.orig_filename)


def refuse_beyond(info: zipfile.ZipInfo, limits: Limits) -> None:
    """Raise PictureError for an entry whose stated size or ratio is beyond the limits."""
    if info.file_size > limits.max_file_bytes:
        size, most = show_bytes(info.file_size), show_bytes(limits.max_file_bytes)
        raise PictureError(f"refused: it unpacks to {size}, and the limit is {most}")
    if info.file_size > limits.ratio_floor_bytes:
        ratio = info.file_size / max(1, info.compress_size)
        if ratio > limits.max_ratio:
            raise PictureError(f"refused: it unpacks to {ratio:,.0f} times its packed size, as bombs do")


def is_encrypted(info: zipfile.ZipInfo) -> bool:
    """Whether an entry wants a password."""
    return bool(info.flag_bits & _ENCRYPTED_FLAGS)


def unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """The first `most` bytes of an entry, all of it where it has no more. Raises PictureError.

    Memory stays within a few times `most`, whatever the entry holds.
    """
    refuse_packing(info)
    pieces = []
    try:
        with archive.open(info) as entry:
            while most > 0 and (piece := entry.read(most)):
                pieces.append(piece)
                most -= len(piece)
    except _ZIP_ERRORS as error:
        raise PictureError(reason_of(error) if isinstance(error, OSError) and error.errno else DAMAGED) from error
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def refuse_packing(info: zipfile.ZipInfo) -> None:
    """Raise PictureError for an entry that is neither stored nor deflated.

    `zipfile` can be told how much to unpack of deflate only: 861 bytes of bzip2 can make it fill 2 GB.
    """
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packing = _PACKINGS.get(info.compress_type, f"method {info.compress_type}")
        raise PictureError(f"packed by {packing}, not by deflate: unpack the archive and give the folder instead")


def _begins_like_picture(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    return not is_encrypted(info) and looks_like_picture(unpack(archive, info, HEAD_BYTES))
