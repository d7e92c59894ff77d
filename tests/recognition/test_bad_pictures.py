"""Every kind of bad picture is refused with one clear sentence, soon, and without taking memory."""

from __future__ import annotations

import io
import re
import struct
import time
import tracemalloc
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from penchant.errors import PictureError
from penchant.recognition import DecodeLimits, Decoder, MemoryBudget, PixelLimits

from .handmade import (
    bmp_rle8,
    exif,
    grey_jpeg,
    grey_tiff,
    icon,
    png,
    png_chunk,
    progressive_jpeg,
    saved,
    scene,
    see_through,
    tiff,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIDE = 32
LONGEST = 2.0  # seconds


def attempt(decoder: Decoder, data: bytes) -> NDArray[np.uint8] | str:
    """The square, or the sentence with which the picture was refused; nothing else may come of any bytes."""
    start = time.perf_counter()
    try:
        square = decoder.square(data, side=SIDE, resize=SIDE)
    except PictureError as error:
        sentence = str(error)
        assert sentence.strip()
        assert "\n" not in sentence
        assert len(sentence) < 300
        return sentence
    finally:
        assert time.perf_counter() - start < LONGEST
    assert square.shape == (SIDE, SIDE, 3)
    assert square.dtype == np.uint8
    return square


def refusal(decoder: Decoder, data: bytes) -> str:
    outcome = attempt(decoder, data)
    assert isinstance(outcome, str)
    return outcome


def photo(width: int = 200, height: int = 150) -> Image.Image:
    """Noise on the scene, so that files are large and a cut goes through their pixels."""
    noise = np.random.default_rng(7).integers(-20, 20, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(scene(width, height)) + noise, 0, 255).astype(np.uint8))


FILES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(photo(), "JPEG", quality=90),
    "jpeg-progressive": lambda: saved(photo(), "JPEG", quality=90, progressive=True, exif=exif(6)),
    "mpo": lambda: saved(photo(), "MPO", save_all=True, append_images=[scene()]),
    "png": lambda: saved(photo(), "PNG"),
    "png-palette": lambda: saved(photo().convert("P"), "PNG", transparency=bytes(20)),
    "png-animated": lambda: saved(photo(), "PNG", save_all=True, append_images=[scene(200, 150)]),
    "webp": lambda: saved(photo(), "WEBP"),
    "webp-lossless": lambda: saved(photo(), "WEBP", lossless=True),
    "webp-animated": lambda: saved(photo(), "WEBP", save_all=True, append_images=[scene(200, 150)]),
    "gif": lambda: saved(photo().convert("P"), "GIF", save_all=True, append_images=[scene(200, 150).convert("P")]),
    "tiff": lambda: saved(photo(), "TIFF", tiffinfo={274: 6}),
    "tiff-lzw": lambda: saved(photo(), "TIFF", compression="tiff_lzw"),
    "tiff-jpeg": lambda: saved(photo(), "TIFF", compression="jpeg"),
    "tiff-float": lambda: saved(photo().convert("F"), "TIFF"),
    "bmp": lambda: saved(photo(), "BMP"),
    "bmp-rle": lambda: bmp_rle8(40, 30, b"\x28\x05" * 30 + b"\0\1"),
    "dib": lambda: saved(photo(), "DIB"),
    "avif": lambda: saved(photo(), "AVIF", speed=10, exif=exif(6)),
    "jpeg2000": lambda: saved(photo(), "JPEG2000"),
    "ppm": lambda: saved(photo(), "PPM"),
    "ppm-plain": lambda: b"P3 40 30 255\n" + b"12 200 7\n" * 1200,
    "ico": lambda: saved(see_through("RGBA", 128, 128), "ICO", sizes=[(128, 128), (64, 64)]),
    "ico-dib": lambda: saved(see_through("RGBA", 64, 64), "ICO", sizes=[(64, 64)], bitmap_format="bmp"),
    "tga": lambda: saved(see_through(), "TGA", compression="tga_rle"),
    "pcx": lambda: saved(photo(), "PCX"),
    "sgi": lambda: saved(photo(), "SGI", rle=True),
    "qoi": lambda: saved(photo(60, 40), "QOI"),
}


def file_of(name: str, made: dict[str, bytes] = {}) -> bytes:  # noqa: B006
    if name not in made:
        made[name] = FILES[name]()
    return made[name]


def test_an_empty_file(decoder: Decoder) -> None:
    assert refusal(decoder, b"") == "empty file"


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_picture_is_refused_or_decoded(name: str, decoder: Decoder) -> None:
    data = file_of(name)
    for tenth in range(1, 10):
        attempt(decoder, data[: len(data) * tenth // 10])
    for left_out in (1, 2, 5, 20):
        attempt(decoder, data[:-left_out])


@pytest.mark.parametrize("tenth", range(2, 10))
@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "png", "webp", "webp-lossless"])
def test_a_picture_without_its_last_pixels_is_refused(name: str, tenth: int, decoder: Decoder) -> None:
    data = file_of(name)
    assert "truncated" in refusal(decoder, data[: len(data) * tenth // 10])


@pytest.mark.parametrize("name", ["gif", "tiff", "tiff-lzw", "bmp", "avif", "jpeg2000", "ppm", "tga", "ico"])
def test_half_a_picture_is_refused(name: str, decoder: Decoder) -> None:
    data = file_of(name)
    half = data[: len(data) // (3 if name == "gif" else 2)]
    assert re.match("truncated|damaged|not a picture|ICO", refusal(decoder, half))


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "a")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"Dear diary,\nno picture today.\n", "text, not a picture"),
        ("Größe, über, naïve".encode(), "not a picture in a format that can be read"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "a web page, not a picture"),
        (b"\n <html>", "a web page, not a picture"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "an XML document, not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing, not a picture"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document, not a picture"),
        (zipped(), "a zip archive, not a picture"),
        (b'{"error": "not found"}', "a JSON document, not a picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "a video or an unknown kind of HEIF, not a picture that can be read"),
        (b"\x1aE\xdf\xa3" + bytes(40), "a video, not a picture"),
        (bytes(5000), "only zero bytes: the file was never written in full"),
        (b"\0", "only zero bytes: the file was never written in full"),
        (b"BMW has sold many cars, and this is a text about them.", "text, not a picture"),
        (b"P6 is where I live", "text, not a picture"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "not a picture in a format that can be read"),
        (b"\xff\xd8\xff", "damaged JPEG: its header can't be read"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "truncated JPEG: the file ends too early"),
        (b"\x89PNG\r\n\x1a\n", "damaged PNG: its header can't be read"),
        (b"GIF89a\0", "damaged GIF: its header can't be read"),
        (b"II*\0\x08\0\0\0", "damaged TIFF: its header can't be read"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, sentence: str, decoder: Decoder) -> None:
    assert refusal(decoder, data) == sentence


def test_a_huge_picture_is_refused_before_it_is_decoded(decoder: Decoder) -> None:
    """20,000 × 20,000 pixels of one bit in a small file."""
    data = png(20_000, 20_000, depth=1)
    assert len(data) < 60_000
    tracemalloc.start()
    sentence = refusal(decoder, data)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert sentence == "PNG of 20,000 × 20,000 pixels: refused before decoding, more than --max-pixels allows"


def webp_header(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_header(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0)
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame + b"\x02\x02\x4c\x01\0;"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (gif_header(65535, 65535), "more than --max-pixels"),
        (tiff(grey_tiff(60_000, 60_000), bytes(100)), "more than --max-pixels"),
        (grey_jpeg(65_500, 65_500, filled=False), "more than --max-pixels"),
        (webp_header(16_384, 16_384), "too many pixels|damaged header"),
        (
            saved(scene(), "BMP")[:18] + struct.pack("<iiHH", 60_000, 60_000, 1, 24) + bytes(100),
            "more than --max-pixels",
        ),
        (b"P5 99999 99999 255\n" + bytes(100), "more than --max-pixels"),
        (b"qoif" + struct.pack(">II", 50_000, 50_000) + b"\3\0" + bytes(60), "more than --max-pixels"),
        (icon(png(9_000, 9_000)), "ICO of 9,000 × 9,000 pixels: refused before decoding"),
        (icon(struct.pack("<Iii", 40, 20_000, 40_000) + bytes(60)), "ICO of 20,000 × 40,000 pixels: refused"),
    ],
    ids=["gif", "tiff", "jpeg", "webp", "bmp", "pgm", "qoi", "ico of png", "ico of dib"],
)
def test_a_bomb_is_refused_by_its_header(data: bytes, sentence: str, decoder: Decoder) -> None:
    assert re.search(sentence, refusal(decoder, data))


def test_the_limits_are_the_callers() -> None:
    limits = DecodeLimits(pixels=PixelLimits(full=1000, scaled=2000))
    decoder = Decoder(limits)
    assert "more than --max-pixels" in refusal(decoder, saved(scene(40, 30), "PNG"))
    assert isinstance(attempt(decoder, saved(scene(40, 30), "JPEG")), np.ndarray)
    assert "more than --max-pixels" in refusal(decoder, saved(scene(50, 50), "JPEG"))


def test_a_picture_beyond_the_memory_is_refused_with_the_way_out() -> None:
    decoder = Decoder(DecodeLimits(budget=MemoryBudget.of(384)))
    sentence = refusal(decoder, png(9_000, 9_000, colour=2))
    assert re.fullmatch(r"PNG of 9,000 × 9,000 pixels would take \d+ MiB to decode: refused; --max-memory .*", sentence)


def test_a_jpeg_of_impossible_size(decoder: Decoder) -> None:
    data = saved(scene(), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    assert "damaged JPEG" in refusal(decoder, data[:place] + bytes(4) + data[place + 4 :])
    attempt(decoder, data[:place] + struct.pack(">HH", 9_000, 12_000) + data[place + 4 :])  # grey where data ends


def test_a_lossless_jpeg_does_no_harm(decoder: Decoder) -> None:
    """libjpeg can't decode these at a fraction of their size."""
    table = bytes([0, 1, *bytes(15), 0])
    frame = struct.pack(">BHHB", 8, 800, 800, 1) + bytes([1, 0x11, 0])
    parts = [(0xC3, frame), (0xC4, table), (0xDA, bytes([1, 1, 0, 1, 0, 0]))]
    segments = b"".join(bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body for kind, body in parts)
    assert "damaged JPEG" in refusal(decoder, b"\xff\xd8" + segments + bytes(80_000) + b"\xff\xd9")


def test_a_jpeg_of_a_thousand_scans_is_refused(decoder: Decoder) -> None:
    sentence = refusal(decoder, progressive_jpeg(6_000, 4_000, scans=1_000))
    assert sentence == "JPEG of 6,000 × 4,000 pixels in 1,001 scans: refused, it would take too long to decode"
    assert isinstance(attempt(decoder, progressive_jpeg(6_000, 4_000, scans=15)), np.ndarray)


@pytest.mark.parametrize(
    "data",
    [
        b"qoif" + struct.pack(">II", 2_000, 1_000) + b"\3\0" + b"\xfd" * 40_000 + b"\0\0\0\0\0\0\0\1",
        bmp_rle8(50_000_000, 2, b"\0\2\xff\xff" * 10),
        b"P3 2000 1000 255\n" + b"1 2 3 " * 1000,
        b"P6 2000 1000 65535\n" + bytes(12_000_000),
    ],
    ids=["qoi", "bmp rle", "ppm plain", "ppm 16 bits"],
)
def test_kinds_that_are_slow_to_decode_are_decoded_only_while_small(data: bytes, decoder: Decoder) -> None:
    assert "too slow to decode beyond 1,000,000 pixels; save it as PNG" in refusal(decoder, data)


def zip_bomb() -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    return b"".join([packer.compress(block) for _ in range(64)]) + packer.flush()


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_compressed_text_that_unpacks_to_much_is_refused_or_passed_over(kind: bytes, decoder: Decoder) -> None:
    packed = zip_bomb()
    body = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[kind] + packed
    tracemalloc.start()
    attempt(decoder, png(8, 8, before=png_chunk(kind, body)))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert "compressed texts" in refusal(
        decoder, png(8, 8, before=png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"")) * 60)
    )


def test_a_tiff_with_a_loop_of_directories(decoder: Decoder) -> None:
    tags = grey_tiff(16, 16)
    for following in (8, 9, 0xFFFFFFF0):
        attempt(decoder, tiff(tags, bytes(256), following=following))
    child = {330: (4, 1, 8), 0x8769: (4, 1, 8), 0x8825: (4, 1, 8), 274: (3, 1, 6)}
    attempt(decoder, tiff(tags | child, bytes(256), following=8))


def test_a_tiff_of_a_million_strips_is_refused(decoder: Decoder) -> None:
    tags = grey_tiff(1, 1_000_000) | {273: (4, 1_000_000, 0), 278: (4, 1, 1)}
    assert refusal(decoder, tiff(tags, bytes(1000))) == (
        "TIFF with 1,000,000 numbers in one tag: refused before decoding"
    )


def test_a_tiff_with_tiles_larger_than_its_memory_is_refused(decoder: Decoder) -> None:
    packed = zlib.compress(bytes(12_000 * 12_000), 1)
    tags = grey_tiff(16, 16) | {
        259: (3, 1, 8), 322: (4, 1, 12_000), 323: (4, 1, 12_000), 324: (4, 1, -1), 325: (4, 1, len(packed)),
    }  # fmt: skip
    del tags[273], tags[278], tags[279]
    assert "TIFF of 16 × 16 pixels would take" in refusal(decoder, tiff(tags, packed))


def test_damaged_pixels_name_the_format(decoder: Decoder) -> None:
    data = saved(photo(), "PNG")
    place = data.index(b"IDAT") + 30
    assert refusal(decoder, data[:place] + bytes(4000) + data[place + 4000 :]).startswith("damaged PNG")


def test_nothing_is_written_to_the_terminal(decoder: Decoder, capfd: pytest.CaptureFixture[str]) -> None:
    """libtiff alone has messages of its own, which nothing in Python can silence."""
    for name in (name for name in FILES if not name.startswith("tiff")):
        data = file_of(name)
        attempt(decoder, data[: len(data) // 2])
        attempt(decoder, data[: len(data) // 2] + bytes(100) + data[len(data) // 2 + 100 :])
    assert capfd.readouterr() == ("", "")


def test_a_refused_picture_gives_its_memory_back() -> None:
    limits = DecodeLimits(budget=MemoryBudget.of(384))
    decoder = Decoder(limits)
    data = png(5_000, 3_000, colour=2)
    for _ in range(3):
        refusal(decoder, data[: len(data) // 2])
    with limits.budget.pixels.take(limits.budget.pixels.total):
        pass


@given(st.sampled_from(sorted(FILES)), st.data())
def test_a_mutated_picture_is_refused_or_decoded(name: str, choose: st.DataObject) -> None:
    data = bytearray(file_of(name))
    for _ in range(choose.draw(st.integers(1, 6))):
        place = choose.draw(st.integers(0, min(len(data) - 1, choose.draw(st.sampled_from([40, 400, 1 << 20])))))
        length = choose.draw(st.integers(0, 8))
        data[place : place + length] = choose.draw(st.binary(max_size=8))
    attempt(Decoder(DecodeLimits()), bytes(data))


MAGICS = [
    b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xc0\0\x11\x08", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"BM", b"\x28\0\0\0", b"\0\0\0\x1cftypavif", b"\0\0\0\x18ftypheic",
    b"RIFF\x20\0\0\0WEBPVP8 ", b"RIFF\x20\0\0\0WEBPVP8L", b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"P6 ",
    b"P3 9 9 255 ", b"P7\n", b"Pf ", b"\0\0\1\0\1\0", b"\x0a\x05\x01\x08", b"\x01\xda\x01\x01", b"qoif", b"\0\0\x02\0",
]  # fmt: skip


@given(st.sampled_from(MAGICS), st.binary(max_size=300))
def test_random_bytes_behind_each_signature(magic: bytes, rest: bytes) -> None:
    attempt(Decoder(DecodeLimits()), magic + rest)


@given(st.binary(max_size=600))
def test_random_bytes(data: bytes) -> None:
    attempt(Decoder(DecodeLimits()), data)
