"""Columns of a table that photos don't need: groups, other ground truths, profiles; with the readers of all tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import SourceError
from penchant.sources.rows import Wanted, read_rows
from penchant.sources.table import TAG_SEPARATOR
from penchant.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penchant.sources.rows import Row

FIRST_ROW = 1
"""Rows are counted from here in messages, the header not among them."""


def read_columns(source: str, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a table, each with those of the columns that it has, or why it can't be read.

    Args:
        source: a Parquet, CSV or JSON file.
        columns: names; capitals don't matter. The table must have them all but the last, which rows may lack.

    Raises:
        SourceError: the table can't be read or lacks a column.
    """
    wanted = Wanted({name.strip().lower(): name for name in columns}, frozenset(columns[:1]), f"called {columns[0]}")
    needed = set(columns[:-1]) or set(columns)
    seen: set[str] = set()
    for row in read_rows(source, wanted):
        if not isinstance(row, str):
            seen.update(row)
        yield row
    if needed - seen:
        raise SourceError(f"the table {printable(source)} has no column {min(needed - seen)}, or it is empty")


def photo_columns(source: str, columns: Sequence[str]) -> dict[str, dict[tuple[str | None, str], tuple[str, ...]]]:
    """Extra columns of a table of photos: for each column, what it says of each photo, by user and photo.

    A cell is a list, or text that is split at ";", as tags are. Rows that name no photo are left alone: listing the
    photos reports them.

    Raises:
        SourceError: the table can't be read, or has no such column.
    """
    keys = ("user_id", "photo_id", "path", "url")
    names = {name: name for name in keys} | {name.strip().lower(): name for name in columns}
    wanted = Wanted(names, frozenset(columns), f"called {columns[0]}")
    found: dict[str, dict[tuple[str | None, str], tuple[str, ...]]] = {name: {} for name in columns}
    for row in read_rows(source, wanted):
        if isinstance(row, str):
            continue
        photo = text_of(row.get("photo_id")) or text_of(row.get("path")) or text_of(row.get("url"))
        for name in columns:
            cell = row.get(name)
            parts = cell if isinstance(cell, list) else str(cell).split(TAG_SEPARATOR) if cell is not None else []
            texts = tuple(text for part in parts if (text := text_of(part)))
            if photo and texts:
                found[name].setdefault((text_of(row.get("user_id")) or None, printable(photo)), texts)
    for name, cells in found.items():
        if not cells:
            raise SourceError(f"the table {printable(source)} has no column {name}, or it is empty")
    return found


def text_of(value: object) -> str:
    """A cell as text, trimmed; "" where it is empty. NaN is how some writers say empty."""
    return "" if value is None or value != value else str(value).strip()
