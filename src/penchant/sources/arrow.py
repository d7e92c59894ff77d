"""Pictures in Arrow files, as Hugging Face's `datasets` library keeps them on disk: a column of pictures, one a row.

    {"image": {"bytes": b"...", "path": "a.jpg"}, "label": 3, ...}

What the columns are is written in the schema ("huggingface") or in `dataset_info.json` beside the file; `state.json`
says which files are the dataset's and which are caches. Files are mapped into memory and gone through in batches.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.errors import PictureError, SourceError
from penchant.sources.entries import CHANGED, GONE, Entry
from penchant.sources.files import look_at
from penchant.sources.gathering import Gathering, OnProgress
from penchant.sources.limits import DEFAULT_LIMITS, Limits, show_bytes
from penchant.text import printable, valid_text
from penchant.types import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE, _STREAM = b"ARROW1", b"\xff\xff\xff\xff"
_TAG_COLUMNS = ("tags", "keywords")
_USER = "user_id"
_LONGEST_JSON = 1 << 24


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which columns hold what.

    Attributes:
        pictures: names of columns of {"bytes", "path"} or of bytes.
        classes: columns of class numbers, each with the classes' names.
        tags: columns of typed tags.
    """

    pictures: tuple[str, ...]
    classes: dict[str, tuple[str, ...]]
    tags: tuple[str, ...]
    user: str | None


def looks_like_arrow(head: bytes) -> bool:
    """Whether a file that begins with these bytes is an Arrow file or stream."""
    return head.startswith(_FILE) or (head.startswith(_STREAM) and 0 < int.from_bytes(head[4:8], "little") < 1 << 28)


def gather_arrow(
    source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None
) -> Gathering | None:
    """The pictures of an Arrow file in the order of its rows; None where it has none, or is a cache.

    A row's classes (by their names) and its column `tags` or `keywords` are the photo's tags; `user_id` is its user.

    Raises:
        SourceError: it can't be read.
    """
    if not _belongs(source):
        return None
    gathering = Gathering(on_progress)
    status = _look(source)
    row = 0
    for batch in _batches(source):
        columns = _columns_of(batch.schema, source)
        if not columns.pictures:
            return None
        described = list(_descriptions(batch, columns))
        for column in columns.pictures:
            for place, (size, path) in enumerate(_sizes(batch.column(column))):
                user, tags = described[place]
                member = f"{column}/{row + place}"
                photo_id = printable(f"{source}/{member}")
                try:
                    if size is None and path:
                        gathering.take(_outside(photo_id, source, path, user, tags))
                    elif size is None:
                        raise PictureError("the row holds no picture")
                    elif size > limits.max_file_bytes:
                        most = show_bytes(limits.max_file_bytes)
                        raise PictureError(f"refused: it has {show_bytes(size)}, and the limit is {most}")
                    else:
                        stamp = status.st_mtime_ns
                        gathering.take(Photo(photo_id, source, member, user, tags, size=size, stamp=stamp))
                except PictureError as error:
                    gathering.refuse(photo_id, str(error), user_id=user)
        row += batch.num_rows
    return gathering


class ArrowContainer:
    """The rows of an open Arrow file, by "column/row". Several threads may read at once."""

    def __init__(self, path: str) -> None:
        self._stamp = _look(path).st_mtime_ns
        self._batches = list(_batches(path))  # mapped, not loaded
        self._starts: list[int] = []
        rows = 0
        for batch in self._batches:
            self._starts.append(rows)
            rows += batch.num_rows
        self._rows = rows

    def find(self, member: str, photo: Photo) -> Entry:
        """The picture of a row. Raises PictureError."""
        if photo.stamp and photo.stamp != self._stamp:
            raise PictureError(CHANGED)
        column, _, number = member.rpartition("/")
        row = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else self._rows
        if row >= self._rows:
            raise PictureError(GONE)
        place = bisect_right(self._starts, row) - 1
        batch = self._batches[place]
        if column not in batch.schema.names:
            raise PictureError(GONE)
        values = _bytes_of(batch.column(column))
        value = None if values is None else values[row - self._starts[place]]
        if value is None or not value.is_valid:
            raise PictureError("the row holds no picture")
        return Entry(value.as_buffer().size, self._stamp, value)

    def read(self, entry: Entry, most: int) -> bytes:
        """The first `most` bytes of a picture."""
        value: bytes = entry.handle.as_buffer().slice(0, min(most, entry.size)).to_pybytes()
        return value

    def close(self) -> None:
        """Lets go of the file."""
        self._batches.clear()


def _look(source: str) -> Any:
    try:
        return look_at(source)
    except PictureError as error:
        raise SourceError(f"the dataset {printable(source)} can't be read: {error}") from error


def _batches(source: str) -> Iterator[Any]:
    """The batches of a file or stream, checked, because what a hostile file says of itself would be believed."""
    import pyarrow as pa

    try:
        with pa.memory_map(source) as file:
            start = file.read(len(_FILE))
            file.seek(0)
            if start == _FILE:
                reader = pa.ipc.open_file(file)
                found = (reader.get_batch(place) for place in range(reader.num_record_batches))
            else:
                found = iter(pa.ipc.open_stream(file))
            for batch in found:
                batch.validate(full=True)
                if len(set(batch.schema.names)) < batch.num_columns:  # asking for names also decodes them
                    raise ValueError("two columns have one name")
                yield batch
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        reason = printable(str(error)).split(". ")[0]
        raise SourceError(
            f"the dataset {printable(source)} is damaged or incomplete ({reason}); copy it again"
        ) from error


def _bytes_of(array: Any) -> Any:
    """The column of bytes: of a picture's struct its field `bytes`, of bytes itself; None where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        array = pc.struct_field(array, "bytes")
        kind = array.type
    return array if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else None


def _sizes(array: Any) -> Iterator[tuple[int | None, str | None]]:
    """For each row the bytes of its picture, None without, and its path."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _bytes_of(array)
    sizes = [None] * len(array) if values is None else pc.binary_length(values).to_pylist()
    paths: list[Any] = [None] * len(array)
    if pa.types.is_struct(array.type) and array.type.get_field_index("path") >= 0:
        paths = pc.struct_field(array, "path").to_pylist()
    for size, path in zip(sizes, paths, strict=True):
        yield size, path if isinstance(path, str) else None


def _outside(photo_id: str, source: str, path: str, user: str | None, tags: tuple[str, ...]) -> Photo:
    """A picture that the dataset only names, from the dataset's folder. Raises PictureError."""
    whole = str(Path(source).parent / path)
    try:
        status = look_at(whole)
    except PictureError as error:
        raise PictureError(f"{error}: {printable(whole)}") from error
    return Photo(photo_id, whole, None, user, tags, size=status.st_size, stamp=status.st_mtime_ns)


def _descriptions(batch: Any, columns: _Columns) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """For each row its user, and its tags: those that were typed, and the names of its classes."""
    named = {name: batch.column(name).to_pylist() for name in (*columns.tags, *columns.classes)}
    users = [None] * batch.num_rows if columns.user is None else batch.column(columns.user).to_pylist()
    for row in range(batch.num_rows):
        tags: list[str] = []
        for name in columns.tags:
            tags += _typed(named[name][row])
        for name, names in columns.classes.items():
            value = named[name][row]
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, int) and 0 <= number < len(names):
                    tags.append(names[number].replace("_", " "))
        user = users[row]
        yield None if user is None else valid_text(str(user)), tuple(dict.fromkeys(tags))


def _typed(value: object) -> list[str]:
    parts = value.split(";") if isinstance(value, str) else value if isinstance(value, list) else []
    return [tag for part in parts if isinstance(part, str) and (tag := part.strip())]


def _columns_of(schema: Any, source: str) -> _Columns:
    import pyarrow as pa

    features = _features(schema, source)
    pictures, classes, tags = [], {}, []
    for field in schema:
        feature = features.get(field.name)
        inner = feature.get("feature", feature) if isinstance(feature, dict) else None
        inner = inner[0] if isinstance(inner, list) and inner else inner
        inner = inner if isinstance(inner, dict) else {}
        struct = pa.types.is_struct(field.type) and field.type.get_field_index("bytes") >= 0
        single = struct or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
        kind = inner.get("_type")
        names = inner.get("names")
        if single and (kind == "Image" or (kind is None and struct)):
            pictures.append(field.name)
        elif kind == "ClassLabel" and isinstance(names, list) and all(isinstance(name, str) for name in names):
            classes[field.name] = tuple(names)
        elif field.name.lower() in _TAG_COLUMNS:
            tags.append(field.name)
    user = _USER if _USER in schema.names else None
    return _Columns(tuple(pictures), classes, tuple(tags), user)


def _features(schema: Any, source: str) -> dict[str, Any]:
    metadata = (schema.metadata or {}).get(b"huggingface")
    written = _object(_loads(metadata)).get("info") if metadata else None
    found = _object(written).get("features")
    if not isinstance(found, dict):
        found = _object(_beside(source, "dataset_info.json")).get("features")
    return _object(found)


def _belongs(source: str) -> bool:
    """Whether the dataset's own list of files names this one, or there is no such list."""
    files = _object(_beside(source, "state.json")).get("_data_files")
    if not isinstance(files, list) or not files:
        return True
    return Path(source).name in [file.get("filename") for file in files if isinstance(file, dict)]


def _beside(source: str, name: str) -> object:
    try:
        path = Path(source).with_name(name)
        return _loads(path.read_bytes()) if path.stat().st_size <= _LONGEST_JSON else None
    except OSError:
        return None


def _loads(text: bytes) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
