"""From a picture's bytes to the square of RGB pixels that a network looks at.

A JPEG is decoded at the smallest of libjpeg's scales (1, 1/2, 1/4, 1/8) that is still larger than what is needed, so a
12-megapixel photo costs hardly more than a small one. Resampling is bicubic with antialiasing, by SIMD code.
Orientation and transparency are settled on the small square: a centred crop is the same turned before or after.
"""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import MissingExtraError, PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cykooz_resizer import ResizeOptions, Resizer
    from numpy.typing import NDArray
    from PIL.Image import Image

    from penchant.recognition.memory import DecodeLimits, PixelLimits

# Pillow's name of each format, and the module of Pillow that reads it (MPO, of several JPEGs, comes with JPEG).
FORMATS = {
    "JPEG": "JpegImagePlugin", "PNG": "PngImagePlugin", "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin", "TIFF": "TiffImagePlugin", "BMP": "BmpImagePlugin", "DIB": "BmpImagePlugin",
    "AVIF": "AvifImagePlugin", "JPEG2000": "Jpeg2KImagePlugin", "PPM": "PpmImagePlugin", "ICO": "IcoImagePlugin",
    "PCX": "PcxImagePlugin", "SGI": "SgiImagePlugin", "QOI": "QoiImagePlugin", "TGA": "TgaImagePlugin",
}  # fmt: skip

_SMALL = 4 << 20  # a decode of at most this many bytes doesn't wait for the budget
_ORIENTATION = 0x0112

# Bytes a pixel while a picture is decoded, its decoder's own buffers included (measured; see docs/memory.md).
_BYTES_A_PIXEL = {"WEBP": 20, "AVIF": 16, "HEIF": 16, "JPEG2000": 24, "GIF": 10, "TIFF": 10}
_BYTES_A_PIXEL_ELSE = 10
_BYTES_A_PIXEL_PROGRESSIVE_JPEG = 6

_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
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


class Decoder:
    """Turns bytes into pixels; safe to share between threads.

    Args:
        limits: what is refused, and how much memory all threads together may use.
    """

    def __init__(self, limits: DecodeLimits) -> None:
        # Pillow would load most of these only after all others had failed to recognise a file.
        for module in {*FORMATS.values(), "MpoImagePlugin"}:
            import_module(f"PIL.{module}")
        self._limits = limits
        self._local = threading.local()

    def square(self, data: bytes, *, side: int, resize: int, interpolation: str = "bicubic") -> NDArray[np.uint8]:
        """The centre of the picture, upright, in RGB on white.

        Args:
            data: the file's bytes.
            side: pixels a side of the square.
            resize: what the shorter side of the whole picture would measure at that scale: the crop is side / resize
                of it.
            interpolation: "bicubic" (Catmull-Rom, a = −0.5) or "bilinear", both antialiased.

        Returns:
            [side, side, 3].

        Raises:
            PictureError: in one sentence, why this picture can't be used.
        """
        from PIL import Image as PilImage

        with self._opened(data, resize) as image:
            source = _resizable(image)
            target = PilImage.new(source.mode, (side, side))
            options = _crop_options(source.size, min(side / resize, 1.0), interpolation)
            self._resizer().resize_pil(source, target, options)
            return _upright(np.asarray(_on_white(target)), _orientation(image))

    def thumbnail(self, data: bytes, *, side: int, quality: int = 80) -> bytes:
        """A JPEG of at most side × side pixels, upright, on white, without any metadata.

        Raises:
            PictureError: as `square`.
        """
        from PIL import Image as PilImage

        with self._opened(data, side) as image:
            source = _resizable(image)
            scale = min(side / max(source.size), 1.0)
            size = (max(1, round(source.width * scale)), max(1, round(source.height * scale)))
            target = PilImage.new(source.mode, size)
            self._resizer().resize_pil(source, target, _crop_options(source.size, None, "bicubic"))
            pixels = _upright(np.asarray(_on_white(target)), _orientation(image))
            buffer = io.BytesIO()
            PilImage.fromarray(pixels).save(buffer, "JPEG", quality=quality, optimize=True)
            return buffer.getvalue()

    @contextmanager
    def _opened(self, data: bytes, resize: int) -> Iterator[Image]:
        """The decoded picture, its memory reserved while it is in use; any complaint becomes a PictureError."""
        with _opened_header(data) as image:
            cost = _cost(image, self._limits.pixels, resize)
            if cost > self._limits.budget.pixels.total:
                raise PictureError(
                    f"{_pixels(image)} would take {cost >> 20} MiB to decode: refused; --max-memory allows more"
                )
            kind = image.format
            reserved = self._limits.budget.pixels.take(cost) if cost > _SMALL else nullcontext()
            with reserved, _blaming(f"damaged {kind}"):
                image.draft("RGB", (resize, resize))
                image.load()
                yield image

    def _resizer(self) -> Resizer:
        from cykooz_resizer import Resizer

        resizer: Resizer | None = getattr(self._local, "resizer", None)
        if resizer is None:
            resizer = self._local.resizer = Resizer()
        return resizer


@contextmanager
def _opened_header(data: bytes) -> Iterator[Image]:
    from PIL import Image, UnidentifiedImageError

    if not data:
        raise PictureError("empty file")
    heif = data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS
    with _blaming("damaged header"):
        try:
            image = _open_heif(data) if heif else Image.open(io.BytesIO(data), formats=tuple(FORMATS))
        except UnidentifiedImageError as error:
            raise PictureError(_not_a_picture(data)) from error
    with image:
        yield image


def _open_heif(data: bytes) -> Image:
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(str(MissingExtraError("HEIC", extra="heic"))) from error
    image: Image = HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    return image


@contextmanager
def _blaming(what: str) -> Iterator[None]:
    """Turns whatever a decoder raises into a PictureError: on hostile bytes that may be any exception."""
    from PIL import Image

    try:
        yield
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError("too many pixels: refused before decoding") from error
    except MemoryError as error:
        raise PictureError("not enough memory to decode it") from error
    except Exception as error:
        if "truncated" in str(error) or "Truncated" in str(error):
            raise PictureError(f"{what.replace('damaged', 'truncated')}: the file ends too early") from error
        text = " ".join(str(error).split())[:200]
        raise PictureError(f"{what}: {text or type(error).__name__}") from error


def _cost(image: Image, limits: PixelLimits, resize: int) -> int:
    """Bytes that decoding this picture takes at its peak, from its header alone.

    Raises:
        PictureError: when it has too many pixels, or none.
    """
    width, height = image.size
    pixels = width * height
    if pixels == 0:
        raise PictureError("a picture without pixels")
    jpeg = image.format in {"JPEG", "MPO"}
    if pixels > (limits.scaled if jpeg else limits.full):
        raise PictureError(f"{_pixels(image)}: refused before decoding, more than --max-pixels allows")
    if not jpeg:
        return pixels * _BYTES_A_PIXEL.get(image.format or "", _BYTES_A_PIXEL_ELSE)
    scale = max(s for s in (1, 2, 4, 8) if s == 1 or min(width, height) // resize >= s)
    progressive = _BYTES_A_PIXEL_PROGRESSIVE_JPEG * pixels if "progressive" in image.info else 0
    return progressive + 8 * pixels // scale**2


def _pixels(image: Image) -> str:
    return f"{image.format} of {image.width:,} × {image.height:,} pixels"


def _crop_options(size: tuple[int, int], crop: float | None, interpolation: str) -> ResizeOptions:
    """What the resizer is told: the filter and, unless `crop` is None, the centred square to take."""
    from cykooz_resizer import CropBox, FilterType, ResizeAlg, ResizeOptions

    kernel = {"bicubic": FilterType.catmull_rom, "bilinear": FilterType.bilinear}[interpolation]
    width, height = size
    side = min(width, height) * (crop or 1.0)
    box = CropBox((width - side) / 2, (height - side) / 2, side, side) if crop is not None else None
    return ResizeOptions(resize_alg=ResizeAlg.convolution(kernel), crop_box=box)


def _resizable(image: Image) -> Image:
    """The decoded picture in a mode that can be resampled: L, RGB, RGBA or CMYK."""
    from PIL import Image as PilImage

    mode = image.mode
    if mode in {"RGB", "L", "RGBA", "CMYK"}:
        return image
    if mode.startswith("I;16"):
        return PilImage.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if mode in {"I", "F"}:
        return PilImage.fromarray(_to_eight_bits(np.asarray(image)))
    if mode in {"LA", "La", "PA", "RGBa"} or (mode in {"P", "1", "L"} and "transparency" in image.info):
        return image.convert("RGBA")
    return image.convert("RGB")


def _to_eight_bits(values: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Grey values of 32 bits, whose scale no header tells: the smallest usual scale that holds them all."""
    finite = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    largest = float(finite.max(initial=0))
    white = next((w for w in (1.0, 255.0, 65535.0) if largest <= w), largest)
    return (np.clip(finite, 0, white) * (255 / white)).astype(np.uint8)


def _on_white(image: Image) -> Image:
    from PIL import Image as PilImage

    if image.mode == "RGBA":
        return PilImage.alpha_composite(PilImage.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(image: Image) -> int:
    """EXIF's orientation, 1 to 8; asked for after loading, because some formats keep it behind the pixels."""
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) else 1


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    turned = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: p.transpose(1, 0, 2)[:, ::-1],
        7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda p: p.transpose(1, 0, 2)[::-1],
    }.get(orientation)
    return pixels if turned is None else np.ascontiguousarray(turned(pixels))


def _not_a_picture(data: bytes) -> str:
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data[4:8] == b"ftyp":
        return "a video or an unknown kind of HEIF, not a picture that can be read"
    for magic, kind in _OTHER_KINDS:
        if start.startswith(magic.lower()):
            return f"{kind}, not a picture"
    if not any(data[:4096]):
        return "only zero bytes: the file was never written in full"
    if all(byte >= 32 or byte in b"\t\r\n" for byte in data[:512]) and not any(b > 126 for b in data[:64]):
        return "text, not a picture"
    return "not a picture in a format that can be read"
