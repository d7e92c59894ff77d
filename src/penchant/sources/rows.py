"""The rows of a table of photos, as they stand in a Parquet, CSV or JSON file."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeAlias

from penchant.errors import SourceError
from penchant.sources.files import reason_of
from penchant.sources.names import suffix_of
from penchant.text import printable

COLUMNS = ("user_id", "photo_id", "path", "url", "tags", "licence")
"""What a table may hold; it must hold `path` or `url`."""

Cells: TypeAlias = Mapping[str, object]
"""One row's values by the known name of their column."""

Row: TypeAlias = Cells | str
"""A row, or why it can't be read."""

_ALIASES = {**{name: name for name in COLUMNS}, "license": "licence"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which columns to read.

    Attributes:
        names: what a column may be called, in small letters, and what it is known by.
        needed: the table must have at least one of these.
        what_for: why, in two words.
    """

    names: Mapping[str, str] = field(default_factory=lambda: _ALIASES)
    needed: frozenset[str] = frozenset({"path", "url"})
    what_for: str = "for pictures"

    def known(self, column: str) -> str | None:
        """The name under which a column is known; capitals and spaces around it don't matter."""
        return self.names.get(column.strip().lower())


PHOTOS = Wanted()
"""The columns of a table of photos."""
_BATCH = 16_384
_DELIMITERS = ",;\t"
_MOST_SHOWN = 20


def read_rows(source: str, wanted: Wanted = PHOTOS) -> Iterator[Row]:
    """The rows of a table in their order, blank lines of CSV and JSON files left out.

    Args:
        source: the table.
        wanted: its columns; others are left alone.

    Raises:
        SourceError: it can't be read, isn't what its suffix says, or has no column for pictures.
    """
    suffix = suffix_of(Path(source).name)
    if suffix == ".parquet":
        return _parquet(source, wanted)
    if suffix in (".csv", ".tsv"):
        return _csv(source, wanted)
    return _json(source, wanted)


def _known_columns(source: str, columns: Iterable[str], wanted: Wanted) -> dict[str, str]:
    """The columns to read, each with the name it is known by. Raises SourceError if none is what is needed."""
    found = list(columns)
    known: dict[str, str] = {}
    for column in found:
        name = wanted.known(column)
        if name is None:
            continue
        if name in known.values():
            raise SourceError(f"the table {printable(source)} has two columns {name}; rename or remove one")
        known[column] = name
    if not wanted.needed & set(known.values()):
        shown = ", ".join(printable(column) for column in found[:_MOST_SHOWN]) or "none"
        more = ", ..." if len(found) > _MOST_SHOWN else ""
        names = dict.fromkeys(wanted.names.values())
        needed = " or ".join(name for name in names if name in wanted.needed)
        others = ", ".join(name for name in names if name not in wanted.needed)
        raise SourceError(
            f"the table {printable(source)} has no column {wanted.what_for}: it has {shown}{more}; it needs {needed}"
            + (f", and may have {others}" if others else "")
        )
    return known


def _unreadable(source: str, error: Exception) -> SourceError:
    known = isinstance(error, OSError) and error.errno
    reason = reason_of(error) if isinstance(error, OSError) and known else printable(str(error)).rstrip(".")
    return SourceError(f"the table {printable(source)} can't be read: {reason}")


def _open(source: str) -> IO[bytes]:
    try:
        return open(source, "rb")  # noqa: PTH123 - a name that isn't UTF-8 goes through as it is
    except OSError as error:
        raise _unreadable(source, error) from error


def _parquet(source: str, wanted: Wanted) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _open(source) as file:
        try:
            table = pq.ParquetFile(file)
            known = _known_columns(source, table.schema_arrow.names, wanted)
            for batch in table.iter_batches(batch_size=_BATCH, columns=list(known)):
                columns = [batch.column(column).to_pylist() for column in known]
                for values in zip(*columns, strict=True):
                    yield dict(zip(known.values(), values, strict=True))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _unreadable(source, error) from error


def _text_lines(source: str, file: IO[bytes]) -> Iterator[str]:
    """Lines with their ends, no byte-order mark. Bytes that are not UTF-8 stay as surrogate escapes."""
    try:
        first = file.readline()
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise SourceError(f"the table {printable(source)} is in UTF-16; save it as UTF-8")
        yield first.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
        for line in file:
            yield line.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise _unreadable(source, error) from error


def _csv(source: str, wanted: Wanted) -> Iterator[Row]:
    with _open(source) as file:
        lines = _text_lines(source, file)
        first = next(lines, "")
        header, delimiter = _header(first, wanted)
        if not header:
            raise SourceError(f"the table {printable(source)} is empty or does not begin with its columns' names")
        known = [(header.index(column), name) for column, name in _known_columns(source, header, wanted).items()]
        reader = csv.reader(lines, delimiter=delimiter)
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield f"not readable as CSV ({error})"
                continue
            if len(values) > len(header) and any(values[len(header) :]):
                yield f"{len(values)} values for {len(header)} columns; quote values that hold the delimiter"
            elif any(values):
                yield {name: values[index] for index, name in known if index < len(values) and values[index]}


def _header(line: str, wanted: Wanted) -> tuple[list[str], str]:
    """The columns' names, and the delimiter that makes most of them known; of equals, most columns."""
    best: tuple[list[str], str] = ([], "\t")
    for delimiter in reversed(_DELIMITERS):  # a lone column keeps the tab, which paths don't hold
        try:
            columns = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            continue
        if _rank(columns, wanted) > _rank(best[0], wanted):
            best = columns, delimiter
    return best


def _rank(columns: list[str], wanted: Wanted) -> tuple[int, int]:
    return sum(wanted.known(column) is not None for column in columns), len(columns)


def _json(source: str, wanted: Wanted) -> Iterator[Row]:
    """One object a line, or one list of objects."""
    with _open(source) as file:
        lines = _text_lines(source, file)
        first = next((line for line in lines if line.strip()), "")
        if first.lstrip().startswith("["):
            values: Iterable[object] = _json_list(source, first + "".join(lines))
        else:
            values = (_json_value(line) for line in _chain(first, lines) if line.strip())
        seen: dict[str, None] = {}
        readable = False
        first_reason = None
        for value in values:
            row = _json_row(value, wanted)
            if isinstance(row, str):
                first_reason = first_reason or row
            else:
                readable = readable or not wanted.needed.isdisjoint(row)
                if not readable and isinstance(value, dict):
                    seen.update(dict.fromkeys(value))
            yield row
    if seen and not readable:
        _known_columns(source, seen, wanted)
    if first_reason and not readable and not seen:
        raise SourceError(f"the table {printable(source)} holds no rows, one JSON object a line: {first_reason}")


def _chain(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


class _Unreadable(str):
    """Why a line isn't JSON; distinct from a line that is a JSON string."""

    __slots__ = ()


def _json_value(text: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        return _Unreadable("nested too deeply")
    except ValueError as error:
        return _Unreadable(f"not JSON ({error})")


def _json_list(source: str, text: str) -> list[object]:
    values = _json_value(text)
    if isinstance(values, list):
        return values
    raise SourceError(f"the table {printable(source)} can't be read: {values}")


def _json_row(value: object, wanted: Wanted) -> Row:
    if isinstance(value, _Unreadable):
        return str(value)
    if not isinstance(value, dict):
        return "not a JSON object"
    row = {}
    for column, cell in value.items():
        name = wanted.known(column)
        if name is not None:
            row[name] = cell
    return row
