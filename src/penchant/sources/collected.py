"""The table that `penchant collect` writes: a row a picture, with all that is known about it.

`list_table` reads it back: relative paths start at the table's folder, and a picture in an archive has the archive's
path with the entry's behind it (`export.zip/photos/a.jpg`).
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from penchant.sources.holdings import NO_DETAILS, Details, Holdings, Link, place_of
from penchant.sources.table import TAG_SEPARATOR
from penchant.text import printable
from penchant.types import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from penchant.types import Photo

FORMATS = (".parquet", ".csv", ".jsonl")
"""Suffixes of the tables that can be written."""

COLUMNS = (
    "user_id", "photo_id", "path", "url", "tags", "licence",
    "title", "description", "keywords", "people", "favourite", "taken", "page", "source_id",
)  # fmt: skip
"""The columns of a table of photos, in their order."""

LINK_COLUMNS = ("kind", "photo_id", "url", "page", "tags", "licence", "title", "description", "taken")
"""The columns of a table of pictures that an export only names."""

_LISTS = frozenset({"tags", "keywords", "people"})
_NOT_TEXT = "its name is not UTF-8, which a {} table can't hold: rename it, or write a .jsonl table"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by column, and the photos that the table can't name."""

    rows: list[dict[str, Any]]
    failures: tuple[Failure, ...]


def rows_of(held: Holdings, table: Path, *, user: str | None) -> Rows:
    """The rows of a table.

    Args:
        held: what sources hold.
        table: where the table will be, which decides what paths are relative to and which names it can hold.
        user: whose photos they are, where the source doesn't say.
    """
    folder = os.path.abspath(table.parent)  # noqa: PTH100 - links stay as they are
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for photo in held.listing.photos:
        details = held.details.get(place_of(photo), NO_DETAILS)
        path = None if photo.url is not None else _path(photo, folder)
        if path is not None and table.suffix != ".jsonl" and not _is_text(path):
            failures.append(Failure(photo.photo_id, _NOT_TEXT.format(table.suffix), photo.user_id))
            continue
        rows.append(
            {
                **_cells(details),
                "user_id": photo.user_id or user,
                "photo_id": printable(path) if path else photo.photo_id,
                "path": path,
                "url": photo.url or details.url,
                "tags": list(photo.tags),
                "licence": photo.licence,
            }
        )
    return Rows(rows, tuple(failures))


def link_rows(links: Iterable[Link]) -> list[dict[str, Any]]:
    """The rows of a table of pictures that are only named."""
    return [{**_cells(link.details), "kind": link.kind, "photo_id": link.details.id} for link in links]


def write_rows(
    file: IO[bytes], suffix: str, rows: Sequence[dict[str, Any]], columns: Sequence[str], facts: Mapping[str, str]
) -> None:
    """Writes a table; in CSV lists are joined by ";", and the facts about the table go into Parquet only."""
    if suffix == ".parquet":
        _write_parquet(file, rows, columns, facts)
    elif suffix == ".jsonl":
        for row in rows:
            some = {name: row[name] for name in columns if row.get(name) not in (None, [])}
            file.write(json.dumps(some).encode() + b"\n")  # ASCII: also names that are not UTF-8 come back
    else:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([_joined(row.get(name)) for name in columns] for row in rows)
        text.detach()


def _write_parquet(
    file: IO[bytes], rows: Sequence[dict[str, Any]], columns: Sequence[str], facts: Mapping[str, str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: pa.list_(pa.string()) if name in _LISTS else pa.string() for name in columns}
    if "favourite" in kinds:
        kinds["favourite"] = pa.bool_()
    schema = pa.schema(kinds, metadata=dict(facts))
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), file, compression="zstd")


def _cells(details: Details) -> dict[str, Any]:
    return {
        "url": details.url,
        "tags": list(details.tags),
        "licence": details.licence,
        "title": details.title,
        "description": details.description,
        "keywords": list(details.keywords),
        "people": list(details.people),
        "favourite": details.favourite,
        "taken": details.taken,
        "page": details.page,
        "source_id": details.id,
    }


def _path(photo: Photo, folder: str) -> str:
    """Where a picture is: from the table's folder if it lies below it, else from the root."""
    whole = os.path.abspath(photo.path)  # noqa: PTH100 - links stay as they are
    inside = folder if folder.endswith(os.sep) else folder + os.sep
    path = whole.removeprefix(inside)
    path = path.replace(os.sep, "/") if os.sep != "/" else path
    return path if photo.member is None else f"{path}/{photo.member}"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _joined(cell: Any) -> Any:
    if isinstance(cell, list):
        return TAG_SEPARATOR.join(str(part).replace(TAG_SEPARATOR, ",") for part in cell)
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else cell
