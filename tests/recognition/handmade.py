"""Pictures for the tests of recognition: by Pillow where it can write them, byte by byte where it can't."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

ORIENTATION = 0x0112


def scene(width: int = 320, height: int = 240) -> Image.Image:
    """Smooth slopes in each channel, with a red block left of the middle and a blue one below it: no symmetry."""
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    pixels = np.stack([60 + 120 * across, 60 + 120 * down, 120 + 60 * np.sin(5 * across + 3 * down)], axis=-1)
    pixels[int(height * 0.3) : int(height * 0.5), int(width * 0.3) : int(width * 0.45)] = (230, 20, 20)
    pixels[int(height * 0.7) : int(height * 0.8), int(width * 0.45) : int(width * 0.7)] = (20, 20, 230)
    return Image.fromarray(pixels.astype(np.uint8))


def see_through(mode: str = "RGBA", width: int = 320, height: int = 240) -> Image.Image:
    """The scene, with an alpha that falls from left to right."""
    image = scene(width, height).convert(mode)
    alpha = np.broadcast_to(np.linspace(255, 0, width).astype(np.uint8), (height, width))
    image.putalpha(Image.fromarray(np.ascontiguousarray(alpha)))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture's file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def exif(orientation: int) -> Image.Exif:
    """EXIF that holds only the orientation."""
    made = Image.Exif()
    made[ORIENTATION] = orientation
    return made


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _jpeg_start(frame: int, width: int, height: int, layers: int, ac_symbol: int) -> bytes:
    """All up to the first scan; each Huffman table has one symbol, of one zero bit."""
    components = b"".join(bytes([layer + 1, 0x11, 0]) for layer in range(layers))
    tables = (bytes([table, 1, *bytes(15), symbol]) for table, symbol in ((0x00, 0), (0x10, ac_symbol)))
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, bytes([0, *([1] * 64)])),
            _segment(frame, struct.pack(">BHHB", 8, height, width, layers) + components),
            *(_segment(0xC4, table) for table in tables),
        )
    )


def _scan(layers: Iterable[int], first: int, last: int) -> bytes:
    chosen = [bytes([layer + 1, 0]) for layer in layers]
    return _segment(0xDA, bytes([len(chosen)]) + b"".join(chosen) + bytes([first, last, 0]))


def grey_jpeg(width: int, height: int, *, layers: int = 3, one_scan: bool = True, filled: bool = True) -> bytes:
    """A baseline JPEG, all grey, of two bits a block: some 12 kB a megapixel. `one_scan`: all layers in one."""
    blocks = -(-width // 8) * -(-height // 8) if filled else 0
    scans = [range(layers)] if one_scan else [range(layer, layer + 1) for layer in range(layers)]
    data = _jpeg_start(0xC0, width, height, layers, 0)
    for scan in scans:
        data += _scan(scan, 0, 63) + bytes(-(-2 * blocks * len(scan) // 8))
    return data + b"\xff\xd9"


def progressive_jpeg(width: int, height: int, *, scans: int) -> bytes:
    """A grey progressive JPEG that decodes as many scans over the whole picture, each of some bytes only."""
    blocks = -(-width // 8) * -(-height // 8)
    data = _jpeg_start(0xC2, width, height, 1, 0xE0) + _scan([0], 0, 0) + bytes(-(-blocks // 8))
    return data + (_scan([0], 1, 63) + bytes(-(-15 * -(-blocks // 16384) // 8))) * scans + b"\xff\xd9"


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, depth: int = 8, colour: int = 0, rows: bytes = b"", before: bytes = b"") -> bytes:
    """A PNG of these rows (each with its filter byte); without rows, of zeros."""
    if not rows:
        bits = depth * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        packer = zlib.compressobj(9)
        row = bytes(1 + -(-width * bits // 8)) * max(1, (1 << 20) // width)
        total = height * (1 + -(-width * bits // 8))
        packed = b"".join([packer.compress(row[: min(len(row), total - at)]) for at in range(0, total, len(row))])
        packed += packer.flush()
    else:
        packed = zlib.compress(rows)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
            before,
            png_chunk(b"IDAT", packed),
            png_chunk(b"IEND", b""),
        )
    )


def png_rgb16(image: Image.Image) -> bytes:
    """A PNG with 16 bits a channel; Pillow writes none."""
    pixels = np.asarray(image.convert("RGB")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return png(image.width, image.height, depth=16, colour=2, rows=rows)


def tiff(tags: dict[int, tuple[int, int, int]], body: bytes, *, following: int = 0) -> bytes:
    """A little-endian TIFF: tags of (type, count, value), the value "-1" standing for where the body begins.

    following: where the next directory is said to be.
    """
    start = 8 + 2 + 12 * len(tags) + 4
    rows = [
        struct.pack("<HHII", tag, kind, count, start if value == -1 else value)
        for tag, (kind, count, value) in sorted(tags.items())
    ]
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(rows)) + b"".join(rows) + struct.pack("<I", following) + body


def grey_tiff(width: int, height: int, **more: tuple[int, int, int]) -> dict[int, tuple[int, int, int]]:
    """The tags of an uncompressed 8-bit grey TIFF in one strip."""
    return {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, -1),
        277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, width * height),
    }  # fmt: skip


def tiff_rgb16(image: Image.Image) -> bytes:
    """A TIFF with 16 bits a channel; Pillow writes none."""
    pixels = (np.asarray(image.convert("RGB")).astype("<u2") * 257).astype("<u2").tobytes()
    tags = grey_tiff(*image.size) | {262: (3, 1, 2), 277: (3, 1, 3), 279: (4, 1, len(pixels))}
    start = 8 + 2 + 12 * len(tags) + 4
    tags |= {258: (3, 3, start), 273: (4, 1, start + 6)}
    return tiff(tags, struct.pack("<HHH", 16, 16, 16) + pixels)


def bmp_rle8(width: int, height: int, body: bytes) -> bytes:
    """A BMP with run-length coding."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    return b"BM" + struct.pack("<IHHI", 1078 + len(body), 0, 0, 1078) + header + palette + body


def icon(inner: bytes, side: int = 0) -> bytes:
    """An ICO of one picture; 0 means 256."""
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(inner), 22) + inner
