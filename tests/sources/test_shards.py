"""Pictures inside tar shards (img2dataset, WebDataset) and Arrow files (Hugging Face datasets), read in place."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import PictureError, SourceError
from penchant.sources import Limits, PictureReader, list_photos, look_into, with_keywords
from penchant.sources.exports.img2dataset import failed_downloads
from penchant.sources.gathering import SideFile
from penchant.sources.members import MemberFinder

from .metadata import with_xmp, xmp
from .on_disk import IMAGE, LABEL, dataset, images, sample, shards, tar
from .pictures import picture, put

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.sources import Holdings
    from penchant.types import Photo


def read_all(held: Holdings) -> list[bytes]:
    with PictureReader() as reader:
        return [reader.read(photo) for photo in held.listing.photos]


def notes(held: Holdings) -> dict[str, str]:
    return {note.photo_id.rpartition("/")[2]: note.error for note in held.listing.notes}


# Tar


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_is_read_in_place(tmp_path: Path, format: int) -> None:  # noqa: A002
    long = "a/" + "long " * 15 + "é.jpg"
    pictures = {"b.jpg": with_xmp(xmp(("inside",))), long: picture("PNG"), "x/noname": picture("GIF")}
    others = {"notes.txt": b"text", "._b.jpg": b"hidden", "README": b"no picture"}
    source = tar(tmp_path / "a.tar", {**pictures, **others}, format=format)
    held = look_into(str(source))
    assert [photo.member for photo in held.listing.photos] == ["b.jpg", long, "x/noname"]
    assert [photo.photo_id for photo in held.listing.photos] == [f"{source}/{name}" for name in pictures]
    assert [photo.size for photo in held.listing.photos] == [len(data) for data in pictures.values()]
    assert read_all(held) == list(pictures.values())
    assert held.listing.skipped == (("(no suffix)", 1), (".txt", 1))
    assert [photo.tags for photo in with_keywords(held).listing.photos] == [("inside",), (), ()]
    assert list_photos(str(tmp_path)).photos == held.listing.photos, "also where it lies in a folder"


def test_a_tar_is_read_by_many_threads(tmp_path: Path) -> None:
    pictures = {f"{number}.jpg": os.urandom(20_000) for number in range(100)}
    photos = list_photos(str(tar(tmp_path / "a.tar", pictures))).photos
    local = threading.local()
    readers: list[PictureReader] = []

    def read(photo: Photo) -> bytes:
        if not hasattr(local, "reader"):
            local.reader = PictureReader()
            readers.append(local.reader)
        return bytes(local.reader.read(photo))

    with PictureReader() as reader, ThreadPoolExecutor(8) as pool:
        assert reader.read(photos[0]) == pictures["0.jpg"], "which the others share with it"
        assert list(pool.map(read, photos)) == list(pictures.values())
    for used in readers:
        used.close()
    assert pickle.loads(pickle.dumps(reader)) is not None


def test_archives_that_went_away_are_let_go(tmp_path: Path) -> None:
    sources = [tar(tmp_path / name, {"a.jpg": picture()}) for name in ("stays.tar", "goes.tar")]
    photos = [photo for source in sources for photo in list_photos(str(source)).photos]
    with PictureReader() as reader, PictureReader() as other:
        data = [reader.read(photo) for photo in photos]
        assert other.read(photos[1]) == data[1]
        sources[1].unlink()
        reader.release_gone()
        assert reader.read(photos[0]) == data[0]
        with pytest.raises(PictureError, match="not found"):
            reader.read(photos[1])
        assert other.read(photos[1]) == data[1], "who still needs it has it"


def test_a_tar_that_was_cut_off_keeps_what_is_whole(tmp_path: Path) -> None:
    source = tar(tmp_path / "a.tar", {f"{number}.jpg": os.urandom(3_000) for number in range(5)})
    source.write_bytes(source.read_bytes()[: 3 * 3584 + 600])
    listing = list_photos(str(source)).photos, list_photos(str(source)).failures
    assert [photo.member for photo in listing[0]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert len(listing[1]) >= 1
    assert all("ends in the middle" in failure.error for failure in listing[1])
    assert [len(data) for data in read_all(look_into(str(source)))] == [3_000] * 3


def test_odd_entries_of_a_tar_are_refused_each_by_itself(tmp_path: Path) -> None:
    source = tmp_path / "a.tar"
    with tarfile.open(source, "w") as archive:
        for name, kind in (
            ("link.jpg", tarfile.SYMTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
            ("folder.jpg", tarfile.DIRTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("../up.jpg", "/root.jpg", "same.jpg", "same.jpg", "large.jpg", "good.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 5_000 if name == "large.jpg" else 8
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    listing = list_photos(str(source), limits=Limits(max_file_bytes=4_000))
    assert [photo.member for photo in listing.photos] == ["same.jpg", "good.jpg"]
    reasons = {failure.photo_id.removeprefix(f"{source}/"): failure.error for failure in listing.failures}
    special = "a link or a special file inside the archive, not a picture"
    assert reasons == {
        "link.jpg": special,
        "pipe.jpg": special,
        "../up.jpg": "refused: its name leads out of the archive",
        "/root.jpg": "refused: its name leads out of the archive",
        "same.jpg": "a second entry of the same name; only the first is used",
        "large.jpg": "refused: it has 5 kB, and the limit is 4 kB",
    }


def test_a_tar_with_too_many_entries_is_refused(tmp_path: Path) -> None:
    source = tar(tmp_path / "a.tar", {f"{number}.jpg": b"x" for number in range(5)})
    with pytest.raises(SourceError, match="more than 4 entries; unpack it yourself"):
        list_photos(str(source), limits=Limits(max_archive_entries=4))


def test_a_tar_that_changed_or_went_away_says_so(tmp_path: Path) -> None:
    source = tar(tmp_path / "a.tar", {"a.jpg": picture()})
    (photo,) = list_photos(str(source)).photos
    tar(source, {"a.jpg": picture("PNG")})
    os.utime(source, ns=(1, 1))
    with PictureReader() as reader, pytest.raises(PictureError, match="changed since it was listed"):
        reader.read(photo)
    source.unlink()
    with PictureReader() as reader, pytest.raises(PictureError, match="file not found"):
        reader.read(photo)


@pytest.mark.parametrize("name", ["a.tgz", "a.tar.gz", "a.7z"])
def test_packed_tars_say_what_to_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="can't be read in place; unpack it and give the folder instead"):
        list_photos(str(put(tmp_path / name, b"\x1f\x8b\x08 packed")))


def test_a_file_that_is_only_called_tar_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path / "a.tar", b"no archive")
    put(tmp_path / "b.arrow", b"no dataset")
    put(tmp_path / "c.jpg")
    listing = list_photos(str(tmp_path))
    assert len(listing.photos) == 1
    assert listing.skipped == ((".arrow", 1), (".tar", 1))


@given(data=st.data())
def test_no_damage_to_a_tar_is_too_odd(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = tmp_path_factory.mktemp("tars") / "a.tar"
    whole = bytearray(tar(source, {"a.jpg": picture(), "b.json": b"{}", "c.jpg": picture()}).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 3_000))
        piece = data.draw(st.binary(min_size=1, max_size=12))
        whole[at : at + len(piece)] = piece
    source.write_bytes(bytes(whole[: data.draw(st.integers(600, len(whole)))]))
    try:
        photos = list_photos(str(source)).photos
    except SourceError:
        return
    with PictureReader() as reader:
        for photo in photos:
            with suppress(PictureError):
                assert reader.read(photo)


# img2dataset


def test_img2datasets_shards(tmp_path: Path) -> None:
    held = look_into(str(shards(tmp_path)))
    assert [(photo.member, photo.tags) for photo in held.listing.photos] == [
        ("000000000.jpg", ()), ("000000001.jpg", ("beagle", "lawn")),
        ("000010000.jpg", ("castle", "hill")), ("000010001.jpg", ()),
    ]  # fmt: skip
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [
        ("Pictures with JSON (img2dataset)", 4, 3)
    ]
    described = {member: details for (_, member), details in held.details.items()}
    assert described["000000000.jpg"].description == "a dog on a lawn"
    assert described["000000000.jpg"].url == "https://example.org/000000000.jpg"
    assert [(link.kind, link.details.id) for link in held.links] == [("failed", "000000002")]
    assert notes(held) == {"000010001.jpg": "no metadata: no JSON file of the same name belongs to it"}
    assert held.listing.skipped == ((".txt", 3), (".json", 1))
    assert read_all(held) == [picture()] * 4


def test_img2dataset_as_files(tmp_path: Path) -> None:
    for name, data in {**sample("000000000", tags=["beagle"]), **sample("000000001")}.items():
        put(tmp_path / "00000" / name, data)
    (tmp_path / "00000" / "000000001.jpg").unlink()
    failed = {
        "key": "000000002",
        "url": "https://example.org/x",
        "status": "failed_to_download",
        "error_message": "404",
    }
    put(tmp_path / "00000" / "000000002.json", json.dumps(failed).encode())
    held = look_into(str(tmp_path))
    assert [photo.tags for photo in held.listing.photos] == [("beagle",)]
    assert notes(held) == {
        "000000001.json": "its picture is not here",
        "000000002.json": "its picture could not be downloaded: 404",
    }


def test_other_parquet_files_are_no_lists_of_downloads(tmp_path: Path) -> None:
    put(tmp_path / "broken.parquet", b"PAR1 no")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "other.parquet")
    assert failed_downloads([SideFile(str(path)) for path in tmp_path.iterdir()]) == ((), [])


# Hugging Face


def test_a_hugging_face_dataset(tmp_path: Path) -> None:
    pictures = [picture(colour=(number, 0, 0)) for number in range(5)]
    dataset(
        tmp_path / "train",
        {"image": images(*((data, f"{number}.jpg") for number, data in enumerate(pictures))),
         "label": [0, 1, 1, None, 7], "tags": [["walk"], [], None, ["a", "a"], [" b "]],
         "text": ["a caption"] * 5, "user_id": ["ann", "ann", None, "bob", "bob"]},
        {"image": IMAGE, "label": LABEL, "tags": {"_type": "Sequence", "feature": {"_type": "Value"}}},
        files=2,
    )  # fmt: skip
    put(tmp_path / "train" / "cache-0123.arrow", (tmp_path / "train" / "data-00000-of-00002.arrow").read_bytes())
    put(tmp_path / "dataset_dict.json", b'{"splits": ["train"]}')
    held = look_into(str(tmp_path))
    first = tmp_path / "train" / "data-00000-of-00002.arrow"
    assert [photo.photo_id for photo in held.listing.photos[:3]] == [f"{first}/image/{row}" for row in range(3)]
    assert [photo.tags for photo in held.listing.photos] == [
        ("walk", "cat"), ("golden retriever",), ("golden retriever",), ("a",), ("b",),
    ]  # fmt: skip
    assert [photo.user_id for photo in held.listing.photos] == ["ann", "ann", None, "bob", "bob"]
    assert read_all(held) == pictures
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [("Hugging Face dataset", 5, 5)]
    assert (".arrow", 1) in held.listing.skipped, "a cache of the library's is no second copy"
    assert list_photos(str(first)).photos == held.listing.photos[:3], "one file by itself"


def test_a_dataset_of_lists_of_classes_and_several_pictures_a_row(tmp_path: Path) -> None:
    dataset(
        tmp_path,
        {"before": images((picture(), None)), "after": images((picture("PNG"), None)), "labels": [[0, 1]]},
        {"before": IMAGE, "after": IMAGE, "labels": {"_type": "List", "feature": LABEL}},
    )
    held = look_into(str(tmp_path))
    assert [photo.member for photo in held.listing.photos] == ["before/0", "after/0"]
    assert {photo.tags for photo in held.listing.photos} == {("cat", "golden retriever")}
    assert read_all(held) == [picture(), picture("PNG")]


def test_columns_of_lists_of_pictures_are_left_alone(tmp_path: Path) -> None:
    one = images((picture(), None))
    lists = pa.array([one.to_pylist()], pa.list_(one.type))
    dataset(tmp_path, {"image": one, "more": lists}, {"image": IMAGE, "more": {"_type": "List", "feature": IMAGE}})
    assert [photo.member for photo in list_photos(str(tmp_path)).photos] == ["image/0"]


def test_rows_without_bytes_lead_to_files_or_are_named(tmp_path: Path) -> None:
    put(tmp_path / "pictures" / "a.jpg")
    dataset(
        tmp_path / "set",
        {"image": images((None, "../pictures/a.jpg"), (None, "gone.jpg"), (None, None), (b"", None))},
        {"image": IMAGE},
    )
    held = look_into(str(tmp_path / "set"))
    assert [photo.size for photo in held.listing.photos] == [len(picture()), 0]
    assert [failure.error.partition(":")[0] for failure in held.listing.failures] == [
        "file not found", "the row holds no picture",
    ]  # fmt: skip


def test_a_dataset_in_the_file_format_without_features(tmp_path: Path) -> None:
    table = pa.table({"image": images((picture(), None)), "n": [1]})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert read_all(look_into(str(tmp_path / "a.arrow"))) == [picture()]


def test_a_dataset_without_pictures_is_passed_over(tmp_path: Path) -> None:
    dataset(tmp_path, {"text": ["a"]}, {"text": {"_type": "Value"}})
    assert list_photos(str(tmp_path)).photos == ()
    with pytest.raises(SourceError, match="has no column of pictures"):
        list_photos(str(tmp_path / "data-00000-of-00001.arrow"))


def test_a_dataset_that_was_cut_off_is_named(tmp_path: Path) -> None:
    dataset(tmp_path, {"image": images(*((picture(), None) for _ in range(6)))}, {"image": IMAGE})
    file = tmp_path / "data-00000-of-00001.arrow"
    file.write_bytes(file.read_bytes()[:-700])
    (failure,) = list_photos(str(tmp_path)).failures
    assert "is damaged or incomplete" in failure.error


@pytest.mark.parametrize("name", [b"\xff\xfe\xfdel", b"image"])
def test_a_dataset_whose_columns_have_damaged_names_is_named(tmp_path: Path, name: bytes) -> None:
    columns = {"image": images((picture(), None)), "label": [0]}
    dataset(tmp_path, columns, {"image": IMAGE, "label": LABEL})
    file = tmp_path / "data-00000-of-00001.arrow"
    whole = file.read_bytes()
    # The name's own place: four bytes of length, then the name.
    file.write_bytes(whole.replace(b"\5\0\0\0label", b"\5\0\0\0" + name))
    (failure,) = list_photos(str(tmp_path)).failures
    assert "is damaged or incomplete" in failure.error


@given(data=st.data())
def test_no_damage_to_a_dataset_is_too_odd(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = dataset(
        tmp_path_factory.mktemp("sets"),
        {"image": images((picture(), None), (picture(), "x")), "label": [0, 1]},
        {"image": IMAGE, "label": LABEL},
    )
    file = folder / "data-00000-of-00001.arrow"
    whole = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    file.write_bytes(bytes(whole))
    for photo in list_photos(str(folder)).photos:
        with PictureReader() as reader, suppress(PictureError):
            assert reader.read(photo)


# Entries named by one path


def test_entries_of_archives_are_found_by_one_path(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/b.jpg", picture())
    tar(tmp_path / "c.tar", {"in/d.jpg": picture()})
    dataset(tmp_path, {"image": images((picture(), None))}, {"image": IMAGE})
    listed = list_photos(str(tmp_path)).photos
    assert len(listed) == 3
    with MemberFinder() as finder:
        for photo in listed:
            found = finder.find(f"{photo.path}/{photo.member}")
            assert found is not None
            assert (found.path, found.member) == (photo.path, photo.member)
            assert (found.size, found.stamp) == (photo.size, photo.stamp)
        assert finder.find(str(tmp_path / "gone" / "x.jpg")) is None
        with pytest.raises(PictureError, match="no longer holds it"):
            finder.find(str(tmp_path / "a.zip" / "in" / "gone.jpg"))
