"""Keywords in pictures: every place where photo managers write them, damage, and the programs themselves."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from penchant.sources import Limits, look_into, with_keywords
from penchant.sources.keywords import Keywords, UnreadableKeywordsError, join_keywords, keywords_of_xmp, read_keywords
from penchant.sources.keywords.iptc import iptc_of_photoshop, keywords_of_iptc
from penchant.sources.keywords.tiff import tiff_fields, windows_keywords

from .metadata import exif, iptc, jpeg, photoshop, png, with_exif, with_iptc, with_xmp, xmp
from .pictures import picture, put

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.types import Photo


def keywords(data: bytes) -> Keywords:
    return read_keywords(lambda count: data[:count])


def found_in(source: Path | str) -> dict[str, tuple[str, ...]]:
    """The tags of each photo of a source by the picture's name."""
    held = with_keywords(look_into(str(source)))
    return {photo.photo_id.rpartition("/")[2]: photo.tags for photo in held.listing.photos}


def test_lightroom_writes_flat_and_hierarchical_keywords() -> None:
    found = keywords(with_xmp(xmp(("beagle", "walk"), lightroom=("Animals|Dog|Beagle", "walk"))))
    assert found.tags == ("beagle", "walk", "Animals", "Dog"), "a level that stands flat too counts once"
    assert found.paths == ("Animals|Dog|Beagle",), "one level is no path"


def test_paths_among_flat_keywords_are_paths() -> None:
    found = keywords(with_xmp(xmp(("walk", "Animals|Dog|Beagle"))))
    assert found.tags == ("walk", "Animals", "Dog", "Beagle")
    assert found.paths == ("Animals|Dog|Beagle",)


def test_digikam_and_windows_write_paths_with_slashes() -> None:
    found = keywords(with_xmp(xmp(digikam=("Animals/Dog",), microsoft=("Places/Côte d'Azur", "Animals/Dog"))))
    assert found.tags == ("Animals", "Dog", "Places", "Côte d'Azur")
    assert found.paths == ("Animals|Dog", "Places|Côte d'Azur")


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (iptc(b"castle", "Schloß".encode(), utf_8=True), ["castle", "Schloß"]),
        (iptc("Schloß".encode()), ["Schloß"]),
        (iptc("Schloß".encode("cp1252")), ["Schloß"]),
        (iptc("long 猫".encode()[:-1], utf_8=True), ["long "]),
        (iptc(b"castle")[:-3], ["cas"]),
        (b"", []),
    ],
    ids=["said to be UTF-8", "UTF-8, not said", "Latin", "cut in a character", "cut off", "empty"],
)
def test_iptc_keywords_in_their_character_sets(block: bytes, expected: list[str]) -> None:
    assert keywords_of_iptc(block) == expected
    assert keywords(with_iptc(block)).tags == tuple(keyword.strip() for keyword in expected)


def test_iptc_of_more_than_32_kilobytes_has_an_extended_length() -> None:
    value = b"x" * 40_000
    block = struct.pack(">BBBHI", 0x1C, 2, 25, 0x8004, len(value)) + value + iptc(b"next")
    assert [len(keyword) for keyword in keywords_of_iptc(block)] == [40_000, 4]


@pytest.mark.parametrize("big", [False, True])
def test_windows_keywords_are_utf_16(big: bool) -> None:
    assert keywords(with_exif(exif("castle;Zürich; 猫", big=big))).tags == ("castle", "Zürich", "猫")


def test_the_same_keyword_in_all_places_counts_once() -> None:
    packet, block = xmp(("Beagle",)), iptc(b"beagle", b"park")
    data = jpeg(
        (0xE1, b"Exif\0\0" + exif("beagle;lake")),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet),
        (0xED, b"Photoshop 3.0\0" + photoshop(block)),
    )
    assert keywords(data).tags == ("Beagle", "park", "lake")


def test_a_keyword_that_iptc_cut_is_left_out_where_the_whole_stands() -> None:
    long = "A keyword that is longer than the sixty-four bytes which IPTC allows one"
    block = iptc(long.encode()[:64], b"short")
    data = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp((long,))), (0xED, b"Photoshop 3.0\0" + photoshop(block)))
    assert keywords(data).tags == (long, "short")
    assert keywords(with_iptc(block)).tags == (long[:64], "short"), "alone it is all there is"


def test_xmp_in_pieces_and_far_behind_is_found() -> None:
    packet = xmp(("far",))
    thumbnail = [(0xE2, bytes(65_000))] * 5
    assert keywords(jpeg(*thumbnail, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))).tags == ("far",)
    more = xmp(("first", "second"))
    pieces = [
        (
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + b"A" * 32
            + struct.pack(">II", len(more), at)
            + more[at : at + 600],
        )
        for at in range(0, len(more), 600)
    ]
    assert keywords(jpeg(*reversed(pieces))).tags == ("first", "second")


def test_only_a_jpegs_header_is_read() -> None:
    asked: list[int] = []
    data = with_xmp(xmp(("near",))) + bytes(1_000_000)

    def first(count: int) -> bytes:
        asked.append(count)
        return data[:count]

    assert read_keywords(first).tags == ("near",)
    assert asked == [1 << 16]


@pytest.mark.parametrize("packed", [False, True])
def test_png(packed: bool) -> None:
    packet = xmp(("drawn",))
    text = b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + (zlib.compress(packet) if packed else packet)
    assert keywords(png((b"iTXt", text), (b"eXIf", exif("more")))).tags == ("drawn", "more")


def test_png_of_imagemagick() -> None:
    def raw(name: bytes, block: bytes) -> bytes:
        return (
            b"Raw profile type "
            + name
            + b"\0\0"
            + zlib.compress(b"\n%s\n%8d\n%s\n" % (name, len(block), block.hex().encode()))
        )

    data = png(
        (b"zTXt", raw(b"iptc", photoshop(iptc(b"from iptc")))),
        (b"zTXt", raw(b"xmp", xmp(("from xmp",)))),
        (b"zTXt", raw(b"exif", b"Exif\0\0" + exif("from exif"))),
        (b"zTXt", b"Raw profile type xmp\0\0no zlib"),
    )
    assert set(keywords(data).tags) == {"from iptc", "from xmp", "from exif"}


@pytest.mark.parametrize("format", ["WEBP", "TIFF", "AVIF", "JPEG", "PNG"])
def test_what_pillow_writes(format: str) -> None:  # noqa: A002
    stream = io.BytesIO()
    written = Image.Exif()
    written[40094] = "castle;lake".encode("utf-16-le") + b"\0\0"
    image = Image.new("RGB", (16, 16), (1, 200, 3))
    if format == "TIFF":
        image.save(stream, format, tiffinfo={700: xmp(("beagle",)), 40094: written[40094]})
    elif format == "PNG":
        image.save(stream, format, exif=written)
    else:
        image.save(stream, format, exif=written, xmp=xmp(("beagle",)))
    expected = (
        {"castle", "lake"} if format == "PNG" else {"beagle"} if format == "AVIF" else {"beagle", "castle", "lake"}
    )
    assert set(keywords(stream.getvalue()).tags) == expected


def test_heic() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    image = pillow_heif.from_pillow(Image.new("RGB", (64, 64), (1, 200, 3)))
    image.info["xmp"] = xmp(("beagle",), lightroom=("Animals|Dog",))
    image.save(stream)
    assert keywords(stream.getvalue()).tags == ("beagle", "Animals", "Dog")


def test_a_tiff_that_gives_iptc_as_32_bit_numbers() -> None:
    block = iptc(b"castle")
    block += bytes(-len(block) % 4)
    swapped = b"".join(block[at : at + 4][::-1] for at in range(0, len(block), 4))
    data = b"II*\0" + struct.pack("<IHHHII", 8, 1, 33723, 4, len(block) // 4, 26) + bytes(4) + swapped
    assert keywords(data).tags == ("castle",)


def test_broken_xmp_is_said_and_costs_only_itself() -> None:
    packet = xmp(("lost",))[:-200].replace(b"</rdf:RDF>", b"")
    data = jpeg(
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet), (0xED, b"Photoshop 3.0\0" + photoshop(iptc(b"kept")))
    )
    found = keywords(data)
    assert found.tags == ("kept",)
    assert found.problems[0].startswith("it holds XMP that is not well-formed XML (")


def test_entities_in_xmp_are_refused() -> None:
    laughs = b'<!DOCTYPE a [<!ENTITY b "dc:subject">]><x xmlns:dc="http://purl.org/dc/elements/1.1/">&b;</x>'
    with pytest.raises(UnreadableKeywordsError, match="entities of its own"):
        keywords_of_xmp(laughs)
    assert keywords(with_xmp(laughs)).problems == ("it holds XMP with entities of its own, which can be a trap",)


def test_a_packet_without_keywords_is_not_parsed() -> None:
    assert keywords_of_xmp(b"<broken settings of a camera") == Keywords()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_sidecar_may_be_in_utf_16(encoding: str) -> None:
    text = xmp(("Zürich",)).decode().replace("\ufeff", "").partition("\n")[2].rpartition("\n")[0]
    assert keywords_of_xmp(text.encode(encoding)).tags == ("Zürich",)


def test_sidecars_of_both_names(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", with_xmp(xmp(("inside",))))
    put(tmp_path / "a.XMP", xmp(("beside",), lightroom=("Animals|Dog",)))
    put(tmp_path / "a.jpg.xmp", xmp(("darktable",)))
    put(tmp_path / "b.png", picture("PNG"))
    put(tmp_path / "raw.xmp", xmp(("of a RAW file that is not here",)))
    held = look_into(str(tmp_path))
    assert [photo.tags for photo in held.listing.photos] == [("beside", "Animals", "Dog", "darktable"), ()]
    assert held.listing.skipped == ((".xmp", 1),), "the others were of use"
    assert [(kind.name, kind.pictures) for kind in held.kinds] == [("XMP sidecars", 1)]
    held = with_keywords(held)
    assert held.listing.photos[0].tags == ("beside", "Animals", "Dog", "darktable", "inside")
    ((_, details),) = held.details.items()
    assert details.keywords == ("Animals|Dog",)


def test_a_broken_sidecar_is_a_note(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    sidecar = put(tmp_path / "a.xmp", xmp(("lost",)).partition(b"</rdf:Bag>")[0])
    put(tmp_path / "a.jpg.xmp", b"")
    held = look_into(str(tmp_path))
    notes = {note.photo_id: note.error for note in held.listing.notes}
    assert notes[str(sidecar)].startswith("XMP that is not well-formed XML")
    assert notes[str(tmp_path / "a.jpg.xmp")] == "empty file"
    assert len(held.listing.photos) == 1
    assert held.listing.failures == ()


def test_keywords_are_read_wherever_pictures_are(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.jpg", with_xmp(xmp(("zipped",))))
        archive.writestr("out.jpg", picture())
        archive.writestr("out.xmp", xmp(("beside",)))
    put(tmp_path / "plain.jpg", with_xmp(xmp(("plain",))))
    assert found_in(tmp_path) == {"in.jpg": ("zipped",), "out.jpg": ("beside",), "plain.jpg": ("plain",)}


def test_what_a_table_says_stays(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", with_xmp(xmp(("inside",))))
    put(tmp_path / "t.csv", b"path,tags\na.jpg,typed\n")
    assert found_in(tmp_path / "t.csv") == {"a.jpg": ("typed",)}


def test_pictures_that_can_not_be_opened_are_left_to_others(tmp_path: Path) -> None:
    gone = put(tmp_path / "gone.jpg")
    put(tmp_path / "large.png", picture("PNG") + bytes(100_000))
    held = look_into(str(tmp_path))
    gone.unlink()
    assert with_keywords(held, limits=Limits(max_file_bytes=50_000)).listing == held.listing


def test_many_pictures_and_progress(tmp_path: Path) -> None:
    for number in range(700):
        put(tmp_path / f"{number:03}.jpg", with_xmp(xmp((f"k{number}",))))
    seen: list[int] = []
    held = with_keywords(look_into(str(tmp_path)), on_progress=seen.append)
    assert [photo.tags for photo in held.listing.photos] == [(f"k{number}",) for number in range(700)]
    assert seen == sorted(seen)
    assert seen[-1] == 700


def tagged_by_exiftool(folder: Path, *arguments: str) -> None:
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("exiftool is not installed (apt install libimage-exiftool-perl)")
    subprocess.run([exiftool, "-q", "-overwrite_original", *arguments, str(folder)], check=True)


def test_what_exiftool_writes(tmp_path: Path) -> None:
    for format, suffix in (("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")):  # noqa: A001
        put(tmp_path / f"a.{suffix}", picture(format))
    tagged_by_exiftool(
        tmp_path, "-XMP-dc:Subject=beagle", "-XMP-dc:Subject=Zürich", "-XMP-lr:HierarchicalSubject=Animals|Dog",
        "-XMP-digiKam:TagsList=Places/Lake",
    )  # fmt: skip
    expected = ("beagle", "Zürich", "Animals", "Dog", "Places", "Lake")
    found = found_in(tmp_path)
    assert sorted(found) == ["a.jpg", "a.png", "a.tif", "a.webp"]
    assert all(set(tags) == set(expected) for tags in found.values())


def test_iptc_and_windows_keywords_of_exiftool(tmp_path: Path) -> None:
    for format, suffix in (("JPEG", "jpg"), ("TIFF", "tif")):  # noqa: A001
        put(tmp_path / f"a.{suffix}", picture(format))
    tagged_by_exiftool(tmp_path, "-codedcharacterset=utf8", "-IPTC:Keywords=Schloß", "-EXIF:XPKeywords=lake;猫")
    found = found_in(tmp_path)
    assert sorted(found) == ["a.jpg", "a.tif"]
    assert all(set(tags) == {"Schloß", "lake", "猫"} for tags in found.values())


@given(st.binary(max_size=300), st.sampled_from(range(6)))
@example(b"\xff\xe1\x00\x02", 0)
@example(b"8BIM", 3)
def test_no_bytes_are_too_odd(data: bytes, place: int) -> None:
    begun = (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"8BIM\4\4", b"II*\0\x08\0\0\0", b"RIFF0000WEBP")[place] + data
    keywords(begun)
    keywords_of_iptc(data)
    iptc_of_photoshop(begun)
    windows_keywords(data)
    tiff_fields(begun)


@given(st.data())
def test_no_damage_is_too_odd(data: st.DataObject) -> None:
    whole = jpeg(
        (0xE1, b"Exif\0\0" + exif("a;b")),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(("c",), lightroom=("d|e",))),
        (0xED, b"Photoshop 3.0\0" + photoshop(iptc(b"f"))),
    )
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=8))
    for damaged in (whole[:at], whole[:at] + piece + whole[at + len(piece) :]):
        for tag in keywords(damaged).tags:
            tag.encode()


@given(st.lists(st.lists(st.text(max_size=70), max_size=4).map(tuple), max_size=4))
def test_joining_keywords_keeps_each_once(several: list[tuple[str, ...]]) -> None:
    joined = join_keywords(Keywords(("a",)), Keywords(("b",)), *map(Keywords, several))
    folded = [tag.casefold() for tag in joined.tags]
    assert len(folded) == len(set(folded))
    assert all(joined.tags)
    assert join_keywords(joined, joined).tags == joined.tags


def test_more_keywords_than_a_person_gives_are_said() -> None:
    found = keywords_of_xmp(xmp(tuple(f"k{number}" for number in range(1_200))))
    assert len(found.tags) == 1_000
    assert found.problems == ("it holds 1,200 keywords; only the first 1,000 count",)


def test_the_photo_is_otherwise_unchanged(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", with_xmp(xmp(("inside",))))
    held = look_into(str(tmp_path))
    (before,) = held.listing.photos
    (after,) = with_keywords(held).listing.photos

    def rest(photo: Photo) -> tuple[object, ...]:
        return photo.photo_id, photo.path, photo.size, photo.stamp, photo.user_id, photo.url

    assert rest(before) == rest(after)
