"""SQLite files that several processes use at once, and that outlive any of them: in WAL mode."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def open_wal(path: Path, schema: str, *, wait: float) -> sqlite3.Connection:
    """A database in WAL mode with its tables; each statement is a transaction unless one is begun.

    Args:
        path: the file.
        schema: statements that make what isn't there.
        wait: seconds that other processes are waited for.

    Raises:
        sqlite3.Error: it can't be used.
    """
    database = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        to_wal(database, wait=wait)
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(schema)
    except BaseException:
        database.close()
        raise
    return database


def to_wal(database: sqlite3.Connection, *, wait: float) -> None:
    """Changes to WAL mode; the change doesn't wait for other processes by itself."""
    deadline = time.monotonic() + wait
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
