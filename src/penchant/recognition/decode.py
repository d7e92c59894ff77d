"""From a picture's bytes to the square of RGB pixels that a network looks at.

A JPEG is decoded at the smallest of libjpeg's scales (1, 1/2, 1/4, 1/8) that is still larger than what is needed, so a
12-megapixel photo costs hardly more than a small one. Resampling is bicubic with antialiasing, by SIMD code.
Orientation and transparency are settled on the small square: a centred crop is the same turned before or after.
"""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import PictureError
from penchant.recognition.opening import blaming, decoding_cost, describe, load_formats, opened_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cykooz_resizer import ResizeOptions, Resizer
    from numpy.typing import NDArray
    from PIL.Image import Image

    from penchant.recognition.memory import DecodeLimits

_SMALL = 4 << 20  # a decode of at most this many bytes doesn't wait for the budget
_ORIENTATION = 0x0112
_BAND = 1 << 18  # pixels that are worked on at once


class Decoder:
    """Turns bytes into pixels; safe to share between threads.

    Args:
        limits: what is refused, and how much memory all threads together may use.
    """

    def __init__(self, limits: DecodeLimits) -> None:
        load_formats()
        # Pillow warns of odd metadata in pictures that it reads all the same.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        self._limits = limits
        self._local = threading.local()

    def square(
        self, data: bytes, *, side: int, resize: int, interpolation: str = "bicubic", squeeze: bool = False
    ) -> NDArray[np.uint8]:
        """The centre of the picture, upright, in RGB on white.

        Args:
            data: the file's bytes.
            side: pixels a side of the square.
            resize: what the shorter side of the whole picture would measure at that scale: the crop is side / resize
                of it.
            interpolation: "bicubic" (Catmull-Rom, a = −0.5) or "bilinear", both antialiased.
            squeeze: take all of the picture instead of its centre, whatever that does to its proportions.

        Returns:
            [side, side, 3].

        Raises:
            PictureError: in one sentence, why this picture can't be used.
        """
        from PIL import Image as PilImage

        with self._opened(data, resize) as image:
            source = _resizable(image)
            target = PilImage.new(source.mode, (side, side))
            options = _crop_options(source.size, None if squeeze else min(side / resize, 1.0), interpolation)
            self._resizer(source).resize_pil(source, target, options)
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
            self._resizer(source).resize_pil(source, target, _crop_options(source.size, None, "bicubic"))
            pixels = _upright(np.asarray(_on_white(target)), _orientation(image))
            buffer = io.BytesIO()
            PilImage.fromarray(pixels).save(buffer, "JPEG", quality=quality, optimize=True)
            return buffer.getvalue()

    @contextmanager
    def _opened(self, data: bytes, resize: int) -> Iterator[Image]:
        """The decoded picture, its memory reserved while it is in use; any complaint becomes a PictureError."""
        with opened_header(data) as image, blaming(f"damaged {image.format}"):
            cost = decoding_cost(image, data, self._limits.pixels, resize)
            if cost > self._limits.budget.pixels.total:
                raise PictureError(
                    f"{describe(image)} would take {cost >> 20} MiB to decode: refused; --max-memory allows more"
                )
            with self._limits.budget.pixels.take(cost) if cost > _SMALL else nullcontext():
                image.draft("RGB", (resize, resize))
                image.load()
                yield image

    def _resizer(self, source: Image) -> Resizer:
        """This thread's resizer; a large picture gets one of its own, because a resizer keeps its buffers."""
        from cykooz_resizer import Resizer

        if source.width * source.height > _BAND:
            return Resizer()
        resizer: Resizer | None = getattr(self._local, "resizer", None)
        if resizer is None:
            resizer = self._local.resizer = Resizer()
        return resizer


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
    mode = image.mode
    if "transparency" in image.info and mode in {"1", "L", "RGB", "P"}:
        return image.convert("RGBA")
    if mode in {"RGB", "L", "RGBA", "CMYK"}:
        return image
    if mode.startswith("I;16"):
        return _to_eight_bits(image, 65535)
    if mode == "I" and image.format == "PPM":
        return _to_eight_bits(image, 65535)
    if mode in {"I", "F"}:
        return _to_eight_bits(image, _white(image))
    if mode in {"LA", "La", "PA", "RGBa"}:
        return image.convert("RGBA")
    return image.convert("RGB")


def _bands(image: Image) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The picture some rows at a time, each with the number of its first row, in numbers that are finite."""
    rows = max(1, _BAND // image.width)
    for top in range(0, image.height, rows):
        band = np.asarray(image.crop((0, top, image.width, min(top + rows, image.height))))
        yield top, np.nan_to_num(band.astype(np.float32), posinf=0, neginf=0)


def _white(image: Image) -> float:
    """The white of grey values of 32 bits, whose scale no header tells: the smallest usual one that holds them all."""
    largest = max(float(band.max()) for _, band in _bands(image))
    return next((white for white in (1.0, 255.0, 65535.0) if largest <= white), largest)


def _to_eight_bits(image: Image, white: float) -> Image:
    from PIL import Image as PilImage

    grey = np.empty((image.height, image.width), np.uint8)
    for top, band in _bands(image):
        grey[top : top + len(band)] = np.clip(band, 0, white) * np.float32(255 / white)
    return PilImage.fromarray(grey)


def _on_white(image: Image) -> Image:
    from PIL import Image as PilImage

    if image.mode == "RGBA":
        return PilImage.alpha_composite(PilImage.new("RGBA", image.size, "white"), image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _orientation(image: Image) -> int:
    """EXIF's orientation, 1 to 8; asked for after loading, because some formats keep it behind the pixels."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # hostile metadata may raise anything, and says nothing of the pixels
        return 1
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
