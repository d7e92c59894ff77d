"""How much a source may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one source may cost. What lies beyond is refused and listed; the rest goes on.

    The defaults leave room for the largest exports that people have (50 GB of phone photos in one archive,
    scans of 100 MB) and keep what a hostile file can take small: at most `max_file_bytes` of memory a picture
    being read.

    Attributes:
        max_file_bytes: the largest picture, in bytes as stored in a folder or as unpacked from an archive.
        max_archive_entries: the most entries of one archive, pictures or not; an archive with more is
            refused whole, before its directory is loaded.
        max_archive_bytes: the most bytes that all pictures of one archive may unpack to; the entries beyond
            are refused one by one. Entries are unpacked one at a time, so this bounds time, not memory.
        max_ratio: unpacked bytes for each packed byte of an entry. Photos are packed already and stay below
            2, drawn pictures and scans below some 100; deflate's most is 1,032.
        ratio_floor_bytes: entries that unpack to no more than this are not held to `max_ratio`.
    """

    max_file_bytes: int = 256_000_000
    max_archive_entries: int = 1_000_000
    max_archive_bytes: int = 1_000_000_000_000
    max_ratio: float = 200.0
    ratio_floor_bytes: int = 1_000_000


DEFAULT_LIMITS = Limits()
"""The limits that serve when none are given."""


def show_bytes(count: int) -> str:
    """A size for people, in decimal units: "256 MB", "1.5 GB", "812 bytes"."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.4g} TB"
