"""Names of files: how they are shown, what their suffix is, and which are passed over without a word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SYSTEM = frozenset(
    {
        "$recycle.bin",
        "recycler",
        "system volume information",
        "lost+found",
        "__macosx",
        "@eadir",  # Synology: thumbnails
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP
        "@recently-snapshot",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",
        "ipod photo cache",
    }
)
_LIBRARIES = (".photoslibrary", ".photolibrary", ".migratedphotolibrary", ".aplibrary")
_ORIGINALS = frozenset({"originals", "masters"})

_LONGEST_SUFFIX = 16
_DRIVE = re.compile(r"[A-Za-z]:")


def suffix_of(name: str) -> str:
    """The suffix in lower case with its dot (".jpg"), or "" where what follows the last dot is no suffix.

    Numbers ("2019.05.12"), long words and words with spaces ("St. Ives") are no suffixes.
    """
    stem, _, suffix = name.rpartition(".")
    if not stem or not suffix or len(suffix) > _LONGEST_SUFFIX or suffix.isdigit() or " " in suffix:
        return ""
    return f".{suffix.lower()}"


def is_climbing(name: str) -> bool:
    """Whether a name inside an archive is absolute, climbs by "..", names a drive, or hides something behind a NUL."""
    name = name.replace("\\", "/")
    return name.startswith("/") or bool(_DRIVE.match(name)) or "\0" in name or ".." in name.split("/")


def split_place(path: str, member: str | None) -> tuple[str, str]:
    """The folder and the name of a file, with what lies in an archive as if the archive were a folder."""
    whole = path if member is None else f"{path}/{member}"
    folder, _, name = whole.replace("\\", "/").rpartition("/")
    return folder, name


def is_photo_library(name: str) -> bool:
    """Whether a folder of this name is a library of Apple's Photos, iPhoto or Aperture."""
    return name.lower().endswith(_LIBRARIES)


def is_overlooked(name: str, parent: str = "") -> bool:
    """Whether a file or folder is passed over without being counted: hidden, the system's, or a derived
    picture.

    `parent` is the name of its folder: a photo library holds a person's own pictures in `originals` (formerly
    `Masters`) only, and thumbnails and renderings of them elsewhere.
    """
    if name.startswith("."):
        return True
    folded = name.lower()
    return folded in _SYSTEM or (is_photo_library(parent) and folded not in _ORIGINALS)


def any_overlooked(parts: Sequence[str]) -> bool:
    """Whether any part of a path inside an archive is overlooked."""
    return any(is_overlooked(part, parent) for parent, part in zip(("", *parts), parts, strict=False))
