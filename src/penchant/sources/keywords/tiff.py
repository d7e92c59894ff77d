"""The fields of a TIFF header, as Exif is one: Windows keeps its keywords there, and TIFF files their XMP and IPTC."""

from __future__ import annotations

XMP, IPTC, PHOTOSHOP, WINDOWS_KEYWORDS = 700, 33723, 34377, 40094

_WANTED = frozenset({XMP, IPTC, PHOTOSHOP, WINDOWS_KEYWORDS})
_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4}
_ENTRY = 12
_INLINE = 4


def tiff_fields(data: bytes) -> dict[int, bytes]:
    """The fields of the first directory that can hold keywords, by their number, as they stand; damaged ones not."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(data[:4])
    if order is None:
        return {}

    def number(at: int, width: int) -> int:
        return int.from_bytes(data[at : at + width], "little" if order == "little" else "big")

    start = number(4, 4)
    fields: dict[int, bytes] = {}
    for place in range(number(start, 2)):
        at = start + 2 + place * _ENTRY
        if at + _ENTRY > len(data):
            break
        field = number(at, 2)
        if field not in _WANTED:
            continue
        size = number(at + 4, 4) * _WIDTHS.get(number(at + 2, 2), 0)
        value_at = at + 8 if size <= _INLINE else number(at + 8, 4)
        if 0 < size <= len(data) - value_at:
            value = data[value_at : value_at + size]
            # Old writers give IPTC as 32-bit numbers, in the file's own order of bytes.
            swapped = field == IPTC and value[:1] != b"\x1c" and value[3:4] == b"\x1c"
            fields[field] = _swapped(value) if swapped else value
    return fields


def windows_keywords(value: bytes) -> list[str]:
    """The keywords that Windows writes: UTF-16, little-endian, apart by semicolons."""
    return value.decode("utf-16-le", "ignore").split("\0")[0].split(";")


def _swapped(value: bytes) -> bytes:
    return b"".join(value[at : at + 4][::-1] for at in range(0, len(value), 4))
