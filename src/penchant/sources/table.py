"""Photos and their tags from a table: Parquet, CSV or JSON lines."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from penchant.errors import PictureError
from penchant.sources.fetch.policy import address_stamp, check_address
from penchant.sources.files import look_at
from penchant.sources.gathering import Gathering, OnProgress
from penchant.sources.members import MemberFinder
from penchant.sources.rows import Cells, Row, read_rows
from penchant.text import printable
from penchant.types import Listing, Photo

TAG_SEPARATOR = ";"


def list_table(source: str, *, on_progress: OnProgress | None = None) -> Listing:
    """The photos that a table names, in the order of its rows.

    Columns: `path` (relative ones start at the table's folder; `~` is not expanded; an entry of an archive is
    `archive.zip/entry.jpg`), `user_id` (missing: one person, not named), `photo_id` (missing: the path as the table
    has it), `tags` (a list, or one string split at ";"), `licence` or `license`, `url` (used where `path` is empty or
    leads to no file: nothing is fetched here). Other columns are left alone. A row that can't be used is a failure
    that names its number, from 1.

    Raises:
        SourceError: the table can't be read, or has neither a column `path` nor a column `url`.
    """
    gathering = Gathering(on_progress)
    name = Path(source).name
    folder = source.removesuffix(name)
    seen: dict[str | None, set[str]] = {}
    with MemberFinder() as members:
        for number, row in enumerate(read_rows(source), start=1):
            try:
                photo = _photo(row, folder, members)
                ids = seen.setdefault(photo.user_id, set())
                if photo.photo_id in ids:
                    whose = "" if photo.user_id is None else f" of user {photo.user_id}"
                    raise PictureError(f"another row{whose} has this photo_id already")
                ids.add(photo.photo_id)
            except PictureError as error:
                shown = _name_of(row) or f"{source}, row {number}"
                gathering.refuse(shown, f"row {number} of {printable(name)}: {error}", user_id=_user_of(row))
            else:
                gathering.take(photo)
    return gathering.listing()


def _photo(row: Row, folder: str, members: MemberFinder) -> Photo:
    """The photo of a row. Raises PictureError with the reason against it."""
    if isinstance(row, str):
        raise PictureError(row)
    path = row.get("path")
    url = _text(row, "url")
    if path is None or path == "":
        if url is None:
            raise PictureError("it names no picture: it has neither path nor url")
        return _at_address(row, url)
    if not isinstance(path, str):
        raise PictureError(f"path is {_kind(path)}, not text")
    user_id, photo_id = _text(row, "user_id"), _text(row, "photo_id")
    tags, licence = _tags(row.get("tags")), _text(row, "licence")
    # Not a Path: a million of them take longer than all the rest. An absolute path stays as it is.
    whole = os.path.join(folder, path)  # noqa: PTH118
    try:
        status = look_at(whole)
        found = Photo(path, whole, size=status.st_size, stamp=status.st_mtime_ns)
    except PictureError as error:
        entry = members.find(whole)
        if entry is None and url is not None:
            return _at_address(row, url)
        if entry is None:
            raise PictureError(f"{error}: {printable(whole)}") from error
        found = entry
    return replace(found, photo_id=printable(photo_id or path), user_id=user_id, tags=tags, licence=licence)


def _at_address(row: Cells, url: str) -> Photo:
    """The photo of a row whose picture is still to be fetched. Raises PictureError."""
    check_address(url)
    return Photo(
        printable(_text(row, "photo_id") or url),
        printable(url),
        user_id=_text(row, "user_id"),
        tags=_tags(row.get("tags")),
        stamp=address_stamp(url),
        licence=_text(row, "licence"),
        url=url,
    )


def _text(cells: Cells, column: str) -> str | None:
    """A cell as text, trimmed; None where it is empty. Whole numbers are text too, as ids often are."""
    value = cells.get(column)
    if value is None or value != value:  # NaN is how some writers say empty
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise PictureError(f"{column} is {_kind(value)}, not text")
    return _utf8(value.strip(), column) or None


def _tags(value: object) -> tuple[str, ...]:
    if value is None or value != value:
        return ()
    if isinstance(value, str):
        parts: list[object] = list(value.split(TAG_SEPARATOR))
    elif isinstance(value, list):
        parts = [part for part in value if part is not None]
    else:
        raise PictureError(f"tags is {_kind(value)}, not a list or text")
    tags = []
    for part in parts:
        if not isinstance(part, str):
            raise PictureError(f"tags holds {_kind(part)}, not only text")
        if tag := part.strip():
            tags.append(_utf8(tag, "tags"))
    return tuple(tags)


def _utf8(text: str, column: str) -> str:
    if text.isascii():  # most are, and there are millions of them
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PictureError(f"{column} is not UTF-8; save the table as UTF-8") from None
    return text


def _kind(value: object) -> str:
    for kinds, words in (((bool,), "true or false"), ((int, float), "a number"), ((list, tuple), "a list")):
        if isinstance(value, kinds):
            return words
    return "bytes" if isinstance(value, bytes) else "an object" if isinstance(value, dict) else "of another type"


def _user_of(row: Row) -> str | None:
    user = None if isinstance(row, str) else row.get("user_id")
    return printable(str(user)) if isinstance(user, str | int) and user != "" else None


def _name_of(row: Row) -> str | None:
    """What a refused row may be called: its photo_id, path or address."""
    if isinstance(row, str):
        return None
    return next((v for c in ("photo_id", "path", "url") if isinstance(v := row.get(c), str) and v.strip()), None)
