"""The blocks of metadata in a picture's bytes, by the picture's format."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penchant.sources.keywords.found import NO_KEYWORDS, Keywords, join_keywords, make_keywords
from penchant.sources.keywords.iptc import iptc_of_photoshop, keywords_of_iptc
from penchant.sources.keywords.tiff import IPTC, PHOTOSHOP, WINDOWS_KEYWORDS, XMP, tiff_fields, windows_keywords
from penchant.sources.keywords.xmp import UnreadableKeywordsError, keywords_of_xmp

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_READ = 1 << 16
_LONGEST_HEADER = 1 << 24  # of a JPEG: beyond it nobody's keywords stand
_LONGEST_TEXT = 1 << 24

_EXIF = b"Exif\0\0"
_ADOBE_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_PHOTOSHOP_3 = b"Photoshop 3.0\0"
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(slots=True)
class _Blocks:
    """What a picture holds of each kind; `wants` more bytes than were given, where it is not 0."""

    xmp: list[bytes] = field(default_factory=list)
    iptc: list[bytes] = field(default_factory=list)
    exif: list[bytes] = field(default_factory=list)
    wants: int = 0


def read_keywords(first: Callable[[int], bytes]) -> Keywords:
    """The keywords in a picture; bytes that are no picture, or a damaged one, give what can be found.

    Args:
        first: gives the first n bytes of the picture, fewer where it has fewer.
    """
    wanted = FIRST_READ
    data = first(wanted)
    if not data.startswith(b"\xff\xd8\xff"):
        return _keywords(_of_other(data if len(data) < wanted else first(1 << 40)))
    while True:
        blocks = _of_jpeg(data)
        if not wanted < blocks.wants <= _LONGEST_HEADER or len(data) < wanted:
            return _keywords(blocks)
        wanted = blocks.wants + FIRST_READ
        data = first(wanted)


def _keywords(blocks: _Blocks) -> Keywords:
    if not (blocks.xmp or blocks.iptc or blocks.exif):
        return NO_KEYWORDS
    found: list[Keywords] = []
    flat: list[str] = []
    iptc, packets = list(blocks.iptc), list(blocks.xmp)
    for header in blocks.exif:
        fields = tiff_fields(header)
        if WINDOWS_KEYWORDS in fields:
            flat += windows_keywords(fields[WINDOWS_KEYWORDS])
        if XMP in fields:
            packets.append(fields[XMP])
        iptc += [fields[IPTC]] if IPTC in fields else []
        iptc += [iptc_of_photoshop(fields[PHOTOSHOP])] if PHOTOSHOP in fields else []
    for packet in packets:
        try:
            found.append(keywords_of_xmp(packet))
        except UnreadableKeywordsError as error:
            found.append(Keywords(problems=(f"it holds {error}",)))
    for block in iptc:
        flat = [*keywords_of_iptc(block), *flat]
    return join_keywords(*found, make_keywords(flat)) if flat else join_keywords(*found)


def _of_jpeg(data: bytes) -> _Blocks:
    """The segments before the picture itself: 0xFF, marker, two bytes of length (they count too), value."""
    blocks = _Blocks()
    photoshop = b""
    more: dict[int, bytes] = {}
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        if marker in (_SCAN, _END):
            break
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if size < 2:
            break
        end = at + 2 + size
        if end > len(data):
            blocks.wants = end
            break
        if marker == 0xE1:
            if data.startswith(_ADOBE_XMP, at + 4):
                blocks.xmp.append(data[at + 4 + len(_ADOBE_XMP) : end])
            elif data.startswith(_EXIF, at + 4):
                blocks.exif.append(data[at + 4 + len(_EXIF) : end])
            elif data.startswith(_MORE_XMP, at + 4):
                # The packet's name (32 bytes), its whole length and this piece's place in it (4 bytes each).
                piece = data[at + 4 + len(_MORE_XMP) : end]
                more[int.from_bytes(piece[36:40], "big")] = piece[40:]
        elif marker == 0xED and data.startswith(_PHOTOSHOP_3, at + 4):
            photoshop += data[at + 4 + len(_PHOTOSHOP_3) : end]
        at = end
    else:
        if at + 4 > len(data):
            blocks.wants = at + 4
    if photoshop and (iptc := iptc_of_photoshop(photoshop)):
        blocks.iptc.append(iptc)
    if more:
        blocks.xmp.append(b"".join(more[place] for place in sorted(more)))
    return blocks


def _of_other(data: bytes) -> _Blocks:
    if data.startswith(_PNG):
        return _of_png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _of_webp(data)
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _Blocks(exif=[data])
    return _scanned(data)


def _of_png(data: bytes) -> _Blocks:
    """Chunks: four bytes of length, a name of four, value, checksum."""
    blocks = _Blocks()
    at = len(_PNG)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, value = data[at + 4 : at + 8], data[at + 8 : at + 8 + min(size, _LONGEST_TEXT)]
        if kind == b"iTXt" and value.startswith(_PNG_XMP):
            blocks.xmp.append(_international(value[len(_PNG_XMP) :]))
        elif kind == b"eXIf":
            blocks.exif.append(value.removeprefix(_EXIF))
        elif kind in (b"zTXt", b"tEXt") and value.startswith(b"Raw profile type "):
            _take_raw_profile(kind, value, blocks)
        at += 12 + size
    return blocks


def _international(value: bytes) -> bytes:
    """The text of an iTXt chunk behind its keyword: packed or not, method, language, translated keyword."""
    packed = value[:1] == b"\1"
    text = b"".join(value[2:].split(b"\0", 2)[2:])
    return _inflated(text) if packed else text


def _take_raw_profile(kind: bytes, value: bytes, blocks: _Blocks) -> None:
    """ImageMagick's way: a name, the length and the block in hexadecimal digits."""
    name, _, rest = value.partition(b"\0")
    text = _inflated(rest[1:]) if kind == b"zTXt" else rest
    lines = text.strip().split(b"\n", 2)
    try:
        block = bytes.fromhex(lines[2].decode("ascii")) if len(lines) == 3 else b""
    except ValueError:
        return
    if name.endswith(b"xmp"):
        blocks.xmp.append(block)
    elif name.endswith(b"iptc"):
        blocks.iptc.append(iptc_of_photoshop(block.removeprefix(_PHOTOSHOP_3)) or block)
    elif name.endswith((b"exif", b"APP1")) and block.startswith(_EXIF):
        blocks.exif.append(block.removeprefix(_EXIF))
    elif name.endswith(b"APP1") and block.startswith(_ADOBE_XMP):
        blocks.xmp.append(block.removeprefix(_ADOBE_XMP))


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LONGEST_TEXT)
    except zlib.error:
        return b""


def _of_webp(data: bytes) -> _Blocks:
    """Chunks: a name of four bytes, four bytes of length, value, padded to an even length."""
    blocks = _Blocks()
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"XMP ":
            blocks.xmp.append(data[at + 8 : at + 8 + size])
        elif kind == b"EXIF":
            blocks.exif.append(data[at + 8 : at + 8 + size].removeprefix(_EXIF))
        at += 8 + size + size % 2
    return blocks


def _scanned(data: bytes) -> _Blocks:
    """XMP wherever it stands, as its specification provides for formats that one doesn't know: HEIC, AVIF, GIF, …"""
    start = data.find(b"<x:xmpmeta")
    end = data.find(b"</x:xmpmeta>", start)
    return _Blocks(xmp=[data[start : end + 12]]) if 0 <= start < end else _Blocks()
