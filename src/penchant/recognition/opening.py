"""Opening a picture: what its header says, what decoding it will take, and why it can't be used.

Nothing here trusts a header further than its decoder does: what is refused is refused before pixels are decoded, and
what a decoder complains of becomes one sentence.
"""

from __future__ import annotations

import io
import struct
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from penchant.errors import MissingExtraError, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

    from penchant.recognition.memory import PixelLimits

# Pillow's name of each format, and the module of Pillow that reads it, the ones without a clear signature last.
FORMATS = {
    "JPEG": "JpegImagePlugin", "PNG": "PngImagePlugin", "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin", "TIFF": "TiffImagePlugin", "BMP": "BmpImagePlugin", "DIB": "BmpImagePlugin",
    "AVIF": "AvifImagePlugin", "JPEG2000": "Jpeg2KImagePlugin", "PPM": "PpmImagePlugin", "ICO": "IcoImagePlugin",
    "PCX": "PcxImagePlugin", "SGI": "SgiImagePlugin", "QOI": "QoiImagePlugin", "TGA": "TgaImagePlugin",
}  # fmt: skip

# Measured; docs/memory.md says how. Bytes a pixel that a decoder needs beside the picture itself …
_DECODER = {"WEBP": 14.5, "AVIF": 11.0, "HEIF": 10.0, "SGI": 2.2}
_DECODER_JPEG2000 = 5.3  # for each band
_DECODER_INTERPRETED = 12.0
# … and that the picture takes in each mode of Pillow's, with what it is converted to (see `resizable` in decode.py).
_PICTURE = {"L": 1.0, "RGB": 4.0, "CMYK": 4.0, "RGBA": 8.0, "P": 5.0, "1": 5.0, "I": 6.2, "F": 6.2, "YCbCr": 8.0}
_PICTURE_16 = 4.2
_PICTURE_ELSE = 12.0
_PICTURE_TRANSPARENT = {"L": 9.0, "P": 9.0, "1": 9.0, "RGB": 12.0}  # with one colour or palette entry transparent

# Decoders that Pillow has in Python only: a microsecond a pixel and more, so that large pictures would take minutes.
_INTERPRETED = {"qoi", "bmp_rle", "ppm", "ppm_plain"}
_INTERPRETED_PIXELS = 1_000_000
# A JPEG in many scans is decoded many times over. Encoders write at most some 20.
_SCANS = 32
_SCANNED_PIXELS = 1_500_000_000
_ICON_PIXELS = 2 << 20
_COMPRESSED_TEXTS = 16  # of a PNG, each of which may unpack to 1 MiB
_TAGS = 4096  # of a TIFF's directory
_TAG_NUMBERS = 200_000  # in one of them, such as the offsets of strips and tiles
_TEXT_KINDS = {1, 2, 6, 7}  # kept as bytes

_PNG = b"\x89PNG\r\n\x1a\n"
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OTHER_KINDS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"{", "a JSON document"),
    (b"\x1aE\xdf\xa3", "a video"),
)


def load_formats() -> None:
    """Imports Pillow's readers: it would load most of them only after all others had failed to know a file."""
    for module in set(FORMATS.values()):
        import_module(f"PIL.{module}")


@contextmanager
def opened_header(data: bytes) -> Iterator[Image]:
    """The picture, with its header read and its pixels not yet decoded.

    Raises:
        PictureError: it isn't a picture, or its header is damaged.
    """
    if not data:
        raise PictureError("empty file")
    with blaming("damaged header"):
        image = _open_heif(data) if _is_heif(data) else _open(data)
    with image:
        yield image


@contextmanager
def blaming(what: str) -> Iterator[None]:
    """Turns whatever a decoder raises into a PictureError: on hostile bytes that may be any exception."""
    from PIL import Image

    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError("too many pixels: refused before decoding") from error
    except MemoryError as error:
        raise PictureError("not enough memory to decode it") from error
    except Exception as error:
        if "truncated" in str(error).lower():
            raise PictureError(f"{what.replace('damaged', 'truncated')}: the file ends too early") from error
        text = " ".join(str(error).split())[:200]
        raise PictureError(f"{what}: {text or type(error).__name__}") from error


def decoding_cost(image: Image, data: bytes, limits: PixelLimits, resize: int) -> int:
    """Bytes that decoding this picture takes at its peak, from its header alone.

    Args:
        image: its header.
        data: the whole file.
        limits: how many pixels may be decoded.
        resize: what its shorter side will measure.

    Raises:
        PictureError: when it has too many pixels, or none, or would take too long.
    """
    width, height = image.size
    pixels = width * height
    if pixels == 0:
        raise PictureError("a picture without pixels")
    jpeg = image.format == "JPEG"
    if pixels > (limits.scaled if jpeg else limits.full):
        raise PictureError(f"{describe(image)}: refused before decoding, more than --max-pixels allows")
    scale = max(s for s in (1, 2, 4, 8) if s == 1 or min(width, height) // resize >= s) if jpeg else 1
    decoder = _scans_cost(image, data) if jpeg else _decoder_cost(image)
    resized = 4 * resize * min(width, height) // scale  # between the two passes of the resampling
    return int(decoder * pixels + _picture_cost(image) * pixels / scale**2) + resized


def describe(image: Image) -> str:
    """The format and size of a picture, for people."""
    return f"{image.format} of {image.width:,} × {image.height:,} pixels"


def _picture_cost(image: Image) -> float:
    mode = image.mode
    if "transparency" in image.info and mode in _PICTURE_TRANSPARENT:
        return _PICTURE_TRANSPARENT[mode]
    return _PICTURE_16 if mode.startswith("I;16") else _PICTURE.get(mode, _PICTURE_ELSE)


def _decoder_cost(image: Image) -> float:
    """Bytes a pixel that the decoder of a picture, not a JPEG, needs beside it."""
    codecs = {tile.codec_name for tile in image.tile} if hasattr(image, "tile") else set()
    if codecs & _INTERPRETED:
        if image.width * image.height > _INTERPRETED_PIXELS:
            raise PictureError(
                f"{describe(image)}: this kind is too slow to decode beyond {_INTERPRETED_PIXELS:,} pixels; "
                "save it as PNG"
            )
        return _DECODER_INTERPRETED
    if image.format == "JPEG2000":
        return _DECODER_JPEG2000 * len(image.getbands())
    if image.format == "TIFF":
        return _tiff_cost(image, packed="libtiff" in codecs)
    return _DECODER.get(image.format or "", 0.2)


def _scans_cost(image: Image, data: bytes) -> float:
    """Bytes a pixel for a JPEG's coefficients, all of which are kept when they come in several scans."""
    layers: int = image.layers  # type: ignore[attr-defined]
    end = image.fp.tell()  # type: ignore[attr-defined]  # Pillow has read up to the end of the first scan's header
    all_at_once = b"\xff\xda" + struct.pack(">HB", 6 + 2 * layers, layers)
    if "progressive" not in image.info and data.startswith(all_at_once, end - 8 - 2 * layers):
        return 0
    scans = data.count(b"\xff\xda")
    if scans > _SCANS and scans * image.width * image.height > _SCANNED_PIXELS:
        raise PictureError(f"{describe(image)} in {scans:,} scans: refused, it would take too long to decode")
    return 2.1 * layers


def _tiff_cost(image: Image, *, packed: bool) -> float:
    """Bytes a pixel for one strip or tile, which may be larger than the picture, and for turning the picture."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    turned = 0.0 if tags.get(274, 1) == 1 else 4.0
    if not packed:
        return turned + 0.2
    bits = tags.get(258, (8,))
    samples = max(sum(bits) / 8 if isinstance(bits, tuple) else 1.0, 4.0)
    wide, high = (tags.get(322), tags.get(323)) if 322 in tags else (image.width, tags.get(278, image.height))
    if not (isinstance(wide, int) and isinstance(high, int)):
        raise PictureError("damaged TIFF: the size of its strips or tiles")
    if 322 not in tags:
        high = min(high, image.height)
    return turned + 0.2 + samples * wide * high / (image.width * image.height)


def _is_heif(data: bytes) -> bool:
    """Whether the HEIC reader is needed: AVIF may come under the same general brands."""
    if data[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _open_heif(data: bytes) -> Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(str(MissingExtraError("HEIC", extra="heic"))) from error
    image: Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    return image


def _open(data: bytes) -> Image:
    """As `PIL.Image.open`, which refuses pictures by a limit of its own.

    Raises:
        PictureError: it is no picture, or one with a damaged header.
    """
    from PIL import Image
    from PIL.JpegImagePlugin import JpegImageFile

    start = data[:16]
    complaints: dict[str, Exception] = {}
    for name in FORMATS:
        factory, accepts = Image.OPEN[name]
        try:
            if accepts is not None and accepts(start) is not True:
                continue
            if name in _CHECKS:
                _CHECKS[name](data)
            # The first picture of an MPO is a plain JPEG.
            return JpegImageFile(io.BytesIO(data)) if name == "JPEG" else factory(io.BytesIO(data), "")
        except PictureError:
            raise
        except Exception as error:  # on hostile bytes a reader may raise anything
            if accepts is not None:  # that is, unless any file at all may be tried
                complaints[name] = error
    if kind := _other_kind(data):
        raise PictureError(kind)
    if not complaints:
        raise PictureError("not a picture in a format that can be read")
    name, complaint = next(iter(complaints.items()))
    if isinstance(complaint, (SyntaxError, IndexError, TypeError, struct.error)):
        raise PictureError(f"damaged {name}: its header can't be read") from complaint
    with blaming(f"damaged {name}"):
        raise complaint


def _check_texts(data: bytes) -> None:
    if data.count(b"zTXt") + data.count(b"iTXt") > _COMPRESSED_TEXTS:
        raise PictureError(f"PNG with more than {_COMPRESSED_TEXTS} compressed texts: refused before decoding")


def _check_directory(data: bytes) -> None:
    """Pillow makes an object of each number in a TIFF's directory before it tells the picture's size."""
    order = "<" if data[:2] == b"II" else ">"
    offset, count, entry, step = (
        ("8xQ", "Q", "HHQ8x", 20) if data[2:4] in {b"+\0", b"\0+"} else ("4xI", "H", "HHI4x", 12)
    )
    place = struct.unpack_from(order + offset, data)[0]
    entries = struct.unpack_from(order + count, data, place)[0]
    place += struct.calcsize("<" + count)
    for start in range(place, place + step * min(entries, _TAGS), step):
        _, kind, numbers = struct.unpack_from(order + entry, data, start)
        if kind not in _TEXT_KINDS and numbers > _TAG_NUMBERS:
            raise PictureError(f"TIFF with {numbers:,} numbers in one tag: refused before decoding")


def _check_length(data: bytes) -> None:
    told = int.from_bytes(data[4:8], "little") + 8
    if len(data) < told:
        raise PictureError(f"truncated WEBP: {len(data):,} of {told:,} bytes")


def _check_icon(data: bytes) -> None:
    """An icon's pictures are files of their own, which Pillow decodes before it tells their size."""
    for entry in range(6, 6 + 16 * int.from_bytes(data[4:6], "little"), 16):
        inner = data[(offset := int.from_bytes(data[entry + 12 : entry + 16], "little")) : offset + 24]
        if inner.startswith(_PNG):
            width, height = struct.unpack_from(">II", inner, 16)
        elif inner[:1] == b"\x0c":
            width, height = struct.unpack_from("<HH", inner, 4)
        else:
            width, height = struct.unpack_from("<ii", inner, 4)
        if abs(width * height) > _ICON_PIXELS:
            raise PictureError(f"ICO of {width:,} × {abs(height):,} pixels: refused before decoding")


_CHECKS = {"PNG": _check_texts, "TIFF": _check_directory, "WEBP": _check_length, "ICO": _check_icon}


def _other_kind(data: bytes) -> str | None:
    """What the bytes are, if that is easily told and no picture."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic.lower()):
            return f"{kind}, not a picture"
    if not any(data[:4096]):
        return "only zero bytes: the file was never written in full"
    if all(byte >= 32 or byte in b"\t\r\n" for byte in data[:512]) and not any(b > 126 for b in data[:64]):
        return "text, not a picture"
    if data[4:8] == b"ftyp" and not {data[8:12]} & (_AVIF_BRANDS | _HEIF_BRANDS):
        return "a video or an unknown kind of HEIF, not a picture that can be read"
    return None
