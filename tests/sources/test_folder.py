from __future__ import annotations

import os
import socket
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import SourceError
from penchant.sources import PICTURE_SUFFIXES, list_photos
from penchant.sources.folder import list_folder
from penchant.sources.formats import HEAD_BYTES, looks_like_picture
from penchant.types import Failure, Listing, Photo

from .pictures import picture, put

needs_bytes_names = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are always Unicode there")


def names(listing: Listing, folder: Path) -> list[str]:
    return [photo.path.removeprefix(f"{folder}{os.sep}").replace(os.sep, "/") for photo in listing.photos]


def test_pictures_of_all_subfolders_are_listed_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("z.jpg", "b/2.png", "b/10.png", "a/deep/down/x.webp", "a.jpg", "a/y.gif"):
        put(tmp_path / name)
    listing = list_folder(str(tmp_path))
    assert names(listing, tmp_path) == ["a.jpg", "z.jpg", "a/y.gif", "a/deep/down/x.webp", "b/10.png", "b/2.png"]
    assert listing.failures == ()
    assert listing.skipped == ()


def test_a_photo_says_where_it_is_how_large_and_when_it_changed(tmp_path: Path) -> None:
    file = put(tmp_path / "a.jpg")
    (photo,) = list_folder(str(tmp_path)).photos
    status = file.stat()
    assert photo == Photo(str(file), str(file), size=status.st_size, stamp=status.st_mtime_ns)


def test_ids_begin_with_the_source_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "in" / "a.jpg")
    monkeypatch.chdir(tmp_path)
    assert [list_folder(source).photos[0].photo_id for source in ("in", "in/", "./in", ".")] == [
        os.path.join("in", "a.jpg"),  # noqa: PTH118
        "in/a.jpg",
        os.path.join("./in", "a.jpg"),  # noqa: PTH118
        os.path.join(".", "in", "a.jpg"),  # noqa: PTH118
    ]


@pytest.mark.parametrize("suffix", sorted(PICTURE_SUFFIXES))
def test_every_suffix_counts_in_small_and_large_letters(tmp_path: Path, suffix: str) -> None:
    put(tmp_path / f"a{suffix}")
    put(tmp_path / f"b{suffix.upper()}")
    assert len(list_folder(str(tmp_path)).photos) == 2


def test_other_files_are_counted_by_suffix_commonest_first(tmp_path: Path) -> None:
    for name in ("a.MOV", "b.mov", "c.CR2", "d.txt", "README", "e.rar", "St. Ives", "2019.05.12"):
        put(tmp_path / name, b"no picture")
    listing = list_folder(str(tmp_path))
    assert listing.photos == ()
    assert listing.skipped == (("(no suffix)", 3), (".mov", 2), (".cr2", 1), (".rar", 1), (".txt", 1))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP", "PPM", "AVIF", "JPEG2000", "QOI"])
def test_a_file_without_suffix_is_known_by_its_first_bytes(tmp_path: Path, format: str) -> None:  # noqa: A002
    put(tmp_path / "IMG_0001", picture(format))
    assert len(list_folder(str(tmp_path)).photos) == 1


@pytest.mark.parametrize(
    "head",
    [b"", b"B", b"BM is a town in Bavaria, they say so", b"P5", b"P5,P6", b"P", b"RIFF0000WAVE", b"\0\0\0\x1cftypisom",
     b"%PDF-1.7", b"<svg>", b"PK\3\4"],
)  # fmt: skip
def test_other_first_bytes_are_no_picture(head: bytes) -> None:
    assert not looks_like_picture(head)


def test_the_heif_brand_may_stand_among_the_compatible_ones() -> None:
    assert looks_like_picture(b"\0\0\0\x1cftypmsf1\0\0\0\0heic"[:HEAD_BYTES])
    assert looks_like_picture(b"\0\0\0\x1cftypmp42\0\0\0\0isomheic"[:HEAD_BYTES])


def test_hidden_and_system_files_and_folders_are_passed_over_in_silence(tmp_path: Path) -> None:
    for name in (
        ".hidden.jpg", "._a.jpg", ".thumbnails/a.jpg", "@eaDir/a.jpg", "$RECYCLE.BIN/a.jpg", "#recycle/a.jpg",
        "System Volume Information/a.jpg", "lost+found/a.jpg", "__MACOSX/a.jpg", "Thumbs.db", "desktop.ini",
    ):  # fmt: skip
        put(tmp_path / name)
    put(tmp_path / "a.jpg")
    listing = list_folder(str(tmp_path))
    assert names(listing, tmp_path) == ["a.jpg"]
    assert listing.skipped == ()


def test_a_hidden_folder_is_read_when_it_is_the_source(tmp_path: Path) -> None:
    put(tmp_path / ".camera" / "a.jpg")
    assert len(list_folder(str(tmp_path / ".camera")).photos) == 1


@pytest.mark.parametrize("below", [False, True])
def test_a_photo_library_gives_its_originals_only(tmp_path: Path, below: bool) -> None:
    library = tmp_path / "Mine.photoslibrary"
    for name in ("originals/0/A.heic", "resources/derivatives/A.jpeg", "database/Photos.sqlite", "cover.jpg"):
        put(library / name)
    put(tmp_path / "Old.photolibrary" / "Masters" / "b.jpg")
    put(tmp_path / "Old.photolibrary" / "Thumbnails" / "b.jpg")
    if below:
        assert names(list_folder(str(library)), library) == ["originals/0/A.heic"]
    else:
        listing = list_folder(str(tmp_path))
        assert names(listing, tmp_path) == ["Mine.photoslibrary/originals/0/A.heic", "Old.photolibrary/Masters/b.jpg"]
        assert listing.skipped == ()


def test_linked_files_are_followed_and_linked_folders_are_not(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a.jpg")
    inside = tmp_path / "real" / "loop"
    inside.symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "real" / "b.jpg").symlink_to(tmp_path / "real" / "a.jpg")
    (tmp_path / "Trip.jpg").symlink_to(tmp_path / "real", target_is_directory=True)
    listing = list_folder(str(tmp_path))
    assert names(listing, tmp_path) == ["real/a.jpg", "real/b.jpg"]
    assert listing.photos[0].size == listing.photos[1].size
    assert listing.skipped == (("(linked folder)", 2),)


def test_a_linked_folder_is_read_when_it_is_the_source(tmp_path: Path) -> None:
    put(tmp_path / "real" / "a.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert len(list_folder(str(tmp_path / "link")).photos) == 1


def test_links_that_lead_nowhere_are_failures(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing.jpg")
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing.txt")
    listing = list_folder(str(tmp_path))
    assert listing.failures == (
        Failure(str(tmp_path / "gone.jpg"), "a link to a file that does not exist"),
        Failure(str(tmp_path / "self.jpg"), "a link that leads back to itself"),
    )
    assert listing.skipped == ((".txt", 1),)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_pipes_and_sockets_named_as_pictures_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        listing = list_folder(str(tmp_path))
    assert listing.failures == (
        Failure(str(tmp_path / "pipe.jpg"), "a named pipe, not a file"),
        Failure(str(tmp_path / "socket.png"), "a socket, not a file"),
    )
    assert listing.skipped == (("(no suffix)", 1),)


def test_an_unreadable_folder_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1.jpg", "locked/2.jpg", "z/3.jpg"):
        put(tmp_path / name)
    scandir = os.scandir

    def guarded(path: str) -> object:  # the superuser, as whom tests may run, may read everything
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    listing = list_folder(str(tmp_path))
    assert names(listing, tmp_path) == ["a/1.jpg", "z/3.jpg"]
    assert listing.failures == (
        Failure(str(tmp_path / "locked"), "the folder can't be read: no permission to read it"),
    )
    with pytest.raises(SourceError, match=r"the folder .*locked can't be read: no permission"):
        list_photos(str(tmp_path / "locked"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_permissions_that_the_system_really_denies(tmp_path: Path) -> None:  # pragma: no cover
    put(tmp_path / "locked" / "a.jpg")
    (tmp_path / "locked").chmod(0)
    try:
        assert list_folder(str(tmp_path)).failures[0].error.endswith("no permission to read it")
    finally:
        (tmp_path / "locked").chmod(0o700)


@needs_bytes_names
def test_a_name_that_is_not_utf8_is_shown_escaped_and_opened_as_it_is(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with open(raw, "wb") as file:  # noqa: PTH123
        file.write(picture())
    (photo,) = list_folder(str(tmp_path)).photos
    assert photo.photo_id == f"{tmp_path}/caf\\xe9.jpg"
    assert os.fsencode(photo.path) == raw


@needs_bytes_names
def test_two_names_that_look_alike_once_escaped_are_never_confused(tmp_path: Path) -> None:
    put(tmp_path / "a\\xe9.jpg")
    put(tmp_path / os.fsdecode(b"a\xe9.jpg"))
    listing = list_folder(str(tmp_path))
    assert len(listing.photos) == 1
    assert listing.failures[0].error == "another file is shown under the same name; rename one of them"


@needs_bytes_names
def test_control_characters_are_escaped_and_letters_are_not(tmp_path: Path) -> None:
    put(tmp_path / "a\x1b[31m\n.jpg")
    put(tmp_path / "été 猫 👩\u200d🚀\u202f.jpg")
    shown = [photo.photo_id.removeprefix(f"{tmp_path}/") for photo in list_folder(str(tmp_path)).photos]
    assert shown == ["a\\x1b[31m\\x0a.jpg", "été 猫 👩\u200d🚀\u202f.jpg"]


def test_an_empty_picture_is_listed_and_left_to_the_reader(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", b"")
    put(tmp_path / "b", b"")
    listing = list_folder(str(tmp_path))
    assert [photo.size for photo in listing.photos] == [0]
    assert listing.skipped == (("(no suffix)", 1),)


def test_progress_is_told_in_steps_and_at_the_end(tmp_path: Path) -> None:
    for number in range(2100):
        (tmp_path / f"{number}.jpg").touch()
    told: list[int] = []
    list_photos(str(tmp_path), on_progress=told.append)
    assert told == [1000, 2000, 2100]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "a/c", "B"]), st.text("aBé0_", min_size=1, max_size=4)),
        unique=True,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_depend_on_the_order_of_creation(files: list[tuple[str, str]], random: object) -> None:
    found = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            for subfolder, name in files:
                put(Path(folder) / subfolder / f"{name}.jpg", b"x")
            found.append(names(list_folder(folder), Path(folder)))
        random.shuffle(files)  # type: ignore[attr-defined]
    assert found[0] == found[1]
    assert len(found[0]) == len(files)


def test_archives_in_a_folder_are_opened(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg", picture())
    with zipfile.ZipFile(tmp_path / "export.ZIP", "w") as archive:
        archive.writestr("phone/b.jpg", picture())
        archive.writestr("phone/c.mp4", b"no picture")
        archive.writestr("../evil.jpg", picture())
    with zipfile.ZipFile(tmp_path / "program.zip", "w") as archive:
        archive.writestr("setup.exe", b"no picture")
    put(tmp_path / "cut.zip", b"PK\x03\x04 cut short")
    listing = list_folder(str(tmp_path))
    names = [photo.photo_id.removeprefix(f"{tmp_path}/") for photo in listing.photos]
    assert names == ["a.jpg", "export.ZIP/phone/b.jpg"]
    refused = {failure.photo_id.removeprefix(f"{tmp_path}/"): failure.error for failure in listing.failures}
    assert set(refused) == {"export.ZIP/../evil.jpg", "cut.zip"}
    assert "damaged or incomplete" in refused["cut.zip"]
    assert listing.skipped == ((".mp4", 1), (".zip", 1))
