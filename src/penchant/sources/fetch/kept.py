"""Pictures that were fetched before, in a folder of the user's."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from pathlib import Path

from penchant.errors import StorageError
from penchant.sources.formats import HEAD_BYTES, looks_like_picture

_SUFFIXES = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG", ".png"),
    (b"GIF8", ".gif"),
    (b"RIFF", ".webp"),
    (b"II", ".tif"),
    (b"MM", ".tif"),
    (b"BM", ".bmp"),
)
_OTHER = ".picture"
_UNFINISHED = ".unfinished"
_LEFT_BEHIND = 3600  # seconds after which nobody writes to an unfinished file any more
_KNOWN = (*dict.fromkeys(suffix for _, suffix in _SUFFIXES), ".avif", ".heic", _OTHER)


class KeptPictures:
    """DIR/ab/abcd….jpg: named by the SHA-256 of the address, so that a picture is found without a list of them.

    A file appears whole or not at all. Several processes may use one folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._swept: set[Path] = set()

    def has(self, url: str) -> bool:
        """Whether the picture of this address is here."""
        return self._find(url) is not None

    def get(self, url: str) -> bytes | None:
        """The picture of this address, or None where it isn't here, or isn't whole."""
        path = self._find(url)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        return data if looks_like_picture(data[:HEAD_BYTES]) else None

    def put(self, url: str, data: bytes) -> None:
        """Keeps a picture. Raises StorageError."""
        place = self._stem(url)
        path = place.with_name(place.name + suffix_for(data))
        unfinished = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}{_UNFINISHED}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._sweep(place.parent)
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise StorageError(
                f"--keep-pictures {self.folder}: a picture can't be kept ({error.strerror or error})"
            ) from error

    def _sweep(self, folder: Path) -> None:
        """Removes what killed processes left half written; looked for once a folder."""
        if folder in self._swept:
            return
        self._swept.add(folder)
        for path in folder.glob(f".*{_UNFINISHED}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND:
                    path.unlink()

    def _stem(self, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self.folder / name[:2] / name

    def _find(self, url: str) -> Path | None:
        stem = os.fspath(self._stem(url))
        return next((Path(stem + suffix) for suffix in _KNOWN if os.path.isfile(stem + suffix)), None)  # noqa: PTH113


def suffix_for(data: bytes) -> str:
    """The suffix of a file with such a picture, by its first bytes (".jpg")."""
    if data[4:8] == b"ftyp":
        return ".avif" if b"avif" in data[8:HEAD_BYTES] or b"avis" in data[8:HEAD_BYTES] else ".heic"
    return next((suffix for start, suffix in _SUFFIXES if data.startswith(start)), _OTHER)
