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
_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota of this disk is used up",
    errno.EFBIG: "a file may not become so large here",
}
_UNSYNCABLE = {errno.EINVAL, errno.ENOTSUP}


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which appears at `path`, complete and on disk, when the block ends without an error.

    Where `path` is a link, the file that it leads to is replaced. A device or a pipe (/dev/null, /dev/stdout) is
    written to as it is: a rename would put a file in its place.

    Raises:
        StorageError: when it can't be written; then nothing of it is left, and an older file at `path` is as it was.
    """
    try:
        with path.open("wb") if _is_device(path) else _replacement(_real_place(path)) as file:
            yield file
    except BrokenPipeError:  # a pipe's reader has gone: nobody's fault
        raise
    except OSError as error:
        raise _storage_error(path, error) from error


@contextmanager
def _replacement(path: Path) -> Iterator[BinaryIO]:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}{_UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        _discard(unfinished)
        raise


def _real_place(path: Path) -> Path:
    """Where a file of that name stands, links followed."""
    if path.is_dir():
        raise StorageError(f"{path} can't be written: it is a folder")
    try:
        return path.resolve()
    except RuntimeError as error:
        raise StorageError(f"{path} can't be written: it is a link that leads back to itself") from error


def _is_device(path: Path) -> bool:
    return path.is_relative_to("/dev") or (path.exists() and not path.is_file() and not path.is_dir())


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
    except OSError as error:
        if error.errno not in _UNSYNCABLE:  # some network folders can't do it
            raise
    finally:
        os.close(descriptor)


def _storage_error(path: Path, error: OSError) -> StorageError:
    full = _FULL.get(error.errno or 0)
    if full is not None:
        return StorageError(f"{path} can't be written, {full}: make room, and run the same command again")
    return StorageError(f"{path} can't be written: {error.strerror or error}")
