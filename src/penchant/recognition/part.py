"""The unfinished file of a download, and beside it what it is a part of: they survive a kill at any moment."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from penchant.recognition.store import Origin, origin_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class PartState(msgspec.Struct, frozen=True):
    """What the unfinished file is a part of."""

    url: str
    etag: str | None
    total: int | None
    linked: str | None
    commit: str | None


class Part:
    """The unfinished file, and beside it what it is a part of."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = hidden(target, "part")
        self._state_path = hidden(target, "part.json")

    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def resume(self, url: str, *, checked: bool) -> tuple[PartState | None, dict[str, str]]:
        """What is here, and the headers that ask for the rest; without a way to tell that both fit, nothing is kept."""
        size = self.size()
        if not size:
            return None, {}
        try:
            state = msgspec.json.decode(self._state_path.read_bytes(), type=PartState)
        except (OSError, msgspec.DecodeError):
            self.discard()
            return None, {}
        same_place = state.url == url and state.etag is not None
        if not same_place and not checked:
            self.discard()
            return None, {}
        headers = {"Range": f"bytes={size}-"}
        if same_place and state.etag is not None:
            headers["If-Range"] = state.etag
        return state, headers

    @contextmanager
    def open(self, start: int, state: PartState) -> Iterator[BinaryIO]:
        """To write what an answer brings, from its `start`; all that was written is kept, whatever happens."""
        if start == 0:
            self.discard()
        _replace(self._state_path, msgspec.json.encode(state))
        with self.path.open("ab") as file:
            yield file

    def discard(self) -> None:
        """Forgets what is here."""
        self.path.unlink(missing_ok=True)
        self._state_path.unlink(missing_ok=True)

    def finish(self, state: PartState, sha256: str) -> Origin:
        """Moves the whole file into its place."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        origin = Origin(
            url=state.url,
            bytes=self.size(),
            sha256=sha256,
            commit=state.commit,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        # First what it must be, then the file: a file without its origin would be trusted anew.
        _replace(origin_path(self._target), msgspec.json.encode(origin))
        self.path.replace(self._target)
        self._state_path.unlink(missing_ok=True)
        _sync_folder(self._target.parent)
        return origin


def hidden(target: Path, suffix: str) -> Path:
    """A file beside the target that is none of the user's business: `.NAME.suffix`."""
    return target.with_name(f".{target.name}.{suffix}")


def _replace(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.new")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
