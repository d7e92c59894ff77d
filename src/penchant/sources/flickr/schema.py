"""The file of a collection: its name, its tables, and the folders in which it may be.

lists ──< entries >── photos ──< files          (a person's favourites, or own photos; the pictures on disk)
windows, candidates                             (choosing people at random)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "collection.sqlite"
SCHEMA_VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS names (
    asked   TEXT PRIMARY KEY,  -- as the user gave it: an identifier, a name or an address
    user_id TEXT,              -- NULL: there is no such user
    error   TEXT
);
CREATE TABLE IF NOT EXISTS lists (
    place     INTEGER PRIMARY KEY,
    user_id   TEXT NOT NULL,
    kind      TEXT NOT NULL,            -- favourite, own
    state     TEXT NOT NULL,            -- open, enough (there may be more), done, absent
    page      INTEGER NOT NULL DEFAULT 1,  -- the page to ask for next
    until     INTEGER,                  -- favourites up to this moment, so that pages hold still
    total     INTEGER,
    error     TEXT,
    checked   INTEGER NOT NULL DEFAULT 0,  -- the refresh that has gone through it
    UNIQUE (user_id, kind)
);
CREATE TABLE IF NOT EXISTS entries (
    list       INTEGER NOT NULL,
    photo_id   TEXT NOT NULL,
    place      INTEGER NOT NULL,
    favourited INTEGER,
    PRIMARY KEY (list, photo_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_photo ON entries (photo_id);
CREATE TABLE IF NOT EXISTS photos (
    photo_id     TEXT PRIMARY KEY,
    owner        TEXT NOT NULL,
    owner_name   TEXT NOT NULL,
    title        TEXT NOT NULL,
    licence      INTEGER,
    tags         TEXT NOT NULL,  -- JSON
    machine_tags TEXT NOT NULL,  -- JSON
    raw_tags     TEXT,           -- JSON, NULL: not asked for
    pictures     TEXT NOT NULL   -- JSON: [[size's letter, address, width, height], ...]
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    photo_id TEXT PRIMARY KEY,
    letter   TEXT NOT NULL,     -- the size that was taken
    path     TEXT,              -- below the folder; NULL: it couldn't be had
    error    TEXT,
    lasting  INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS odd (list INTEGER NOT NULL, name TEXT NOT NULL, error TEXT NOT NULL,
    PRIMARY KEY (list, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS windows (
    number INTEGER PRIMARY KEY,
    start  INTEGER NOT NULL,
    end    INTEGER NOT NULL,
    photos TEXT                 -- JSON: those whose favouriters are still to be asked for; NULL: not searched yet
);
CREATE TABLE IF NOT EXISTS candidates (
    place   INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE,
    state   TEXT NOT NULL       -- open, taken, few, absent
)
"""


def check_folder(folder: Path, *, create: bool) -> None:
    """Refuses a folder before anything is written there: one that holds something else or, without `create`, nothing.

    Raises:
        UsageError: saying so.
    """
    if (folder / NAME).is_file():
        return
    if not create:
        raise UsageError(f"there is no collection in {folder}: collect into it first")
    try:
        something_else = folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir())
    except OSError as error:
        raise UsageError(f"-o {folder}: {error.strerror or error}") from error
    if something_else:
        raise UsageError(f"{folder} exists and holds something else: give -o an empty or a new folder")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"-o {folder}: that is a file; name a folder")
