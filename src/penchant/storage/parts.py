"""Files that are never half written: written beside their place, synced, and renamed into it."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from penchant.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_UNFINISHED = ".unfinished"


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which appears at `path`, complete and on disk, when the block ends without an error.

    Raises:
        StorageError: when it can't be written; then nothing of it is left, and an older file at `path` is as it was.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{_UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        _discard(unfinished)
        raise _storage_error(path, error) from error
    except BaseException:
        _discard(unfinished)
        raise


def remove_unfinished(folder: Path) -> None:
    """Clears away what a killed process left behind; nobody else may be writing to the folder."""
    for left in folder.rglob(f".*{_UNFINISHED}"):
        _discard(left)


def _discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable; Windows has no such call, and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError) -> StorageError:
    if error.errno == errno.ENOSPC:
        return StorageError(f"the disk is full: {path.parent} keeps what was finished; make room and run again")
    return StorageError(f"{path} can't be written: {error.strerror or error}")
