"""Whether a picture's file goes on to its end, without decoding it: an interrupted download leaves the first part."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Bytes = Callable[[int], bytes]

CUT_OFF = "the picture ends too early, as after an interrupted download"

_STEP = 1 << 16
_JPEG, _JPEG_END, _SCAN = b"\xff\xd8\xff", b"\xff\xd9", 0xDA
_WITHOUT_LENGTH = frozenset({0x01, 0xFF, *range(0xD0, 0xD9)})
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"
_RIFF_HEAD = 8  # bytes that a RIFF file's length doesn't count


def is_cut_off(first: Bytes, last: Bytes, size: int) -> bool:
    """Whether a JPEG, PNG or WebP lacks its end; other formats, and what is no picture, do not.

    Phones write films and more behind a picture: where its end isn't found near the file's, all of it is looked at.

    Args:
        first, last: give the first or last n bytes of the file.
        size: of the file.
    """
    head = first(_STEP)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return int.from_bytes(head[4:8], "little") + _RIFF_HEAD > size
    if head.startswith(_PNG):
        return _PNG_END not in last(_STEP) and _PNG_END not in first(size)
    if not head.startswith(_JPEG):
        return False
    while (start := _scan_of(head)) > len(head) and len(head) < size:
        head = first(start + _STEP)  # a small picture in the header has an end of its own
        if len(head) < min(start, size):
            return False  # it changes while it is read, or is longer than may be read
    return _JPEG_END not in last(max(0, min(size - start, _STEP))) and first(size).find(_JPEG_END, start) < 0


def _scan_of(data: bytes) -> int:
    """Where a JPEG's first scan begins; beyond the end where a segment before it reaches there."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _SCAN:
            return at
        at += (
            1
            if marker == 0xFF
            else 2
            if marker in _WITHOUT_LENGTH
            else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        )
    return at if at + 4 <= len(data) else max(at, len(data) + 1)
