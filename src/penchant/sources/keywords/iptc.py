"""Keywords in IPTC-IIM, the press agencies' metadata of 1991, which most photo managers still write.

Datasets follow one another: 0x1C, record, dataset, two bytes of length, value. Keywords are 2:25, each its own
dataset; 1:90 may say that all is UTF-8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = 0x1C
_CHARACTER_SET, _KEYWORD = (1, 90), (2, 25)
_UTF_8 = b"\x1b%G"
_EXTENDED = 0x8000
_RESOURCE, _IPTC_RESOURCE = b"8BIM", 0x0404


def keywords_of_iptc(block: bytes) -> list[str]:
    """The keywords of an IPTC block. Without a character set they are UTF-8 if they can be, else Windows' Latin."""
    values: list[bytes] = []
    is_utf_8 = False
    for dataset, value in _datasets(block):
        if dataset == _CHARACTER_SET:
            is_utf_8 = value == _UTF_8
        elif dataset == _KEYWORD:
            values.append(value)
    return [_decoded(value, is_utf_8=is_utf_8) for value in values]


def iptc_of_photoshop(resources: bytes) -> bytes:
    """The IPTC block among Photoshop's resources, b"" where there is none.

    A resource: "8BIM", its number, a name and a value, each padded to an even length.
    """
    at = 0
    while resources.startswith(_RESOURCE, at) and at + 7 <= len(resources):
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        name = resources[at + 6] + 1
        size_at = at + 6 + name + name % 2
        size = int.from_bytes(resources[size_at : size_at + 4], "big")
        start = size_at + 4
        if number == _IPTC_RESOURCE:
            return resources[start : start + size]
        at = start + size + size % 2
    return b""


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    at = 0
    while at + 5 <= len(block) and block[at] == _MARK:
        dataset = block[at + 1], block[at + 2]
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        start = at + 5
        if size & _EXTENDED:  # the length's own length, then the length
            width = size & ~_EXTENDED
            size = int.from_bytes(block[start : start + min(width, 8)], "big")
            start += width
        yield dataset, block[start : start + size]
        at = start + size


def _decoded(value: bytes, *, is_utf_8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        # The limit of 64 bytes may have cut a character in two.
        return value.decode("utf-8", "ignore") if is_utf_8 else value.decode("cp1252", "replace")
