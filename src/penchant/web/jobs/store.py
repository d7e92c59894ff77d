"""Jobs in SQLite: one connection that changes them, and one that reads, so that nobody who asks waits for a disk.

What is deleted is overwritten with zeros (`secure_delete`), and the write-ahead log, which still holds older pages, is
emptied (`wal_checkpoint(TRUNCATE)`).
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.errors import StorageError
from penchant.web.jobs.values import Job, JobPhoto, NewPhoto, Seen, State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_VERSION = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, state TEXT NOT NULL, visitor TEXT NOT NULL,
    created REAL NOT NULL, finished REAL, expires REAL,
    model TEXT NOT NULL, generaliser TEXT NOT NULL, taxonomy TEXT NOT NULL,
    tags TEXT NOT NULL, keywords INTEGER NOT NULL,
    removed_domains TEXT NOT NULL DEFAULT '[]', removed_photos TEXT NOT NULL DEFAULT '[]',
    total INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
    failures TEXT NOT NULL DEFAULT '[]', skipped TEXT NOT NULL DEFAULT '[]',
    fault TEXT, revision INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS photos (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, number INTEGER NOT NULL,
    name TEXT NOT NULL, file TEXT NOT NULL, member TEXT, size INTEGER NOT NULL, stamp INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0, error TEXT, digest BLOB NOT NULL DEFAULT x'', label BLOB, confidence BLOB,
    keywords TEXT NOT NULL DEFAULT '[]', seen_start INTEGER, seen_size INTEGER,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;
"""
_JOB = (
    "id, state, visitor, created, finished, expires, model, generaliser, taxonomy, tags, keywords, removed_domains, "
    "removed_photos, total, done, failed, failures, skipped, fault, revision"
)
_PHOTO = (
    "number, name, file, member, size, stamp, done, error, digest, label, confidence, keywords, seen_start, seen_size"
)
_SECRET_BYTES = 32
_NO_KEYWORDS = "[]"
_PATIENCE = 5.0  # seconds


class JobStore:
    """All jobs of a data folder; safe to share between threads.

    Raises:
        StorageError: the database can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._reading = threading.Lock()
        try:
            path.touch(mode=0o600)
            self._db, self._readable = (
                sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE)
                for _ in range(2)
            )
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", "foreign_keys=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version not in {0, _VERSION}:
                raise StorageError(
                    f"{path} is of another version of Penchant: remove it, or name another --data folder"
                )
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version={_VERSION}")
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{path} can't be used ({error}): remove it, or name another --data folder") from error

    def close(self) -> None:
        """Writes everything into the database file, and lets go of it."""
        with self._lock, self._reading:
            self._readable.close()
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def secret(self) -> bytes:
        """A random key of this data folder's own, made when it is first asked for."""
        with self._change() as db:
            db.execute("INSERT OR IGNORE INTO facts VALUES ('secret', ?)", (secrets.token_bytes(_SECRET_BYTES),))
            return bytes(db.execute("SELECT value FROM facts WHERE name = 'secret'").fetchone()[0])

    # ---- jobs

    def add(self, job_id: str, visitor: str, *, model: str, generaliser: str, taxonomy: str) -> None:
        """A new job, which is about to be received."""
        with self._change() as db:
            db.execute(
                "INSERT INTO jobs (id, state, visitor, created, model, generaliser, taxonomy, tags, keywords) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, '', 0)",
                (job_id, State.RECEIVING, visitor, time.time(), model, generaliser, taxonomy),
            )

    def job(self, job_id: str) -> Job | None:
        """A job, or None where there is none (any more)."""
        with self._reading:
            row = self._readable.execute(f"SELECT {_JOB} FROM jobs WHERE id = ?", (job_id,)).fetchone()  # noqa: S608
        return None if row is None else _job(row)

    def jobs(self, *states: State) -> list[Job]:
        """The jobs in these states, oldest first."""
        marks = ",".join("?" * len(states))
        with self._reading:
            rows = self._readable.execute(
                f"SELECT {_JOB} FROM jobs WHERE state IN ({marks}) ORDER BY created, id",  # noqa: S608
                states,
            ).fetchall()
        return [_job(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many jobs there are in each state."""
        with self._reading:
            return dict(self._readable.execute("SELECT state, count(*) FROM jobs GROUP BY state"))

    def unfinished(self, visitor: str | None = None) -> int:
        """How many jobs are not finished, of one visitor or of all."""
        query = "SELECT count(*) FROM jobs WHERE state NOT IN ('done', 'failed')"
        with self._reading:
            if visitor is None:
                return int(self._readable.execute(query).fetchone()[0])
            return int(self._readable.execute(f"{query} AND visitor = ?", (visitor,)).fetchone()[0])

    def expired(self, now: float) -> list[str]:
        """The jobs whose time is over."""
        with self._reading:
            return [row[0] for row in self._readable.execute("SELECT id FROM jobs WHERE expires <= ?", (now,))]

    def update(self, job_id: str, **values: object) -> None:
        """Sets columns of a job by their names; whoever calls knows them."""
        names = ", ".join(f"{name} = ?" for name in values)
        encoded = [json.dumps(value) if isinstance(value, (list, tuple)) else value for value in values.values()]
        with self._change() as db:
            db.execute(f"UPDATE jobs SET {names} WHERE id = ?", (*encoded, job_id))  # noqa: S608

    def revise(self, job_id: str, **values: object) -> None:
        """Sets what decides the profile, and raises the revision."""
        with self._change() as db:
            self.update(job_id, **values)
            db.execute("UPDATE jobs SET revision = revision + 1 WHERE id = ?", (job_id,))

    def delete(self, job_ids: Sequence[str]) -> None:
        """Removes jobs with all their photos; when this returns, no byte of them is in the database or its log.

        Raises:
            StorageError: that can't be done now; the next call may do it.
        """
        with self._lock:
            with self._change() as db:
                db.executemany("DELETE FROM jobs WHERE id = ?", [(job_id,) for job_id in job_ids])
            if self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise StorageError("the log of the database of jobs can't be emptied: another process reads it")

    # ---- photos

    def queue(self, job_id: str, photos: Sequence[NewPhoto], **values: object) -> None:
        """All was received: the job waits for its turn."""
        rows = [(job_id, p.number, p.name, p.file, p.member, p.size, p.stamp) for p in photos]
        with self._change() as db:
            db.executemany(
                "INSERT INTO photos (job, number, name, file, member, size, stamp) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
            self.update(job_id, state=State.QUEUED, total=len(photos), **values)

    def photos(self, job_id: str) -> list[JobPhoto]:
        """The photos of a job, in the order in which they came."""
        with self._reading:
            rows = self._readable.execute(
                f"SELECT {_PHOTO} FROM photos WHERE job = ? ORDER BY number",  # noqa: S608
                (job_id,),
            ).fetchall()
        return [_photo(row) for row in rows]

    def photo(self, job_id: str, number: int) -> JobPhoto | None:
        """One photo."""
        with self._reading:
            row = self._readable.execute(
                f"SELECT {_PHOTO} FROM photos WHERE job = ? AND number = ?",  # noqa: S608
                (job_id, number),
            ).fetchone()
        return None if row is None else _photo(row)

    def keywords(self, job_id: str) -> list[tuple[int, str, tuple[str, ...]]]:
        """The photos that could be used and hold keywords: number, name, keywords."""
        with self._reading:
            rows = self._readable.execute(
                "SELECT number, name, keywords FROM photos "
                "WHERE job = ? AND error IS NULL AND keywords != '[]' ORDER BY number",
                (job_id,),
            ).fetchall()
        return [(number, name, tuple(json.loads(words))) for number, name, words in rows]

    def newest(self, job_id: str, most: int) -> list[int]:
        """The last photos, by number, of which there is a small picture."""
        with self._reading:
            rows = self._readable.execute(
                "SELECT number FROM photos WHERE job = ? AND seen_size IS NOT NULL ORDER BY number DESC LIMIT ?",
                (job_id, most),
            ).fetchall()
        return [number for (number,) in reversed(rows)]

    def keep(self, job_id: str, photos: Sequence[JobPhoto]) -> Job | None:
        """Keeps what was said of photos; gives the job as it then is, None where it was deleted meanwhile."""
        rows = [
            (
                photo.error,
                photo.digest,
                np.array([index for index, _ in photo.labels], np.int32).tobytes(),
                np.array([confidence for _, confidence in photo.labels], np.float32).tobytes(),
                json.dumps(photo.keywords),
                *(photo.seen or (None, None)),
                job_id,
                photo.number,
            )
            for photo in photos
        ]
        failed = sum(photo.error is not None for photo in photos)
        with self._change() as db:
            db.executemany(
                "UPDATE photos SET done = 1, error = ?, digest = ?, label = ?, confidence = ?, keywords = ?, "
                "seen_start = ?, seen_size = ? WHERE job = ? AND number = ?",
                rows,
            )
            db.execute(
                "UPDATE jobs SET done = done + ?, failed = failed + ?, state = 'running' WHERE id = ?",
                (len(photos), failed, job_id),
            )
        return self.job(job_id)

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction; an inner one is part of the outer. Raises StorageError."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as fault:
                with suppress(sqlite3.Error):  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                if isinstance(fault, sqlite3.Error):
                    raise StorageError(f"the database of jobs can't be written ({fault})") from fault
                raise


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_PATIENCE)


def _job(row: tuple[Any, ...]) -> Job:
    named = dict(zip(_JOB.split(", "), row, strict=True))
    return Job(
        **{
            **named,
            "state": State(named["state"]),
            "keywords": bool(named["keywords"]),
            "removed_domains": tuple(json.loads(named["removed_domains"])),
            "removed_photos": tuple(json.loads(named["removed_photos"])),
            "failures": tuple((name, error) for name, error in json.loads(named["failures"])),
            "skipped": tuple((suffix, files) for suffix, files in json.loads(named["skipped"])),
        }
    )


def _photo(row: tuple[Any, ...]) -> JobPhoto:
    number, name, file, member, size, stamp, done, error, digest, label, confidence, keywords, *seen = row
    indices = [] if label is None else np.frombuffer(label, np.int32).tolist()
    sure = [] if confidence is None else np.frombuffer(confidence, np.float32).tolist()
    return JobPhoto(
        number=number,
        name=name,
        file=file,
        member=member,
        size=size,
        stamp=stamp,
        done=bool(done),
        error=error,
        digest=digest,
        labels=tuple(zip(indices, sure, strict=True)),
        keywords=() if keywords == _NO_KEYWORDS else tuple(json.loads(keywords)),
        seen=None if seen[0] is None else Seen(*seen),
    )
