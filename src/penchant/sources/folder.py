"""Pictures in a folder and the folders below it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from penchant.errors import PictureError, SourceError
from penchant.sources.containers import gather_container
from penchant.sources.files import look_at, read_head, reason_of, refuse_unless_regular
from penchant.sources.formats import (
    ARCHIVE_SUFFIXES,
    HEAD_BYTES,
    PACKED,
    PACKED_SUFFIXES,
    PICTURE_SUFFIXES,
    SIDE_SUFFIXES,
    looks_like_picture,
)
from penchant.sources.gathering import LINKED_FOLDER, Gathering, OnProgress, SideFile
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.names import is_overlooked, suffix_of
from penchant.text import printable
from penchant.types import Listing, Photo

RUN_MARKER = "penchant-run.json"  # what marks a run's folder; `storage` writes it
_EXPORTS = "takeout-"  # Google's, which come as .tgz for who asks for that
_MOUNT_POINT = 0xA0000003  # Windows' IO_REPARSE_TAG_MOUNT_POINT; OneDrive's folders bear other tags and are entered


def list_folder(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Listing:
    """The pictures of a folder; see `gather_folder`."""
    return gather_folder(source, limits=limits, on_progress=on_progress).listing()


def gather_folder(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Gathering:
    """The pictures of a folder, of the folders below it, and of the archives in them; and the files about them.

    The order is stable: a folder's own pictures by name, then its subfolders by name, each with all below it.
    Hidden and system files and folders are passed over, and so are runs' folders; linked folders are counted but not
    entered (they can lead round in circles), linked files are followed. What can't be read costs only itself.

    Raises:
        SourceError: the folder itself can't be read.
    """
    gathering = Gathering(on_progress)
    shown: set[str] = set()
    entries, error = _scan(source)
    if error is not None and not entries:
        raise SourceError(f"the folder {printable(source)} can't be read: {reason_of(error)}") from error
    pending = [(source, Path(source).name)]
    while pending:
        folder, name = pending.pop()
        if folder is not source:
            entries, error = _scan(folder)
            if any(entry.name == RUN_MARKER for entry in entries):
                continue
        if error is not None:
            gathering.refuse(folder, f"the folder can't be read: {reason_of(error)}")
        subfolders = []
        for entry in entries:
            if is_overlooked(entry.name, name):
                continue
            try:
                if not entry.is_dir(follow_symlinks=False):
                    _look(entry, gathering, shown, limits)
                elif _is_junction(entry):
                    gathering.skip(LINKED_FOLDER)
                else:
                    subfolders.append((entry.path, entry.name))
            except (OSError, PictureError, SourceError) as failure:
                reason = reason_of(failure) if isinstance(failure, OSError) else str(failure)
                gathering.refuse(entry.path, reason)
        pending.extend(reversed(subfolders))
    return gathering


def list_file(source: str) -> Listing:
    """One picture, given by its own name. Raises PictureError where it is no regular file."""
    gathering = Gathering()
    status = look_at(source)
    gathering.take(Photo(printable(source), source, size=status.st_size, stamp=status.st_mtime_ns))
    return gathering.listing()


def _scan(folder: str) -> tuple[list[os.DirEntry[str]], OSError | None]:
    """The entries of a folder by name, and the error that ended the reading, if one did."""
    entries: list[os.DirEntry[str]] = []
    error = None
    try:
        with os.scandir(folder) as found:
            entries.extend(found)
    except OSError as caught:
        error = caught
    entries.sort(key=lambda entry: entry.name)
    return entries, error


def _is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether this is a Windows junction, which is a folder to the system and a link in effect."""
    return getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _MOUNT_POINT


def _look(entry: os.DirEntry[str], gathering: Gathering, shown: set[str], limits: Limits) -> None:
    """Take, skip or refuse one entry that is no folder. Raises PictureError and OSError."""
    linked = entry.is_symlink()
    if linked and entry.is_dir():
        gathering.skip(LINKED_FOLDER)
        return
    suffix = suffix_of(entry.name)
    if suffix in ARCHIVE_SUFFIXES:
        inside = gather_container(entry.path, limits=limits)
        if inside is None or inside.is_empty:
            gathering.skip(suffix)
        else:
            gathering.add(inside)
        return
    if suffix in SIDE_SUFFIXES and entry.is_file():  # no broken link, no pipe
        gathering.lay_aside(SideFile(entry.path, size=entry.stat().st_size))
        return
    if entry.name.startswith(_EXPORTS) and entry.name.lower().endswith(PACKED_SUFFIXES):
        raise PictureError(PACKED)  # what else is packed so may be anything
    if suffix and suffix not in PICTURE_SUFFIXES:
        gathering.skip(suffix)
        return
    try:
        status = entry.stat()
    except FileNotFoundError as error:
        raise PictureError("a link to a file that does not exist" if linked else reason_of(error)) from error
    if not suffix and not (stat.S_ISREG(status.st_mode) and looks_like_picture(read_head(entry.path, HEAD_BYTES))):
        gathering.skip(suffix)
        return
    refuse_unless_regular(status)
    photo_id = printable(entry.path)
    if photo_id != entry.path:
        # A name that had to be escaped may meet another such, or a file that really bears the escaped name.
        if photo_id in shown or _exists(photo_id):
            raise PictureError("another file is shown under the same name; rename one of them")
        shown.add(photo_id)
    gathering.take(Photo(photo_id, entry.path, size=status.st_size, stamp=status.st_mtime_ns))


def _exists(path: str) -> bool:
    try:
        os.lstat(path)
    except OSError:
        return False
    return True
