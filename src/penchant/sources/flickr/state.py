"""What a collection has so far: one SQLite file in its folder, in which each answer is kept as it comes.

Everything that one answer brought is one transaction, so a process may be killed at any moment: what was asked and
answered is there, and is not asked again.

`schema` says what is in which table.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from penchant.errors import StorageError
from penchant.online.wal import open_wal
from penchant.sources.flickr.schema import NAME, SCHEMA, SCHEMA_VERSION, check_folder
from penchant.sources.flickr.sizes import SIZES
from penchant.sources.flickr.wire import FlickrPhoto, Page, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

FAVOURITES, OWN = "favourite", "own"

_WAIT = 30.0
_SIZES = {size.letter: size for size in SIZES}


@dataclass(frozen=True, slots=True)
class ListRow:
    """One person's list, as `schema` describes it. `number` 0: not in the file yet; `entries`: photos so far."""

    number: int
    user_id: str
    kind: str
    state: str
    page: int
    until: int | None
    error: str | None
    entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A photo in a list, as the table has it. `path` is relative to the collection's folder."""

    user_id: str
    kind: str
    favourited: int | None
    photo: FlickrPhoto
    raw_tags: tuple[str, ...] | None
    letter: str | None
    path: str | None


class Collection:
    """A folder's collection; a context manager.

    Args:
        folder: made if it isn't there.
        create: False refuses a folder that holds none.

    Raises:
        UsageError: the folder holds something else, or no collection.
        StorageError: here and everywhere, when the file can't be used.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.folder = folder
        self.path = folder / NAME
        check_folder(folder, create=create)
        with self._guarded():
            folder.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():  # whose favourites these are is nobody else's affair
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self.database = open_wal(self.path, SCHEMA, wait=_WAIT)
        version = self.fact("schema_version")
        if version is None:
            self.set_fact("schema_version", str(SCHEMA_VERSION))
        elif int(version) > SCHEMA_VERSION:
            self.database.close()
            raise StorageError(f"{self.path} is of a newer Penchant: upgrade, or collect into another folder")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All statements of the block, or none; on disk when it ends."""
        with self._guarded():
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield self.database
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            self.database.execute("COMMIT")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self._guarded():
            return self.database.execute(query, tuple(values)).fetchall()

    def count(self, query: str, values: Sequence[object] = ()) -> int:
        """The number that a query gives."""
        return int(str(self.rows(query, values)[0][0]))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = getattr(error, "strerror", None) or error
            raise StorageError(
                f"the collection {self.path} can't be used ({reason}): make room or mend it, and run again"
            ) from error

    # ---- facts

    def fact(self, name: str) -> str | None:
        """Something that was written down about the whole collection."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(found[0][0]) if found else None

    def set_fact(self, name: str, value: str) -> None:
        """Writes it down."""
        with self.transaction() as database:
            database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # ---- lists and their photos

    def add_list(self, user_id: str, kind: str) -> int:
        """The number of a person's list, new or not."""
        with self.transaction() as database:
            return _add_list(database, user_id, kind)

    def lists(self, *, kind: str | None = None, user_id: str | None = None) -> list[ListRow]:
        """All lists, or those of one kind, or of one person, in the order in which they were added."""
        found = self.rows(
            "SELECT place, user_id, kind, state, page, until, error, "
            "(SELECT count(*) FROM entries WHERE list = lists.place) FROM lists "
            "WHERE ifnull(?, kind) = kind AND ifnull(?, user_id) = user_id ORDER BY place",
            (kind, user_id),
        )
        return [ListRow(*row) for row in found]  # type: ignore[arg-type]

    def list_of(self, user_id: str, kind: str) -> ListRow:
        """A person's list as it is now; it must be there."""
        return self.lists(kind=kind, user_id=user_id)[0]

    def add_page(
        self, row: ListRow, page: Page, *, most: int | None, until: int | None, accept: str | None = None
    ) -> None:
        """Keeps one answer: its photos up to `most` of the list, and what is to be asked next.

        Args:
            row: the list.
            page: the answer.
            most: photos that the list shall hold; None for all.
            until: see `lists.until`.
            accept: the candidate who is taken with this answer.
        """
        with self.transaction() as database:
            number = row.number or _add_list(database, row.user_id, row.kind)
            if accept is not None:
                database.execute("UPDATE candidates SET state = 'taken' WHERE user_id = ?", (accept,))
            database.executemany(
                "INSERT OR REPLACE INTO odd VALUES (?, ?, ?)", [(number, name, error) for name, error in page.odd]
            )
            (have,) = database.execute("SELECT count(*) FROM entries WHERE list = ?", (number,)).fetchone()
            full = False
            for photo in page.photos:
                if most is not None and have >= most:
                    full = True
                    break
                if photo.video or not photo.pictures:
                    reason = "a video" if photo.video else "the service gives no address of its picture"
                    database.execute("INSERT OR REPLACE INTO odd VALUES (?, ?, ?)", (number, photo.photo_id, reason))
                    continue
                _keep_photo(database, photo)
                have += database.execute(
                    "INSERT OR IGNORE INTO entries "
                    "SELECT ?, ?, ifnull(max(place), 0) + 1, ? FROM entries WHERE list = ?",
                    (number, photo.photo_id, photo.favourited, number),
                ).rowcount
            last = page.page >= page.pages or not (page.photos or page.odd)
            enough = most is not None and have >= most
            state = "done" if last and not full else "enough" if enough else "open"
            # A page of which not all was wanted is asked for again when more is.
            database.execute(
                "UPDATE lists SET state = ?, page = ?, until = ?, total = ?, error = NULL WHERE place = ?",
                (state, page.page + (not full and not last), until, page.total, number),
            )

    def close_list(self, row: ListRow, state: str, error: str | None) -> None:
        """Writes down that a list can't be had, or isn't to be read on."""
        with self.transaction() as database:
            database.execute("UPDATE lists SET state = ?, error = ? WHERE place = ?", (state, error, row.number))

    def entries(self) -> Iterator[Entry]:
        """The photos of all lists, as the table has them; one list at a time is in memory."""
        for (number,) in self.rows("SELECT place FROM lists ORDER BY place"):
            for row in self.rows(
                "SELECT l.user_id, l.kind, e.favourited, p.photo_id, p.owner, p.owner_name, p.title, p.licence, p.tags,"
                " p.machine_tags, p.pictures, p.raw_tags, f.letter, f.path"
                " FROM lists l JOIN entries e ON e.list = l.place JOIN photos p USING (photo_id)"
                " LEFT JOIN files f USING (photo_id) WHERE l.place = ? ORDER BY e.place",
                (number,),
            ):
                user_id, kind, favourited, *photo, raw_tags, letter, path = row
                yield Entry(
                    str(user_id),
                    str(kind),
                    favourited,  # type: ignore[arg-type]
                    _photo_of(photo, favourited),
                    None if raw_tags is None else tuple(json.loads(str(raw_tags))),
                    None if letter is None else str(letter),
                    None if path is None else str(path),
                )

    def remove_photos(self, photo_ids: Sequence[str]) -> None:
        """Forgets photos, in all lists; their files are forgotten by `forget_file`, after they are removed."""
        with self.transaction() as database:
            for photo_id in photo_ids:
                database.execute("DELETE FROM entries WHERE photo_id = ?", (photo_id,))
                database.execute("DELETE FROM photos WHERE photo_id = ?", (photo_id,))

    def remove_entries(self, row: ListRow, state: str, error: str | None) -> None:
        """Forgets all of a list, and the photos that are in no other."""
        with self.transaction() as database:
            database.execute("DELETE FROM entries WHERE list = ?", (row.number,))
            database.execute("DELETE FROM photos WHERE photo_id NOT IN (SELECT photo_id FROM entries)")
            database.execute("UPDATE lists SET state = ?, error = ? WHERE place = ?", (state, error, row.number))

    def update_photos(self, photos: Sequence[FlickrPhoto]) -> None:
        """Writes down what has changed about photos that are here: their tags, licence, title and addresses."""
        with self.transaction() as database:
            for photo in photos:
                _keep_photo(database, photo, known_only=True)

    def files_without_photo(self) -> list[tuple[str, str | None]]:
        """Files whose photos were removed: photo and path."""
        query = "SELECT photo_id, path FROM files WHERE photo_id NOT IN (SELECT photo_id FROM entries)"
        return [(str(photo), None if path is None else str(path)) for photo, path in self.rows(query)]

    def set_file(self, photo_id: str, letter: str, path: str | None, error: str | None, *, lasting: bool) -> None:
        """Writes down where a picture is, or why it couldn't be had."""
        with self.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", (photo_id, letter, path, error, int(lasting))
            )

    def forget_file(self, photo_id: str) -> None:
        """Forgets a file, after it was removed."""
        with self.transaction() as database:
            database.execute("DELETE FROM files WHERE photo_id = ?", (photo_id,))


def _add_list(database: sqlite3.Connection, user_id: str, kind: str) -> int:
    database.execute("INSERT OR IGNORE INTO lists (user_id, kind, state) VALUES (?, ?, 'open')", (user_id, kind))
    found = database.execute("SELECT place FROM lists WHERE user_id = ? AND kind = ?", (user_id, kind)).fetchone()
    return int(found[0])


def _keep_photo(database: sqlite3.Connection, photo: FlickrPhoto, *, known_only: bool = False) -> None:
    values = (
        photo.owner, photo.owner_name, photo.title, photo.licence, _json(photo.tags), _json(photo.machine_tags),
        _json([(p.size.letter, p.url, p.width, p.height) for p in photo.pictures]), photo.photo_id,
    )  # fmt: skip
    database.execute(  # other tags: what was typed is to be asked for again
        "UPDATE photos SET raw_tags = NULL WHERE photo_id = ? AND tags != ?", (photo.photo_id, _json(photo.tags))
    )
    database.execute(
        "UPDATE photos SET owner = ?, owner_name = ?, title = ?, licence = ?, tags = ?, machine_tags = ?, pictures = ? "
        "WHERE photo_id = ?",
        values,
    )
    if not known_only:
        database.execute(
            "INSERT OR IGNORE INTO photos (owner, owner_name, title, licence, tags, machine_tags, pictures, photo_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )


def _photo_of(columns: Sequence[object], favourited: object) -> FlickrPhoto:
    photo_id, owner, owner_name, title, licence, tags, machine_tags, pictures = columns
    return FlickrPhoto(
        photo_id=str(photo_id),
        owner=str(owner),
        owner_name=str(owner_name),
        title=str(title),
        licence=licence,  # type: ignore[arg-type]
        tags=tuple(json.loads(str(tags))),
        machine_tags=tuple(json.loads(str(machine_tags))),
        favourited=favourited,  # type: ignore[arg-type]
        video=False,
        favourites=None,
        pictures=tuple(
            Picture(_SIZES[letter], url, width, height) for letter, url, width, height in json.loads(str(pictures))
        ),
    )


def _json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False)
