from __future__ import annotations

import os
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from penchant.errors import PictureError, SourceError
from penchant.sources import Limits, PictureReader, list_photos
from penchant.sources.archive import count_entries
from penchant.types import Failure, Listing

from .pictures import picture, put


def make(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return str(path)


def members(listing: Listing) -> list[str | None]:
    return [photo.member for photo in listing.photos]


def patch(path: str, old: bytes, new: bytes, count: int = 2) -> None:
    """Replace bytes of an archive; a name stands in it twice."""
    data = Path(path).read_bytes()
    assert data.count(old) == count
    Path(path).write_bytes(data.replace(old, new))


def central_header(path: str, index: int = 0) -> int:
    data = Path(path).read_bytes()
    at = -1
    for _ in range(index + 1):
        at = data.index(b"PK\1\2", at + 1)
    return at


def write_at(path: str, at: int, form: str, value: int) -> None:
    data = bytearray(Path(path).read_bytes())
    struct.pack_into(form, data, at, value)
    Path(path).write_bytes(data)


@pytest.mark.parametrize("name", ["a.zip", "comic.cbz", "noname"])
def test_an_archive_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    data = picture()
    source = make(tmp_path / name, {"x/b.jpg": data, "a.PNG": data, "x/notes.txt": b"hello", "clip.mp4": b"0"})
    listing = list_photos(source)
    first = listing.photos[0]
    assert (first.photo_id, first.path, first.member) == (f"{source}/x/b.jpg", source, "x/b.jpg")
    assert (first.size, first.stamp) == (len(data), zlib.crc32(data))
    assert members(listing) == ["x/b.jpg", "a.PNG"]
    assert listing.skipped == ((".mp4", 1), (".txt", 1))
    assert listing.failures == ()


def test_hidden_system_and_derived_entries_are_passed_over(tmp_path: Path) -> None:
    overlooked = [
        "__MACOSX/._a.jpg",
        ".hidden/a.jpg",
        "x/.a.jpg",
        "x/@eaDir/a.jpg",
        "Thumbs.db",
        "L.photoslibrary/resources/a.jpg",
    ]
    source = make(tmp_path / "a.zip", dict.fromkeys([*overlooked, "L.photoslibrary/originals/a.jpg"], picture()))
    listing = list_photos(source)
    assert members(listing) == ["L.photoslibrary/originals/a.jpg"]
    assert listing.skipped == ()


def test_folders_are_ignored_and_archives_within_are_not_opened(tmp_path: Path) -> None:
    inner = make(tmp_path / "inner.zip", {"a.jpg": picture()})
    source = make(tmp_path / "a.zip", {"folder.jpg/": b"", "inner.zip": Path(inner).read_bytes()})
    listing = list_photos(source)
    assert listing.photos == ()
    assert listing.failures == ()
    assert listing.skipped == ((".zip", 1),)


def test_entries_without_suffix_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    listing = list_photos(make(tmp_path / "a.zip", {"IMG": picture("PNG"), "README": b"text", "empty": b""}))
    assert members(listing) == ["IMG"]
    assert listing.skipped == (("(no suffix)", 2),)


@pytest.mark.parametrize(
    "name",
    ["../a.jpg", "x/../../a.jpg", "/etc/a.jpg", "C:/a.jpg", "c:a.jpg", "..\\a.jpg", "\\\\host\\a.jpg", "x/..\\a.jpg"],
)
def test_names_that_lead_out_are_refused_and_listed(tmp_path: Path, name: str) -> None:
    source = make(tmp_path / "a.zip", {name: picture(), "good.jpg": picture()})
    listing = list_photos(source)
    assert members(listing) == ["good.jpg"]
    assert listing.failures == (Failure(f"{source}/{name}", "refused: its name leads out of the archive"),)


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpgXexe": picture()})
    patch(source, b"a.jpgXexe", b"a.jpg\0exe")
    listing = list_photos(source)
    assert listing.photos == ()
    assert listing.failures[0].error == "refused: its name leads out of the archive"


def test_windows_separators_are_understood(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"trip/a.jpg": picture(), "trip/.b.jpg": picture()})
    patch(source, b"trip/a.jpg", b"trip\\a.jpg")
    patch(source, b"trip/.b.jpg", b"trip\\.b.jpg")
    listing = list_photos(source)
    assert len(listing.photos) == 1
    with PictureReader() as reader:
        assert reader.read(listing.photos[0]) == picture()


def test_names_without_the_utf8_flag_are_read_as_cp437_and_shown_printable(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"xx_1.jpg": picture(), "yy\x1b2.jpg": picture(), "ça.jpg": picture()})
    patch(source, b"xx_1.jpg", b"\x82\x8a_1.jpg")
    listing = list_photos(source)
    assert [photo.photo_id.removeprefix(f"{source}/") for photo in listing.photos] == [
        "éè_1.jpg",
        "yy\\x1b2.jpg",
        "ça.jpg",
    ]
    with PictureReader() as reader:
        assert {reader.read(photo) for photo in listing.photos} == {picture()}


def test_of_a_repeated_name_the_first_is_used_and_the_later_listed(tmp_path: Path) -> None:
    red, blue = picture("PNG", (255, 0, 0)), picture("PNG", (0, 0, 255))
    source = make(tmp_path / "a.zip", {"a.png": red, "b.png": blue})
    patch(source, b"b.png", b"a.png")
    listing = list_photos(source)
    assert members(listing) == ["a.png"]
    assert listing.failures[0].error == "a second entry of the same name; only the first is used"
    with PictureReader() as reader:
        assert reader.read(listing.photos[0]) == red


def test_encrypted_entries_are_failures(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": picture(), "b.jpg": picture(), "c": picture(), "d.txt": b"d"})
    clear = list_photos(source).photos[0]
    for index in (0, 2, 3):
        at = central_header(source, index)
        write_at(source, at + 8, "<H", 1)
    listing = list_photos(source)
    assert members(listing) == ["b.jpg"]
    assert [failure.photo_id for failure in listing.failures] == [f"{source}/a.jpg"]
    assert "encrypted" in listing.failures[0].error
    with PictureReader() as reader, pytest.raises(PictureError, match="encrypted"):
        reader.read(clear)


def test_a_bomb_is_refused_by_its_ratio_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = make(
        tmp_path / "a.zip",
        {"bomb.bmp": bytes(5_000_000), "small.bmp": bytes(900_000), "photo.jpg": picture()},
    )
    listing = list_photos(source)
    assert members(listing) == ["small.bmp", "photo.jpg"]
    assert listing.failures[0].photo_id == f"{source}/bomb.bmp"
    assert "times its packed size" in listing.failures[0].error
    assert members(list_photos(source, limits=Limits(max_ratio=2000))) == ["bomb.bmp", "small.bmp", "photo.jpg"]


def test_large_entries_are_refused_one_by_one(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": os.urandom(3000), "b.jpg": b"1234"})
    listing = list_photos(source, limits=Limits(max_file_bytes=2000))
    assert members(listing) == ["b.jpg"]
    assert listing.failures[0].error == "refused: it unpacks to 3 kB, and the limit is 2 kB"


def test_entries_beyond_the_bytes_in_all_are_refused_one_by_one(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": b"x" * 600, "b.jpg": b"x" * 600, "c.jpg": b"x" * 400})
    listing = list_photos(source, limits=Limits(max_archive_bytes=1000))
    assert members(listing) == ["a.jpg", "c.jpg"]
    assert listing.failures[0].error == "the archive's pictures unpack to more than 1 kB"


def test_an_archive_of_too_many_entries_is_refused_before_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make(tmp_path / "a.zip", {f"{number}.jpg": b"" for number in range(101)})
    assert len(list_photos(source, limits=Limits(max_archive_entries=101)).photos) == 101
    write_at(source, Path(source).stat().st_size - 14, "<H", 1)  # it says that it has one entry
    write_at(source, Path(source).stat().st_size - 12, "<H", 1)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(SourceError, match="more than 100 entries; unpack it yourself"):
        list_photos(source, limits=Limits(max_archive_entries=100))


def test_entries_are_counted_beyond_what_the_old_format_can_state(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {f"{number}": b"" for number in range(65_600)}, zipfile.ZIP_STORED)
    with open(source, "rb") as file:  # noqa: PTH123
        assert count_entries(file, 1_000_000) == 65_600
        assert count_entries(file, 100) == 101
    patch(source, b"PK\6\6", b"PK\0\0", 1)
    with pytest.raises(SourceError, match="not where it belongs"):
        list_photos(source)


@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n" * 100])
@pytest.mark.parametrize("comment", [b"", b"a comment", b"PK\5"])
def test_entries_are_counted_behind_other_bytes_and_before_a_comment(
    tmp_path: Path, before: bytes, comment: bytes
) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": picture(), "b.jpg": picture()})
    with zipfile.ZipFile(source, "a") as archive:
        archive.comment = comment
    put(Path(source), before + Path(source).read_bytes())
    with open(source, "rb") as file:  # noqa: PTH123
        assert count_entries(file, 10) == 2
    assert members(list_photos(source)) == ["a.jpg", "b.jpg"]


def test_a_size_that_is_stated_too_small_or_too_large_is_found_out(tmp_path: Path) -> None:
    for stated in (10, 5_000):
        source = make(tmp_path / f"{stated}.zip", {"a.jpg": os.urandom(2_000)})
        write_at(source, central_header(source) + 24, "<L", stated)
        (photo,) = list_photos(source).photos
        with PictureReader() as reader, pytest.raises(PictureError, match="damaged in the archive"):
            reader.read(photo)


def test_a_bomb_that_lies_about_its_size_yields_no_more_than_it_states(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.bmp": bytes(50_000_000)})
    write_at(source, central_header(source) + 24, "<L", 900_000)
    (photo,) = list_photos(source).photos
    tracemalloc.start()
    try:
        with PictureReader() as reader, pytest.raises(PictureError, match="damaged in the archive"):
            reader.read(photo)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_usual_packing_is_read(tmp_path: Path, method: int) -> None:
    data = os.urandom(50_000) + bytes(50_000)
    (photo,) = list_photos(make(tmp_path / "a.zip", {"a.bmp": data}, method)).photos
    with PictureReader() as reader:
        assert reader.read(photo) == data


@pytest.mark.parametrize(("method", "name"), [(12, "bzip2"), (14, "lzma"), (9, "deflate64"), (99, "method 99")])
def test_a_packing_whose_memory_cannot_be_bounded_is_refused(tmp_path: Path, method: int, name: str) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": picture(), "b": picture()})
    readable = list_photos(source).photos[0]
    for index in range(2):
        write_at(source, central_header(source, index) + 10, "<H", method)
    listing = list_photos(source)
    assert listing.photos == ()
    reason = f"packed by {name}, not by deflate: unpack the archive and give the folder instead"
    assert [failure.error for failure in listing.failures] == [reason, reason]
    with PictureReader() as reader, pytest.raises(PictureError, match="not by deflate"):
        reader.read(readable)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damaged_bytes_cost_only_their_entry(tmp_path: Path, method: int) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": os.urandom(5_000), "b.jpg": picture()}, method)
    data = bytearray(Path(source).read_bytes())
    data[1000:1100] = bytes(100)
    put(Path(source), bytes(data))
    first, second = list_photos(source).photos
    with PictureReader() as reader:
        with pytest.raises(PictureError, match="damaged in the archive"):
            reader.read(first)
        assert reader.read(second) == picture()


@pytest.mark.parametrize("name", ["a.zip", "a"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_truncated_archive_is_refused_as_a_whole(tmp_path: Path, share: float, name: str) -> None:
    source = make(tmp_path / name, {f"{number}.jpg": picture() for number in range(20)})
    data = Path(source).read_bytes()
    put(Path(source), data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=r"damaged or incomplete.*again"):
        list_photos(source)


def test_a_damaged_directory_is_refused_as_a_whole(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": picture(), "b.jpg": picture()})
    write_at(source, central_header(source, 1), "<L", 0)
    with pytest.raises(SourceError, match="damaged or incomplete"):
        list_photos(source)


def test_an_archive_that_loses_its_head_while_nothing_warns(tmp_path: Path) -> None:
    source = make(tmp_path / "a.zip", {"a.jpg": picture(), "b.jpg": picture()})
    photos = list_photos(source).photos
    write_at(source, 0, "<L", 0)
    with warnings.catch_warnings(), PictureReader() as reader:
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match="damaged in the archive"):
            reader.read(photos[0])
        assert reader.read(photos[1]) == picture()


def test_an_empty_archive_holds_nothing(tmp_path: Path) -> None:
    assert list_photos(make(tmp_path / "a.zip", {})) == Listing()
