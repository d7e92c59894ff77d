"""Every answer of the service, kept for good: one SQLite file, shared by processes, safe when one is killed.

An answer is stored as it came, compressed, under the service's version, the endpoint and the parameters; the key is no
part of it. Each is committed before the next request is made, and WAL keeps a commit through the death of its process.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from penchant.errors import StorageError
from penchant.online.wal import to_wal
from penchant.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

SCHEMA_VERSION = 1

_APPLICATION = 0x50424E31  # "PBN1": tells our file from other SQLite files
_WAIT = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    service    TEXT    NOT NULL,  -- "v9"
    endpoint   TEXT    NOT NULL,  -- "getSynset"
    parameters TEXT    NOT NULL,  -- "id=bn%3A00005054n&targetLang=EN", sorted, without the key
    found      INTEGER NOT NULL,  -- 0: the service said that there is no such thing
    fetched    INTEGER NOT NULL,  -- seconds since 1970
    body       BLOB    NOT NULL,  -- the answer as it came, zlib
    PRIMARY KEY (service, endpoint, parameters)
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said.

    Attributes:
        body: its bytes, unpacked.
        found: False where it said that there is no such thing.
    """

    body: bytes
    found: bool


class BabelNetCache:
    """A file of answers. Threads may share one; processes each open their own on the same file (also after a fork).

    Args:
        path: the file, made when it isn't there; by default in the user's folder for caches.

    Raises:
        StorageError: here and everywhere, when the file can't be used.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None
        with self._opened():
            pass

    def __repr__(self) -> str:
        return f"BabelNetCache({str(self.path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, service: str, endpoint: str, parameters: str) -> Answer | None:
        """The answer that was kept, or None."""
        where = "service = ? AND endpoint = ? AND parameters = ?"
        with self._opened() as database:
            row = database.execute(
                f"SELECT body, found FROM answers WHERE {where}",  # noqa: S608 - a constant
                (service, endpoint, parameters),
            ).fetchone()
        if row is None:
            return None
        try:
            return Answer(zlib.decompress(row[0]), bool(row[1]))
        except (zlib.error, TypeError):  # a damaged row is fetched again
            return None

    def put(self, service: str, endpoint: str, parameters: str, answer: Answer) -> None:
        """Keeps an answer; it is in the file when this returns."""
        row = (service, endpoint, parameters, int(answer.found), int(time.time()), zlib.compress(answer.body, 6))
        with self._opened() as database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)

    def count(self) -> int:
        """How many answers there are."""
        with self._opened() as database:
            return int(database.execute("SELECT count(*) FROM answers").fetchone()[0])

    def size(self) -> int:
        """Bytes on disk, the journal included."""
        files = (self.path.with_name(self.path.name + suffix) for suffix in ("", "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def clear(self) -> None:
        """Forgets every answer and gives the space back."""
        with self._opened() as database:
            database.execute("DELETE FROM answers")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Lets go of the file; the next call opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = self._open()
                yield self._database
            except (sqlite3.Error, OSError) as error:
                raise StorageError(
                    f"the BabelNet cache {self.path} can't be used ({error}): mend or move that file, or name another"
                ) from error

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():  # what was looked up is the user's own affair
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        database = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            _set_up(database, self.path)
        except BaseException:
            database.close()
            raise
        return database


def default_path() -> Path:
    """The file in the user's folder for caches."""
    return cache_folder() / "babelnet.sqlite"


def _set_up(database: sqlite3.Connection, path: Path) -> None:
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != _APPLICATION and tables:
        raise StorageError(f"{path} is a database of another program: name another file for the BabelNet cache")
    if version > SCHEMA_VERSION:
        raise StorageError(f"the BabelNet cache {path} is of a newer Penchant: upgrade, or name another file")
    to_wal(database, wait=_WAIT)
    database.execute("PRAGMA synchronous = NORMAL")
    if application != _APPLICATION or version < SCHEMA_VERSION:
        database.execute("BEGIN IMMEDIATE")
        database.execute(_SCHEMA)
        database.execute(f"PRAGMA application_id = {_APPLICATION}")
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
