from __future__ import annotations

import os
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from penchant.errors import PictureError
from penchant.sources import Limits, PictureReader, list_photos
from penchant.sources import reader as reader_module
from penchant.types import Photo

from .pictures import picture, put

if TYPE_CHECKING:
    from pathlib import Path


TOO_LARGE = "too large: {}, and the limit is {}; --max-memory allows more"


def photo_of(path: Path) -> Photo:
    (photo,) = list_photos(str(path)).photos
    return photo


def archive_of(path: Path, entries: dict[str, bytes]) -> tuple[Photo, ...]:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return list_photos(str(path)).photos


def refused(photo: Photo, limits: Limits | None = None) -> str:
    with PictureReader(limits=limits or Limits()) as reader, pytest.raises(PictureError) as caught:
        reader.read(photo)
    return str(caught.value)


def test_a_plain_file_is_read_whole(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    photo = photo_of(put(tmp_path / "a.jpg", data))
    with PictureReader() as reader:
        assert reader.read(photo) == data
        assert reader.read(photo) == data


def test_a_photo_made_by_hand_needs_no_size_or_stamp(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    with PictureReader() as reader:
        assert reader.read(Photo("a", str(tmp_path / "a.jpg"))) == picture()


def test_a_file_that_comes_in_pieces_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(10_000)
    photo = photo_of(put(tmp_path / "a.jpg", data))
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 999)))
    with PictureReader() as reader:
        assert reader.read(photo) == data


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert refused(photo_of(put(tmp_path / "a.jpg", b""))) == "empty file"
    (entry,) = archive_of(tmp_path / "a.zip", {"a.jpg": b""})
    assert refused(entry) == "empty file"


def test_a_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path / "a.jpg")
    os.truncate(file, 10**12)  # a hole: no room on the disk
    photo = photo_of(file)
    monkeypatch.setattr(os, "read", None)
    assert refused(photo) == TOO_LARGE.format("1 TB", "256 MB")
    assert refused(replace(photo, size=0, stamp=0)) == TOO_LARGE.format("1 TB", "256 MB")


def test_a_large_entry_is_refused_unread(tmp_path: Path) -> None:
    (photo,) = archive_of(tmp_path / "a.zip", {"a.jpg": bytes(2_001)})
    assert refused(photo, Limits(max_file_bytes=2_000)) == TOO_LARGE.format("2 kB", "2 kB")


@pytest.mark.parametrize("data", [b"another length", None])
def test_a_changed_file_is_refused(tmp_path: Path, data: bytes | None) -> None:
    file = put(tmp_path / "a.jpg")
    photo = photo_of(file)
    put(file, data)
    os.utime(file, ns=(1, 1))
    assert refused(photo) == "it changed since it was listed; run again"


def test_a_file_that_grows_or_shrinks_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_of(put(tmp_path / "a.jpg", b"12345"))
    for data in (b"1234", b"123456"):
        pieces = iter((data, b""))
        with monkeypatch.context() as patched:
            patched.setattr(os, "read", lambda _, count, pieces=pieces: next(pieces)[:count])
            assert refused(photo) == "it changed since it was listed; run again"


def test_a_vanished_file_or_archive_is_refused(tmp_path: Path) -> None:
    photo = photo_of(put(tmp_path / "a.jpg"))
    (entry,) = archive_of(tmp_path / "a.zip", {"a.jpg": picture()})
    (tmp_path / "a.jpg").unlink()
    (tmp_path / "a.zip").unlink()
    assert refused(photo) == refused(entry) == "file not found"


def test_a_changed_archive_is_found_out(tmp_path: Path) -> None:
    first, second = archive_of(tmp_path / "a.zip", {"a.jpg": picture(), "b.jpg": picture()})
    archive_of(tmp_path / "a.zip", {"a.jpg": picture(colour=(1, 2, 3))})
    assert refused(first) == "it changed since it was listed; run again"
    assert refused(second) == "the archive no longer holds it; run again"
    put(tmp_path / "a.zip", b"PK\3\4 no more")
    assert "damaged or incomplete" in refused(first)


@pytest.mark.parametrize("function", ["stat", "open"])
def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    photo = photo_of(put(tmp_path / "a.jpg"))

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, function, denied)
        assert refused(photo) == "no permission to read it"


def test_a_disk_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_of(put(tmp_path / "a.jpg"))

    def failing(*_: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "read", failing)
        assert refused(photo) == "the disk failed to read it"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_never_holds_the_reader_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = photo_of(put(tmp_path / "a.jpg"))
    regular = os.stat(photo.path)  # noqa: PTH116
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    assert refused(photo) == "a named pipe, not a file"
    with monkeypatch.context() as patched:  # it takes the file's place just after the look
        patched.setattr(os, "stat", lambda _: regular)
        assert refused(photo) == "a named pipe, not a file"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (".", "a folder, not a file"),
        (os.devnull, "a device, not a file"),
        ("a\0b.jpg", "its name is not one that this system can have"),
        ("n" * 300 + ".jpg", "its path is too long for this system"),
    ],
)
def test_what_is_no_file_is_refused(path: str, reason: str) -> None:
    assert refused(Photo(path, path)) == reason


def test_archives_stay_open_a_few_at_a_time_and_are_shared(tmp_path: Path) -> None:
    photos = [archive_of(tmp_path / f"{number}.zip", {"a.jpg": picture()})[0] for number in range(6)]
    with PictureReader() as one, PictureReader() as other:
        for photo in photos:
            assert one.read(photo) == picture()
        assert len(reader_module._shared) == 4
        other.read(photos[5])
        assert len(reader_module._shared) == 4
        one.close()
        assert len(reader_module._shared) == 1
        assert other.read(photos[5]) == picture()
    assert reader_module._shared == {}


def test_many_threads_read_one_archive(tmp_path: Path) -> None:
    entries = {f"{number}.jpg": os.urandom(20_000) for number in range(200)}
    photos = archive_of(tmp_path / "a.zip", entries)

    def read(part: int) -> list[bytes]:
        with PictureReader() as reader:
            return [reader.read(photo) for photo in photos[part::4]]

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(read, range(4)))
    assert sorted(data for part in parts for data in part) == sorted(entries.values())
    assert reader_module._shared == {}


def test_a_closed_reader_is_pickled_with_its_limits(tmp_path: Path) -> None:
    (photo,) = archive_of(tmp_path / "a.zip", {"a.jpg": picture()})
    reader = PictureReader(limits=Limits(max_file_bytes=10))
    with pickle.loads(pickle.dumps(reader)) as copy, pytest.raises(PictureError, match="the limit is 10 bytes"):
        copy.read(photo)
    with PictureReader() as reader:
        reader.read(photo)
        with pytest.raises(TypeError, match="close it first"):
            pickle.dumps(reader)
        reader.close()
        with pickle.loads(pickle.dumps(reader)) as copy:
            assert copy.read(photo) == picture()
