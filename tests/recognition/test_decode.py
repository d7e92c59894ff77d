"""Every format, decoded and cropped, against a plain full decode by Pillow."""

from __future__ import annotations

import builtins
import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from penchant.errors import PictureError
from penchant.recognition import DecodeLimits, Decoder

from .handmade import (
    ORIENTATION,
    exif,
    grey_jpeg,
    icon,
    png,
    png_chunk,
    png_rgb16,
    progressive_jpeg,
    saved,
    scene,
    see_through,
    tiff_rgb16,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIDE, RESIZE = 96, 110
EXACT = (0.6, 3)  # mean and largest difference, in 256 steps: rounding in two resamplers, and where alpha is settled
EDGED = (1.0, 20)  # hard edges of black on white, or of holes, where a resampler overshoots and is cut off
LOSSY = (4.0, 255)


def on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def reference(image: Image.Image, side: int = SIDE, resize: int = RESIZE) -> NDArray[np.uint8]:
    """What `square` should give, by Pillow alone: full decode, upright, RGB on white, centre, bicubic."""
    image = on_white(ImageOps.exif_transpose(image))
    crop = min(image.size) * side / resize
    left, top = (image.width - crop) / 2, (image.height - crop) / 2
    resized = image.resize((side, side), Image.Resampling.BICUBIC, box=(left, top, left + crop, top + crop))
    return np.asarray(resized)


def assert_close(got: NDArray[np.uint8], wanted: NDArray[np.uint8], tolerance: tuple[float, int]) -> None:
    assert got.shape == wanted.shape
    assert got.dtype == np.uint8
    difference = np.abs(got.astype(int) - wanted)
    assert difference.mean() <= tolerance[0]
    assert difference.max() <= tolerance[1]


def rgb() -> Image.Image:
    return scene()


def grey() -> Image.Image:
    return scene().convert("L")


def grey16() -> Image.Image:
    return Image.fromarray(np.asarray(grey()).astype(np.uint16) * 257)


def palette() -> Image.Image:
    return scene().convert("P", palette=Image.Palette.ADAPTIVE)


def one_bit() -> Image.Image:
    return scene().convert("1")


def holed() -> Image.Image:
    """A palette picture, one of whose colours is transparent."""
    image = palette()
    image.info["transparency"] = image.getpixel((110, 90))
    return image


def mpo() -> bytes:
    return saved(scene(), "MPO", save_all=True, append_images=[ImageOps.invert(scene()), ImageOps.mirror(scene())])


def as_saved(kind: str, image: Callable[[], Image.Image], **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        more = [ImageOps.invert(scene())] if options.get("save_all") else None
        return saved(image(), kind, **options, **({"append_images": more} if more else {}))

    return make


# The file, what it should show, and how near.
CASES: dict[str, tuple[Callable[[], bytes], Callable[[], Image.Image], tuple[float, int]]] = {
    "jpeg": (as_saved("JPEG", rgb, quality=95), rgb, LOSSY),
    "jpeg progressive": (as_saved("JPEG", rgb, quality=95, progressive=True), rgb, LOSSY),
    "jpeg grey": (as_saved("JPEG", grey, quality=95), grey, LOSSY),
    "jpeg cmyk": (as_saved("JPEG", lambda: scene().convert("CMYK"), quality=95), rgb, LOSSY),
    "mpo": (mpo, rgb, LOSSY),
    "png": (as_saved("PNG", rgb), rgb, EXACT),
    "png rgba": (as_saved("PNG", see_through), see_through, EXACT),
    "png la": (as_saved("PNG", lambda: see_through("L")), lambda: see_through("L"), EXACT),
    "png palette": (as_saved("PNG", palette), palette, EXACT),
    "png palette, one transparent": (as_saved("PNG", holed), holed, EDGED),
    "png palette, many transparent": (
        lambda: saved(palette(), "PNG", transparency=bytes(range(0, 250, 10))),
        lambda: Image.open(io.BytesIO(saved(palette(), "PNG", transparency=bytes(range(0, 250, 10))))),
        EDGED,
    ),
    "png grey, one transparent": (
        lambda: saved(grey(), "PNG", transparency=120),
        lambda: Image.open(io.BytesIO(saved(grey(), "PNG", transparency=120))),
        EDGED,
    ),
    "png rgb, one transparent": (
        lambda: saved(rgb(), "PNG", transparency=(230, 20, 20)),
        lambda: Image.open(io.BytesIO(saved(rgb(), "PNG", transparency=(230, 20, 20)))),
        EDGED,
    ),
    "png 1 bit": (as_saved("PNG", one_bit), one_bit, EDGED),
    "png 16-bit grey": (as_saved("PNG", grey16), grey, EXACT),
    "png 16-bit rgb": (lambda: png_rgb16(rgb()), rgb, EXACT),
    "png animated": (as_saved("PNG", rgb, save_all=True), rgb, EXACT),
    "webp": (as_saved("WEBP", rgb, quality=95), rgb, LOSSY),
    "webp lossless": (as_saved("WEBP", rgb, lossless=True), rgb, EXACT),
    "webp alpha": (as_saved("WEBP", see_through, lossless=True, exact=True), see_through, EXACT),
    "webp animated": (as_saved("WEBP", rgb, save_all=True, lossless=True), rgb, EXACT),
    "gif": (as_saved("GIF", palette), palette, EXACT),
    "gif transparent": (as_saved("GIF", holed), holed, EDGED),
    "gif animated": (as_saved("GIF", palette, save_all=True), palette, EXACT),
    "tiff": (as_saved("TIFF", rgb), rgb, EXACT),
    "tiff lzw": (as_saved("TIFF", rgb, compression="tiff_lzw"), rgb, EXACT),
    "tiff deflate": (as_saved("TIFF", rgb, compression="tiff_adobe_deflate"), rgb, EXACT),
    "tiff several pages": (as_saved("TIFF", rgb, save_all=True), rgb, EXACT),
    "tiff cmyk": (as_saved("TIFF", lambda: scene().convert("CMYK")), lambda: scene().convert("CMYK"), LOSSY),
    "tiff ycbcr": (as_saved("TIFF", rgb, compression="jpeg", quality=95), rgb, LOSSY),
    "tiff ycbcr, raw": (as_saved("TIFF", lambda: scene().convert("YCbCr")), rgb, (1.5, 6)),
    "tiff rgba": (as_saved("TIFF", see_through), see_through, EXACT),
    "tiff 16-bit grey": (as_saved("TIFF", grey16), grey, EXACT),
    "tiff 16-bit rgb": (lambda: tiff_rgb16(rgb()), rgb, EXACT),
    "tiff float, to 1": (
        as_saved("TIFF", lambda: Image.fromarray(np.asarray(grey(), np.float32) / np.float32(255))),
        grey,
        (1.1, 3),
    ),
    "tiff float, to 255": (as_saved("TIFF", lambda: grey().convert("F")), grey, EXACT),
    "tiff 32-bit": (
        as_saved("TIFF", lambda: Image.fromarray(np.asarray(grey()).astype(np.int32) * 257)),
        grey,
        (1.1, 3),
    ),
    "bmp": (as_saved("BMP", rgb), rgb, EXACT),
    "bmp 8 bits": (as_saved("BMP", palette), palette, EXACT),
    "bmp 1 bit": (as_saved("BMP", one_bit), one_bit, EDGED),
    "dib": (as_saved("DIB", rgb), rgb, EXACT),
    "avif": (as_saved("AVIF", rgb, quality=90, speed=10), rgb, LOSSY),
    "avif alpha": (as_saved("AVIF", see_through, quality=90, speed=10), see_through, LOSSY),
    "jpeg 2000": (as_saved("JPEG2000", rgb, irreversible=False), rgb, EXACT),
    "jpeg 2000 codestream": (as_saved("JPEG2000", rgb, no_jp2=True), rgb, EXACT),
    "jpeg 2000 alpha": (as_saved("JPEG2000", see_through, irreversible=False), see_through, EXACT),
    "ppm": (as_saved("PPM", rgb), rgb, EXACT),
    "pgm": (as_saved("PPM", grey), grey, EXACT),
    "pgm 16 bits": (as_saved("PPM", grey16), grey, EXACT),
    "ppm 16 bits": (
        lambda: b"P6 320 240 65535\n" + (np.asarray(rgb()).astype(">u2") * 257).astype(">u2").tobytes(),
        rgb,
        EXACT,
    ),
    "pbm": (as_saved("PPM", one_bit), one_bit, EDGED),
    "ico": (as_saved("ICO", lambda: scene(256, 256), sizes=[(256, 256)]), lambda: scene(256, 256), EXACT),
    "ico of a dib": (
        as_saved("ICO", lambda: scene(128, 128), sizes=[(128, 128)], bitmap_format="bmp"),
        lambda: scene(128, 128),
        EXACT,
    ),
    "tga": (as_saved("TGA", rgb), rgb, EXACT),
    "tga rle alpha": (as_saved("TGA", see_through, compression="tga_rle"), see_through, EXACT),
    "pcx": (as_saved("PCX", rgb), rgb, EXACT),
    "sgi": (as_saved("SGI", rgb), rgb, EXACT),
    "qoi": (as_saved("QOI", rgb), rgb, EXACT),
}


@pytest.mark.parametrize("name", CASES)
def test_a_format_is_decoded_as_pillow_decodes_it(name: str, decoder: Decoder) -> None:
    make, wanted, tolerance = CASES[name]
    got = decoder.square(make(), side=SIDE, resize=RESIZE)
    assert_close(got, reference(wanted()), tolerance)


def test_a_cmyk_jpeg_of_adobes_is_inverted_back(decoder: Decoder) -> None:
    """Adobe's marker is there, and both readers agree: a plain white stays white."""
    data = saved(Image.new("CMYK", (64, 64), (0, 0, 0, 0)), "JPEG")
    assert b"Adobe" in data[:200]
    assert decoder.square(data, side=32, resize=32).min() > 250


@pytest.mark.parametrize("scaled_by", [1, 2, 4, 8])
def test_a_jpeg_decoded_at_a_fraction_looks_like_one_decoded_in_full(scaled_by: int, decoder: Decoder) -> None:
    data = saved(scene(RESIZE * scaled_by + 37, RESIZE * scaled_by + 9), "JPEG", quality=95)
    got = decoder.square(data, side=SIDE, resize=RESIZE)
    assert_close(got, reference(Image.open(io.BytesIO(data))), (2, 110))


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_the_interpolation_is_pillows(interpolation: str, decoder: Decoder) -> None:
    image = scene(500, 400)
    kernel = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}[interpolation]
    wanted = np.asarray(image.resize((SIDE, SIDE), kernel, box=(50, 0, 450, 400)))
    got = decoder.square(saved(image, "PNG"), side=SIDE, resize=SIDE, interpolation=interpolation)
    assert_close(got, wanted, EXACT)


def test_all_of_a_picture_squeezed_into_a_square(decoder: Decoder) -> None:
    image = scene(500, 400)
    wanted = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    data = saved(image, "PNG")
    got = decoder.square(data, side=SIDE, resize=SIDE, interpolation="bilinear", squeeze=True)
    assert_close(got, wanted, EXACT)


TURNED: dict[str, Callable[[Image.Image, int], bytes]] = {
    "jpeg": lambda image, value: saved(image, "JPEG", quality=95, exif=exif(value)),
    "png": lambda image, value: saved(image, "PNG", exif=exif(value)),
    "webp": lambda image, value: saved(image, "WEBP", lossless=True, exif=exif(value)),
    "avif": lambda image, value: saved(image, "AVIF", quality=90, speed=10, exif=exif(value)),
    "tiff": lambda image, value: saved(image, "TIFF", tiffinfo={ORIENTATION: value}),
    "tiff lzw": lambda image, value: saved(image, "TIFF", compression="tiff_lzw", tiffinfo={ORIENTATION: value}),
}
# How a camera that was held so stores what was upright.
STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", TURNED)
def test_a_turned_picture_comes_out_upright(name: str, orientation: int, decoder: Decoder) -> None:
    stored = scene(300, 200).transpose(STORED[orientation]) if orientation > 1 else scene(300, 200)
    data = TURNED[name](stored, orientation)
    got = decoder.square(data, side=SIDE, resize=RESIZE)
    assert_close(got, reference(scene(300, 200)), (4, 255) if name in {"jpeg", "avif"} else EXACT)
    assert_close(got, reference(Image.open(io.BytesIO(data))), (2, 255))
    thumbnail = Image.open(io.BytesIO(decoder.thumbnail(data, side=120)))
    assert thumbnail.size == (120, 80)
    assert np.abs(np.asarray(thumbnail).astype(int) - np.asarray(scene(120, 80))).mean() < 5


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_none(orientation: int, decoder: Decoder) -> None:
    got = decoder.square(saved(scene(), "PNG", exif=exif(orientation)), side=SIDE, resize=RESIZE)
    assert_close(got, reference(scene()), EXACT)


SIZES = [(1, 1), (1, 1000), (1000, 1), (2, 3), (17, 3000), (3000, 17), (40, 30), (95, 97)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_odd_sizes(kind: str, size: tuple[int, int], decoder: Decoder) -> None:
    data = saved(scene(*size), kind, **({"lossless": True} if kind == "WEBP" else {}))
    got = decoder.square(data, side=SIDE, resize=RESIZE)
    assert_close(got, reference(Image.open(io.BytesIO(data)).convert("RGB")), (2, 40))
    thumbnail = Image.open(io.BytesIO(decoder.thumbnail(data, side=64)))
    assert max(thumbnail.size) == min(64, max(size))


@pytest.mark.parametrize("make", [grey_jpeg, png, lambda w, h: progressive_jpeg(w, h, scans=5)])
def test_twelve_megapixels(make: Callable[[int, int], bytes], decoder: Decoder) -> None:
    assert decoder.square(make(4000, 3000), side=SIDE, resize=RESIZE).shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("make", [grey_jpeg, lambda w, h: grey_jpeg(w, h, layers=1)], ids=["colour", "grey"])
def test_a_phone_photo_of_200_megapixels(make: Callable[[int, int], bytes], decoder: Decoder) -> None:
    """Pillow alone refuses it; the limit is Penchant's."""
    assert (decoder.square(make(16320, 12240), side=SIDE, resize=RESIZE) == 128).all()


def test_a_square_larger_than_the_picture_is_enlarged(decoder: Decoder) -> None:
    got = decoder.square(saved(scene(40, 30), "PNG"), side=224, resize=256)
    assert_close(got, reference(scene(40, 30), 224, 256), EXACT)


def test_a_wrong_size_of_white_does_not_make_nothing_of_a_float_picture(decoder: Decoder) -> None:
    pixels = np.asarray(scene().convert("F")).copy()
    pixels[:20] = np.nan
    pixels[20:40] = -np.inf
    pixels[40:60] = np.inf
    got = decoder.square(saved(Image.fromarray(pixels), "TIFF"), side=SIDE, resize=RESIZE)
    assert 60 < got.mean() < 200


@pytest.mark.parametrize("name", CASES)
def test_thumbnails_are_small_upright_and_bare(name: str, decoder: Decoder) -> None:
    data = CASES[name][0]()
    thumbnail = Image.open(io.BytesIO(decoder.thumbnail(data, side=100)))
    assert thumbnail.format == "JPEG"
    assert max(thumbnail.size) == 100
    wanted = on_white(CASES[name][1]()).resize(thumbnail.size, Image.Resampling.BICUBIC)
    assert np.abs(np.asarray(thumbnail.convert("RGB")).astype(int) - np.asarray(wanted)).mean() < 7


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_thumbnails_keep_no_metadata(kind: str, decoder: Decoder) -> None:
    secret = exif(1)
    secret[0x010E] = "SECRET place"
    data = saved(
        scene(), kind, exif=secret, icc_profile=b"SECRET profile".ljust(200), xmp=b"<SECRET/>", comment=b"SECRET"
    )
    assert b"SECRET" in data
    thumbnail = decoder.thumbnail(data, side=100)
    assert b"SECRET" not in thumbnail
    image = Image.open(io.BytesIO(thumbnail))
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}


def test_a_broken_exif_costs_only_the_orientation(decoder: Decoder) -> None:
    plain = saved(scene(), "PNG")
    wanted = decoder.square(plain, side=SIDE, resize=RESIZE)
    for broken in (
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x63\0" * 9,
        b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, ORIENTATION, 5, 1, 0xFFFFFFF0),
        b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, ORIENTATION, 2, 4, 0x41414141),
        b"MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, ORIENTATION, 3, 3_000_000, 8) + bytes(4_000_000),
    ):
        data = plain[:33] + png_chunk(b"eXIf", broken) + plain[33:]
        assert np.array_equal(decoder.square(data, side=SIDE, resize=RESIZE), wanted)
        jpeg = saved(scene(), "JPEG")
        for start in (b"Exif\0\0", b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0"):
            segment = b"\xff\xe1" + struct.pack(">H", min(2 + len(start) + len(broken), 65535))
            body = (start + broken)[:65533]
            assert decoder.square(jpeg[:2] + segment + body + jpeg[2:], side=SIDE, resize=RESIZE).shape


def test_a_broken_list_of_several_pictures_does_not_cost_the_first(decoder: Decoder) -> None:
    data = bytearray(mpo())
    start = data.index(b"MPF\0")
    data[start + 8 : start + 40] = b"\xff" * 32
    assert_close(decoder.square(bytes(data), side=SIDE, resize=RESIZE), reference(scene()), LOSSY)


def test_an_icon_may_hold_a_png(decoder: Decoder) -> None:
    data = icon(saved(see_through("RGBA", 256, 256), "PNG"))
    got = decoder.square(data, side=SIDE, resize=RESIZE)
    assert_close(got, reference(see_through("RGBA", 256, 256)), EXACT)


@pytest.fixture
def without_heif(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refusing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("pillow_heif"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refusing)


@pytest.mark.usefixtures("without_heif")
def test_heic_without_its_library_names_the_command_that_installs_it() -> None:
    decoder = Decoder(DecodeLimits())
    data = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(100)
    with pytest.raises(PictureError, match=r"pip install 'penchant\[heic\]'"):
        decoder.square(data, side=SIDE, resize=RESIZE)


@pytest.mark.usefixtures("without_heif")
def test_an_avif_under_a_general_brand_needs_no_library(decoder: Decoder) -> None:
    data = saved(scene(), "AVIF", quality=90, speed=10)
    assert data[8:12] == b"avif"
    data = data[:8] + b"mif1" + data[12:]
    assert_close(decoder.square(data, side=SIDE, resize=RESIZE), reference(scene()), LOSSY)


def heic(image: Image.Image, **options: Any) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC is an extra: pip install 'penchant[heic]'")
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, quality=90, **options)
    return stream.getvalue()


@pytest.mark.parametrize("make", [scene, see_through, lambda: scene().convert("L")], ids=["colour", "alpha", "grey"])
def test_heic(make: Callable[[], Image.Image], decoder: Decoder) -> None:
    got = decoder.square(heic(make()), side=SIDE, resize=RESIZE)
    assert_close(got, reference(make()), LOSSY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_heic_comes_out_upright(orientation: int, decoder: Decoder) -> None:
    stored = scene(300, 200).transpose(STORED[orientation]) if orientation > 1 else scene(300, 200)
    got = decoder.square(heic(stored, exif=exif(orientation).tobytes()), side=SIDE, resize=RESIZE)
    assert_close(got, reference(scene(300, 200)), LOSSY)


def test_a_decoder_serves_threads(decoder: Decoder) -> None:
    from concurrent.futures import ThreadPoolExecutor

    files = [make() for make, _, _ in CASES.values()]
    alone = [decoder.square(data, side=SIDE, resize=RESIZE) for data in files]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda data: decoder.square(data, side=SIDE, resize=RESIZE), files[::-1]))
    assert all(np.array_equal(got, wanted) for got, wanted in zip(together, alone[::-1], strict=True))
