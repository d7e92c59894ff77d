"""At most so many queries in any hour with one key, however many processes of this machine ask.

One SQLite file holds, for each key (by its hash), when each query of the last hour was made:

    reserve ──> wait until the reserved moment ──> begin ──> the query ──> end

A query counts from its beginning to an hour after its end, so that what the service counts, somewhere in between,
never exceeds the limit. Moments are reserved in the order of asking: nobody is overtaken. What a process had reserved
that was killed while it waited is dropped; a query that it had begun counts until it must be over, and an hour more.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.errors import StorageError, UsageError
from penchant.online.wal import open_wal
from penchant.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penchant.online import Key

PER_HOUR = 3600
"""What Flickr allows a key."""

_HOUR = 3600.0
_LONGEST = 210.0  # seconds that a query may take, counted for one whose end nobody wrote down
_LATE = 30.0  # seconds after which a reserved moment has passed: the machine was asleep
_FAR = 24 * _HOUR  # what is reserved beyond it was reserved by a clock that went wrong
_WAIT = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS queries (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT NOT NULL,  -- a hash, from which the key can't be had
    freed   REAL NOT NULL,  -- the moment from which it no longer counts, seconds since 1970
    waiting INTEGER         -- the process that waits for its moment; NULL once the query has begun
);
CREATE INDEX IF NOT EXISTS by_key ON queries (key, freed);
CREATE TABLE IF NOT EXISTS pauses (key TEXT PRIMARY KEY, until REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, and how it is waited for: one that all processes share, so no monotonic one."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Limiter:
    """Keeps the queries of one key within a limit. Threads may share one; processes each open their own.

    Args:
        key: only its hash is stored.
        per_hour: queries in any hour.
        path: the file; by default in the user's folder for caches, where every process finds it.
        clock: for tests.
        on_wait: told the seconds before a wait of more than a second.

    Raises:
        UsageError: the limit makes no sense.
        StorageError: here and everywhere, when the file can't be used.
    """

    def __init__(
        self,
        key: Key,
        *,
        per_hour: int = PER_HOUR,
        path: Path | None = None,
        clock: Clock | None = None,
        on_wait: Callable[[float], None] = lambda _: None,
    ) -> None:
        if per_hour < 1:
            raise UsageError(f"a limit of {per_hour} queries an hour makes no sense: give 1 or more")
        self.path = path or cache_folder() / "flickr-queries.sqlite"
        self._key = hashlib.sha256(f"penchant flickr {key.reveal()}".encode()).hexdigest()[:32]
        self._per_hour = per_hour
        self._clock = clock or Clock()
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    @contextmanager
    def query(self) -> Iterator[None]:
        """Waits until a query may be made; the block makes it."""
        number = self._wait_for_turn()
        try:
            yield
        finally:
            self._count(number, self._clock.now() + _HOUR)

    def pause(self, seconds: float) -> None:
        """Lets no process make a query with this key for so long, as the service has asked."""
        until = self._clock.now() + seconds
        with self._opened() as database:
            database.execute(
                "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET until = max(until, excluded.until)",
                (self._key, until),
            )

    def free_now(self) -> int:
        """How many queries could be made at once."""
        with self._opened() as database:
            counted = "SELECT count(*) FROM queries WHERE key = ? AND freed > ?"
            (count,) = database.execute(counted, (self._key, self._clock.now())).fetchone()
        return max(0, self._per_hour - int(count))

    def close(self) -> None:
        """Lets go of the file; the next call opens it again."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    def _wait_for_turn(self) -> int:
        while True:
            number, due = self._reserve()
            now = self._clock.now()
            try:
                if due - now > 1.0:
                    self._on_wait(due - now)
                while now < due:
                    self._clock.sleep(due - now)
                    now = self._clock.now()
            except BaseException:
                self._drop(number)
                raise
            if now - due <= _LATE:
                self._count(number, now + _LONGEST + _HOUR)
                return number
            self._drop(number)

    def _reserve(self) -> tuple[int, float]:
        """The number of a query, and the moment from which it may be made."""
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                now = self._clock.now()
                database.execute(
                    "DELETE FROM queries WHERE key = ? AND (freed <= ? OR freed > ?)", (self._key, now, now + _FAR)
                )
                self._drop_the_dead(database)
                due = max(now, self._free_from(database), self._paused_until(database, now))
                freed = due + _LONGEST + _HOUR
                cursor = database.execute(
                    "INSERT INTO queries (key, freed, waiting) VALUES (?, ?, ?)", (self._key, freed, os.getpid())
                )
                database.execute("COMMIT")
            except BaseException:
                database.execute("ROLLBACK")
                raise
            return int(cursor.lastrowid or 0), due

    def _free_from(self, database: sqlite3.Connection) -> float:
        """The moment from which fewer queries count than the limit."""
        row = database.execute(
            "SELECT freed FROM queries WHERE key = ? ORDER BY freed DESC LIMIT 1 OFFSET ?",
            (self._key, self._per_hour - 1),
        ).fetchone()
        return 0.0 if row is None else float(row[0])

    def _paused_until(self, database: sqlite3.Connection, now: float) -> float:
        row = database.execute("SELECT until FROM pauses WHERE key = ?", (self._key,)).fetchone()
        return 0.0 if row is None or row[0] > now + _FAR else float(row[0])

    def _drop_the_dead(self, database: sqlite3.Connection) -> None:
        """Takes back what processes had reserved that are no more."""
        waiting = "SELECT DISTINCT waiting FROM queries WHERE key = ? AND waiting IS NOT NULL"
        for (process,) in database.execute(waiting, (self._key,)).fetchall():
            if not _is_alive(process):
                database.execute("DELETE FROM queries WHERE key = ? AND waiting = ?", (self._key, process))

    def _count(self, number: int, freed: float) -> None:
        with self._opened() as database:
            database.execute("INSERT OR REPLACE INTO queries VALUES (?, ?, ?, NULL)", (number, self._key, freed))

    def _drop(self, number: int) -> None:
        with self._opened() as database:
            database.execute("DELETE FROM queries WHERE number = ?", (number,))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._database is None:
                    self._database = self._open()
                yield self._database
            except (sqlite3.Error, OSError) as error:
                raise StorageError(
                    f"the count of queries in {self.path} can't be kept ({error}): mend or remove that file"
                ) from error

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        return open_wal(self.path, _SCHEMA, wait=_WAIT)


def _is_alive(process: int) -> bool:
    """Whether there is such a process; where that can't be asked without harm, as on Windows, there is."""
    if os.name == "nt" or process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
