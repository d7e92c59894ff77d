"""The memory that decoding a picture takes at its peak, format by format, against what is reserved for it.

    python benchmarks/decode_memory.py [--megapixels 16] [NAME...]

Each picture is decoded in a fresh process (Linux only: it reads /proc/self). Prints JSON: for each kind of picture the
bytes a pixel that were measured, and those that `Decoder` took from its budget. See docs/memory.md.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from penchant.recognition import DecodeLimits, Decoder, MemoryBudget
from penchant.recognition.memory import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def scene(side: int, mode: str) -> Image.Image:
    """A picture with slopes and grain, so that no decoder has it too easy."""
    grain = np.random.default_rng(0).integers(0, 24, (side, side, 3), np.uint8)
    slope = np.linspace(0, 220, side, dtype=np.uint8)
    grain[..., 0] += slope
    grain[..., 1] += slope[:, None]
    image = Image.fromarray(grain).convert(mode)
    if mode in {"RGBA", "LA"}:
        image.putalpha(Image.fromarray(np.broadcast_to(slope, (side, side))))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture's file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def grey16(side: int) -> Image.Image:
    """A 16-bit grey picture."""
    return Image.fromarray(np.asarray(scene(side, "L")).astype(np.uint16) * 257)


def tiff_rgb16(side: int) -> bytes:
    """An uncompressed 16-bit RGB TIFF in one strip, with a small writer: Pillow has none."""
    import struct

    pixels = (np.asarray(scene(side, "RGB")).astype("<u2") * 257).tobytes()
    tags = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 14),
            (277, 3, 1, 3), (278, 4, 1, side), (279, 4, 1, len(pixels))]  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", 14 + len(pixels)) + struct.pack("<HHH", 16, 16, 16) + pixels + directory


def heic(side: int, mode: str = "RGB", **options: object) -> bytes:
    """An HEIC picture; the mode "RGB;16" makes one of more than 8 bits."""
    import pillow_heif

    stream = io.BytesIO()
    if mode == "RGB;16":
        pixels = np.asarray(scene(side, "RGB")).astype(np.uint16) * 257
        pillow_heif.encode(mode, (side, side), pixels.tobytes(), stream, quality=50, **options)
    else:
        pillow_heif.from_pillow(scene(side, mode)).save(stream, quality=50, **options)
    return stream.getvalue()


def interlaced_png(side: int) -> bytes:
    """An Adam7 PNG with one grey value; Pillow doesn't write these."""
    import struct
    import zlib

    packed = zlib.compressobj(1)
    data = b""
    for x, y, dx, dy in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        row = bytes(1 + 3 * len(range(x, side, dx)))
        for _ in range(y, side, dy):
            data += packed.compress(row)
    data += packed.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


CASES: dict[str, Callable[[int], bytes]] = {
    "jpeg": lambda side: saved(scene(side, "RGB"), "JPEG"),
    "jpeg-4:4:4": lambda side: saved(scene(side, "RGB"), "JPEG", subsampling=0),
    "jpeg-progressive": lambda side: saved(scene(side, "RGB"), "JPEG", progressive=True),
    "jpeg-progressive-4:4:4": lambda side: saved(scene(side, "RGB"), "JPEG", progressive=True, subsampling=0),
    "jpeg-progressive-grey": lambda side: saved(scene(side, "L"), "JPEG", progressive=True),
    "jpeg-progressive-cmyk": lambda side: saved(scene(side, "CMYK"), "JPEG", progressive=True),
    "jpeg-cmyk": lambda side: saved(scene(side, "CMYK"), "JPEG"),
    "png": lambda side: saved(scene(side, "RGB"), "PNG", compress_level=1),
    "png-rgba": lambda side: saved(scene(side, "RGBA"), "PNG", compress_level=1),
    "png-la": lambda side: saved(scene(side, "LA"), "PNG", compress_level=1),
    "png-p": lambda side: saved(scene(side, "P"), "PNG", compress_level=1),
    "png-p-transparent": lambda side: saved(scene(side, "P"), "PNG", compress_level=1, transparency=b"\0\x80"),
    "png-rgb-transparent": lambda side: saved(scene(side, "RGB"), "PNG", compress_level=1, transparency=(9, 9, 9)),
    "png-1": lambda side: saved(scene(side, "1"), "PNG", compress_level=1),
    "png-grey16": lambda side: saved(grey16(side), "PNG", compress_level=1),
    "png-interlaced": interlaced_png,
    "webp": lambda side: saved(scene(side, "RGB"), "WEBP", method=0),
    "webp-lossless": lambda side: saved(scene(side, "RGB"), "WEBP", lossless=True, quality=0, method=0),
    "webp-lossless-alpha": lambda side: saved(scene(side, "RGBA"), "WEBP", lossless=True, quality=0, method=0),
    "webp-animated": lambda side: saved(
        scene(side, "RGB"), "WEBP", method=0, save_all=True, append_images=[scene(side, "RGB").rotate(90)]
    ),
    "webp-alpha": lambda side: saved(scene(side, "RGBA"), "WEBP", method=0),
    "gif": lambda side: saved(scene(side, "P"), "GIF"),
    "gif-transparent": lambda side: saved(scene(side, "P"), "GIF", transparency=3),
    "tiff": lambda side: saved(scene(side, "RGB"), "TIFF"),
    "tiff-lzw": lambda side: saved(scene(side, "RGB"), "TIFF", compression="tiff_lzw"),
    "tiff-deflate-one-strip": lambda side: saved(
        scene(side, "RGB"), "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: side}
    ),
    "tiff-rgba-one-strip": lambda side: saved(
        scene(side, "RGBA"), "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: side}
    ),
    "tiff-cmyk": lambda side: saved(scene(side, "CMYK"), "TIFF", compression="tiff_lzw", tiffinfo={278: side}),
    "tiff-turned": lambda side: saved(scene(side, "RGB"), "TIFF", tiffinfo={274: 6}),
    "tiff-turned-one-strip": lambda side: saved(
        scene(side, "RGBA"), "TIFF", compression="tiff_lzw", tiffinfo={274: 6, 278: side}
    ),
    "tiff-jpeg": lambda side: saved(scene(side, "RGB"), "TIFF", compression="jpeg", tiffinfo={278: side // 8 * 8}),
    "tiff-grey16": lambda side: saved(grey16(side), "TIFF"),
    "tiff-rgb16": tiff_rgb16,
    "tiff-float": lambda side: saved(scene(side, "F"), "TIFF"),
    "tiff-int32": lambda side: saved(scene(side, "I"), "TIFF", compression="tiff_lzw", tiffinfo={278: side}),
    "bmp": lambda side: saved(scene(side, "RGB"), "BMP"),
    "bmp-8": lambda side: saved(scene(side, "P"), "BMP"),
    "avif": lambda side: saved(scene(side, "RGB"), "AVIF", speed=10, quality=40),
    "avif-4:4:4": lambda side: saved(scene(side, "RGB"), "AVIF", speed=10, quality=40, subsampling="4:4:4"),
    "avif-alpha": lambda side: saved(scene(side, "RGBA"), "AVIF", speed=10, quality=40),
    "avif-alpha-4:4:4": lambda side: saved(scene(side, "RGBA"), "AVIF", speed=10, quality=40, subsampling="4:4:4"),
    "heic": heic,
    "heic-4:4:4": lambda side: heic(side, chroma=444),
    "heic-alpha": lambda side: heic(side, "RGBA"),
    "heic-16": lambda side: heic(side, "RGB;16"),
    "jpeg2000": lambda side: saved(scene(side, "RGB"), "JPEG2000"),
    "jpeg2000-rgba": lambda side: saved(scene(side, "RGBA"), "JPEG2000"),
    "jpeg2000-tiled": lambda side: saved(scene(side, "RGB"), "JPEG2000", tile_size=(512, 512)),
    "ppm": lambda side: saved(scene(side, "RGB"), "PPM"),
    "pgm16": lambda side: saved(grey16(side), "PPM"),
    "tga": lambda side: saved(scene(side, "RGB"), "TGA"),
    "tga-rle": lambda side: saved(scene(side, "RGBA"), "TGA", compression="tga_rle"),
    "pcx": lambda side: saved(scene(side, "RGB"), "PCX"),
    "sgi": lambda side: saved(scene(side, "RGB"), "SGI"),
}


class RecordingPool(Pool):
    """A pool that never makes anyone wait, and remembers what was taken."""

    def __init__(self) -> None:
        super().__init__(1 << 60)
        self.taken = 0

    @contextmanager
    def take(self, amount: int) -> Iterator[None]:
        """Takes nothing; notes the amount."""
        self.taken += amount
        with super().take(amount):
            yield


def status(key: str) -> int:
    """A line of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


def measure(path: Path, small: Path) -> dict[str, float]:
    """Decodes one picture in this process; the small one of its kind goes first, to load what is loaded once."""
    pool = RecordingPool()
    decoder = Decoder(DecodeLimits(MemoryBudget(files=Pool(1 << 60), pixels=pool)))
    decoder.square(small.read_bytes(), side=224, resize=256)
    data = path.read_bytes()
    pool.taken = 0
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again here
    before = status("VmRSS")
    decoder.square(data, side=224, resize=256)
    return {"measured": status("VmHWM") - before, "reserved": pool.taken}


def main() -> None:
    """Measures the chosen kinds of pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which kinds (default: all of {', '.join(CASES)})")
    parser.add_argument("--megapixels", type=float, default=16)
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    side = round((options.megapixels * 1e6) ** 0.5)
    results: dict[str, dict[str, float | str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        for name in options.names or CASES:
            small.write_bytes(CASES[name](64))
            large.write_bytes(CASES[name](side))
            command = [sys.executable, __file__, "--measure", str(large), str(small)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                results[name] = {"error": done.stderr.strip().splitlines()[-1]}
            else:
                got = json.loads(done.stdout)
                results[name] = {key: round(value / side**2, 2) for key, value in got.items()}
            print(f"{name}: {results[name]}", file=sys.stderr)
    print(json.dumps({"schema_version": 1, "pixels": side**2, "unit": "bytes a pixel", "kinds": results}, indent=2))


if __name__ == "__main__":
    main()
