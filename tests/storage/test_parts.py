"""Files that are never half written, when the disk is full, the process is killed, or the place is a special one."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from penchant.errors import StorageError
from penchant.storage import atomic_file

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the faults are injected in POSIX ways")


def write(path: Path, content: bytes) -> None:
    with atomic_file(path) as file:
        file.write(content)


def write_and_raise(path: Path, error: BaseException) -> None:
    with atomic_file(path) as file:
        file.write(b"new")
        raise error


def test_a_file_appears_whole_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "result.json"
    write(path, b"first")
    with atomic_file(path) as file:
        file.write(b"sec")
        file.flush()
        assert path.read_bytes() == b"first"
        file.write(b"ond")
    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write(path, b"old")
    for interruption in (KeyboardInterrupt, LookupError, RuntimeError):
        with pytest.raises(interruption):
            write_and_raise(path, interruption())
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


FAULTS = ["write", "fsync", "replace"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the disk is full: make room, and run the same command again"),
        (errno.EDQUOT, "your quota of this disk is used up: make room"),
        (errno.EIO, "Input/output error"),
        (errno.EROFS, "Read-only file system"),
    ],
)
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, number: int, reason: str
) -> None:
    path = tmp_path / "result.json"
    write(path, b"old")

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    if fault == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    if fault == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    error = OSError(number, os.strerror(number)) if fault == "write" else None
    with pytest.raises(StorageError, match=reason) as raised:
        write(path, b"new") if error is None else write_and_raise(path, error)
    assert str(path) in str(raised.value)
    assert isinstance(raised.value.__cause__, OSError)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_in_earnest(tmp_path: Path) -> None:
    """A limit on the size of files makes the system refuse the write, in the middle of it."""
    path = tmp_path / "result.bin"
    write(path, b"old")
    code = """
import resource, signal, sys
from pathlib import Path
from penchant.errors import StorageError
from penchant.storage import atomic_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    with atomic_file(Path(sys.argv[1])) as file:
        for _ in range(100):
            file.write(bytes(1000))
except StorageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.strip() == (
        f"{path} can't be written, a file may not become so large here: make room, and run the same command again"
    )
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_network_folders_that_cannot_sync_a_folder_are_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync = os.fsync

    def no_folders(descriptor: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):  # noqa: PTH112
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", no_folders)
    write(tmp_path / "result", b"new")
    assert (tmp_path / "result").read_bytes() == b"new"


def test_a_link_stays_and_the_file_behind_it_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "result.json"
    link.symlink_to(tmp_path / "elsewhere" / "real.json")
    write(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "elsewhere" / "real.json").read_bytes() == b"new"


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(StorageError, match="leads back to itself"):
        write(tmp_path / "a", b"new")


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        write(pipe, b"through the pipe")
        assert reader.communicate()[0] == b"through the pipe"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_device_is_never_replaced() -> None:
    write(Path("/dev/null"), b"gone")
    assert Path("/dev/null").is_char_device()


def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    for place in (tmp_path, Path()):
        with pytest.raises(StorageError, match="it is a folder"):
            write(place, b"new")


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="can't be written"):
        write(tmp_path / "file" / "result", b"new")
