from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from penchant import sources
from penchant.errors import SourceError
from penchant.sources import list_photos, merge_listings
from penchant.text import printable
from penchant.types import Failure, Listing, Photo

from .pictures import picture, put

if TYPE_CHECKING:
    from pathlib import Path


def test_the_public_names() -> None:
    assert sorted(sources.__all__) == [
        "DEFAULT_LIMITS",
        "Details",
        "Holdings",
        "Kind",
        "Limits",
        "Link",
        "OnProgress",
        "PICTURE_SUFFIXES",
        "PictureReader",
        "TABLE_SUFFIXES",
        "list_photos",
        "look_into",
        "look_into_all",
        "merge_listings",
        "with_keywords",
    ]


def test_the_import_loads_no_heavy_library() -> None:
    code = "import sys, penchant.sources; sys.exit(bool({'pyarrow', 'numpy', 'PIL'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["a.jpg", "noname", "odd.dat"])
def test_a_single_picture_is_a_source(tmp_path: Path, name: str) -> None:
    file = put(tmp_path / name)
    status = file.stat()
    assert list_photos(str(file)).photos == (
        Photo(str(file), str(file), size=status.st_size, stamp=status.st_mtime_ns),
    )


def test_an_empty_picture_is_a_source_too(tmp_path: Path) -> None:
    assert len(list_photos(str(put(tmp_path / "a.jpg", b""))).photos) == 1


def test_a_picture_with_an_archive_behind_it_is_a_picture(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.jpg", picture())
    file = put(tmp_path / "a.jpg", picture() + (tmp_path / "a.zip").read_bytes())
    assert list_photos(str(file)).photos[0].member is None


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is no picture, folder, archive \(zip, tar\) or table of photos"):
        list_photos(str(put(tmp_path / "notes.txt", b"hello")))


@pytest.mark.parametrize("name", ["gone", "gone/deeper.jpg", "a.jpg/b.jpg", ""])
def test_a_source_that_does_not_exist_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path / "a.jpg")
    with pytest.raises(SourceError, match=r"there is no file or folder .*check the spelling"):
        list_photos(str(tmp_path / name) if name else "")


def test_odd_sources_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is an address of a kind that is not fetched; .* or a file"):
        list_photos("ftp://example.org/a.jpg")
    with pytest.raises(SourceError, match="its name is not one that this system can have"):
        list_photos("a\0b")
    with pytest.raises(SourceError, match="a device, not a file"):
        list_photos(os.devnull)


def test_a_source_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path / "a.jpg")

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", denied)
        with pytest.raises(SourceError, match=r"a\.jpg can't be read: no permission to read it"):
            list_photos(str(file))


def test_listings_merge_in_their_order() -> None:
    one = Photo("a", "a")
    merged = merge_listings(
        [
            Listing((one, Photo("b", "b")), (Failure("x", "why"),), ((".mov", 2),)),
            Listing(
                (Photo("c", "c"), Photo("a", "a"), Photo("b", "other")),
                (Failure("x", "why"),),
                ((".mov", 1), (".txt", 9)),
            ),
        ]
    )
    assert merged == Listing(
        (one, Photo("b", "b"), Photo("c", "c")),
        (Failure("x", "why"), Failure("b", "another picture has this photo_id already: b")),
        ((".txt", 9), (".mov", 3)),
    )
    assert merge_listings([]) == Listing()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain é 猫.jpg", "plain é 猫.jpg"),
        ("\udcff", "\\xff"),
        ("\udcc3\udca9", "é"),
        ("\ud83d", "\\ud83d"),
        ("a\u202eb\u2028\x85", "a\\u202eb\\u2028\\x85"),
        ("nb\u00a0sp", "nb\u00a0sp"),
    ],
)
def test_what_is_shown_of_a_name(name: str, shown: str) -> None:
    assert printable(name) == shown
