"""Looking at files without being held up by them: pipes, devices, links and errors, in words."""

from __future__ import annotations

import errno
import os
import stat

from penchant.errors import PictureError

_REASONS = {
    errno.ENOENT: "file not found",
    errno.ENOTDIR: "file not found",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.EISDIR: "a folder, not a file",
    errno.ELOOP: "a link that leads back to itself",
    errno.ENAMETOOLONG: "its path is too long for this system",
    errno.EIO: "the disk failed to read it",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.ESTALE: "the network folder that held it has changed",
}

_KINDS = (
    (stat.S_ISDIR, "a folder, not a file"),
    (stat.S_ISFIFO, "a named pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)

# A pipe that took a file's place after the look must not hold the reader up either; Windows wants the bytes
# as they are.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def reason_of(error: OSError | ValueError) -> str:
    """Why a file can't be read, in a few words that follow its name."""
    if not isinstance(error, OSError):  # a NUL in the name, or a name that this system can't write
        return "its name is not one that this system can have"
    known = _REASONS.get(error.errno or 0)
    return known or f"it can't be read ({error.strerror or type(error).__name__})"


def refuse_unless_regular(status: os.stat_result) -> None:
    """Raise PictureError unless this is the status of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        kind = next((words for test, words in _KINDS if test(status.st_mode)), "not a regular file")
        raise PictureError(kind)


def look_at(path: str) -> os.stat_result:
    """The status of a regular file, links followed; never blocks on a pipe. Raises PictureError."""
    try:
        status = os.stat(path)  # noqa: PTH116 - making a Path takes longer than the look itself
    except (OSError, ValueError) as error:
        raise PictureError(reason_of(error)) from error
    refuse_unless_regular(status)
    return status


def open_regular(path: str) -> int:
    """A descriptor of a regular file, for reading; the caller closes it. Raises PictureError."""
    look_at(path)  # first, because opening some devices and pipes already does something
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise PictureError(reason_of(error)) from error
    try:
        refuse_unless_regular(os.fstat(descriptor))
    except (OSError, PictureError):
        os.close(descriptor)
        raise
    return descriptor


def read_tail(path: str, count: int) -> bytes:
    """The last `count` bytes of a regular file, all where it is shorter. Raises PictureError."""
    descriptor = open_regular(path)
    try:
        os.lseek(descriptor, -min(count, os.fstat(descriptor).st_size), os.SEEK_END)
        return os.read(descriptor, count)
    except OSError as error:
        raise PictureError(reason_of(error)) from error
    finally:
        os.close(descriptor)


def read_head(path: str, count: int) -> bytes:
    """The first `count` bytes of a regular file, fewer where it is shorter. Raises PictureError."""
    descriptor = open_regular(path)
    try:
        return os.read(descriptor, count)
    except OSError as error:
        raise PictureError(reason_of(error)) from error
    finally:
        os.close(descriptor)
