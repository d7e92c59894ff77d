"""Where fetched models are kept, and what is known of each file there. Nothing here uses the network.

    <your caches>/penchant/models/                   or the folder that PENCHANT_MODELS names
        googlenet.onnx                               a model of the catalogue, by its name
        googlenet.onnx.origin.json                   where it came from, its size and its SHA-256
        hf/OWNER--NAME/REVISION/onnx/model.onnx      a file of the hub, by its path there
        .googlenet.onnx.part, .….part.json, .….lock  a download that is going on, or was interrupted
    <huggingface_hub's cache>/models--OWNER--NAME/…  read, never written

A file that somebody put into its place by hand is as good as a fetched one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from penchant.errors import StorageError
from penchant.places import cache_folder

if TYPE_CHECKING:
    from penchant.recognition.facts import ModelRow

_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the Hugging Face hub, and what is known of it beforehand.

    Attributes:
        place: where it is kept, relative to the store's folder.
        bytes, sha256: what it must have; None where nobody said.
    """

    repo: str
    path: str
    revision: str
    place: str
    bytes: int | None = None
    sha256: str | None = None

    def url(self, endpoint: str, *, revision: str | None = None) -> str:
        """Its address on the hub, or on a mirror with the same paths."""
        return f"{endpoint}/{self.repo}/resolve/{quote(revision or self.revision, safe='')}/{quote(self.path)}"


class Origin(msgspec.Struct, frozen=True):
    """What is written down beside a file when it is fetched.

    Attributes:
        sha256: of what came; the first fetch decides what later ones must have, where nobody else said.
        commit: the hub's revision that it is part of; None where a mirror doesn't tell.
        fetched: when, as ISO 8601.
    """

    url: str
    bytes: int
    sha256: str
    commit: str | None
    fetched: str


@dataclass(frozen=True, slots=True)
class ModelStore:
    """The folder of fetched models, and huggingface_hub's own cache beside it.

    Attributes:
        folder: ours; it need not exist.
        hub: huggingface_hub's.
    """

    folder: Path
    hub: Path

    @classmethod
    def default(cls) -> ModelStore:
        """The user's own, as the environment says."""
        own = os.environ.get("PENCHANT_MODELS")
        return cls(Path(own).expanduser() if own else cache_folder() / "models", _hub_cache())

    def place(self, file: HubFile) -> Path:
        """Where a file is kept when it is fetched, or put by hand."""
        return self.folder / file.place

    def find(self, file: HubFile) -> Path | None:
        """A file that is here: in its place, or in huggingface_hub's cache; None if it isn't."""
        place = self.place(file)
        if place.is_file():
            return place
        return self._in_hub_cache(file)

    def sha256(self, path: Path) -> str | None:
        """What a file's SHA-256 was when it was fetched; None where that isn't known."""
        origin = self.origin(path)
        if origin is not None:
            return origin.sha256
        if path.is_relative_to(self.hub):
            blob = path.resolve().name  # huggingface_hub names large files by their SHA-256
            return blob if _SHA256.fullmatch(blob) else None
        return None

    def origin(self, path: Path) -> Origin | None:
        """What was written down when a file was fetched; None where nothing was, or not by us."""
        try:
            return msgspec.json.decode(origin_path(path).read_bytes(), type=Origin)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise StorageError(
                f"{origin_path(path)} can't be read ({error}): remove it, and the file beside it"
            ) from error

    def hub_models(self) -> list[tuple[str, str]]:
        """The repositories of the hub, with their revisions, that have files in our folder."""
        return sorted(
            (revision.parent.name.replace("--", "/", 1), revision.name)
            for revision in self.folder.glob("hf/*--*/*")
            if revision.is_dir()
        )

    def _in_hub_cache(self, file: HubFile) -> Path | None:
        # models--OWNER--NAME/refs/main holds the commit; snapshots/COMMIT/PATH is a link to the file
        repo = self.hub / f"models--{file.repo.replace('/', '--')}"
        commit = file.revision
        try:
            if not _COMMIT.fullmatch(commit):
                commit = (repo / "refs" / file.revision).read_text(encoding="ascii").strip()
            if not _COMMIT.fullmatch(commit):
                return None
            path = repo / "snapshots" / commit / file.path
            return path if path.is_file() and file.bytes in {None, path.stat().st_size} else None
        except (OSError, ValueError):
            return None


def row_file(row: ModelRow) -> HubFile | None:
    """The file of a row of the catalogue; None if it ships with the package."""
    if row.remote is None:
        return None
    place = row.file or f"{row.name}.onnx"
    return HubFile(row.remote.repo, row.remote.path, row.remote.revision, place, row.bytes, row.sha256)


def origin_path(path: Path) -> Path:
    """Where the origin of a file is written down."""
    return path.with_name(f"{path.name}.origin.json")


def megabytes(size: int) -> str:
    """A size for people: "28.0 MB"; small ones in kB."""
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"


def _hub_cache() -> Path:
    """As huggingface_hub finds its cache (its `constants.py`)."""
    own = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if own:
        return Path(os.path.expandvars(own)).expanduser()
    home = os.environ.get("HF_HOME")
    if not home:
        home = str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(os.path.expandvars(home)).expanduser() / "hub"
