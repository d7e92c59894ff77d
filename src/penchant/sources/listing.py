"""What a source is, and what it holds."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.errors import PictureError, SourceError
from penchant.sources.archive import list_archive
from penchant.sources.files import read_head, reason_of
from penchant.sources.folder import list_file, list_folder
from penchant.sources.formats import HEAD_BYTES, PICTURE_SUFFIXES, TABLE_SUFFIXES, looks_like_picture
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.names import suffix_of
from penchant.sources.table import list_table
from penchant.text import printable

if TYPE_CHECKING:
    from penchant.sources.gathering import OnProgress
    from penchant.types import Listing

_ZIP_START = b"PK\3\4"


def list_photos(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Listing:
    """The photos of a source, whatever its kind: a folder, a picture, a zip archive or a table of photos.

    Archives are known by their content, tables by their suffix. No picture is opened, except to tell by its
    first bytes what a file without a suffix is.

    Args:
        source: a path as the user gave it; photo ids begin with it. `~` is not expanded.
        limits: what one source may cost.
        on_progress: called now and then with the number of photos found so far.

    Raises:
        SourceError: there is no such source, or the whole of it can't be read; one sentence, with the way
        out.
    """
    name = printable(source)
    try:
        is_folder = bool(source) and Path(source).is_dir()
        head = b"" if is_folder else read_head(source, HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name} can't be read: {reason_of(error)}") from error
    except PictureError as error:
        raise SourceError(_absent(source, str(error))) from error
    if is_folder:
        return list_folder(source, limits=limits, on_progress=on_progress)
    suffix = suffix_of(Path(source).name)
    if _is_archive(source, suffix, head):
        return list_archive(source, limits=limits, on_progress=on_progress)
    if suffix in TABLE_SUFFIXES:
        return list_table(source, on_progress=on_progress)
    if suffix in PICTURE_SUFFIXES or looks_like_picture(head):
        try:
            return list_file(source)
        except PictureError as error:  # it went away just now
            raise SourceError(_absent(source, str(error))) from error
    if suffix == ".zip" or head.startswith(_ZIP_START):
        raise SourceError(f"the archive {name} is damaged or incomplete; copy or download it again")
    kinds = ", ".join(sorted(TABLE_SUFFIXES))
    raise SourceError(f"{name} is no picture, folder, zip archive or table of photos ({kinds})")


def _is_archive(source: str, suffix: str, head: bytes) -> bool:
    # Pictures and tables can hold an archive's end mark by chance or by intent; they are what they begin as.
    if not head.startswith(_ZIP_START[:2]) and (suffix in TABLE_SUFFIXES or looks_like_picture(head)):
        return False
    try:
        return zipfile.is_zipfile(source)
    except OSError:
        return False


def _absent(source: str, reason: str) -> str:
    name = printable(source) or "of an empty name"
    if "://" in source:
        return f"{name} is an address; this version reads files only, so download it first and give the file"
    if reason == "file not found":
        return f"there is no file or folder {name}; check the spelling, and put quotes round a name with spaces"
    return f"{name} can't be read: {reason}"
