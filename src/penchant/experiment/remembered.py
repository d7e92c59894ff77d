"""What a run keeps beside predictions, as another protocol or generaliser needs it again, and making it takes seconds.

    RUN/calibration/part-….npz      calibrations; the name is a hash of all that they were learned from
    RUN/tags/part-….npz             what tags mean; the name is a hash of them and of the taxonomy

Both are plain arrays. What can't be read is made again, and so is all that another state of the code, of the lexicon or
of the word lists made: their hash is part of each name.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from penchant.profiles.tagged import PhotoTags
from penchant.storage import atomic_file
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from numpy.typing import NDArray

    from penchant.semantics.calibration import Calibration

_SCHEMA = 1
_DECIDE = ("semantics", "profiles", "tagging.py", "data/lexicon", "data/tags", "data/taxonomies")


@cache
def maker() -> str:
    """What makes calibrations and reads tags, in this installation: a hash of the code and data that decide it."""
    digest = hashlib.sha256(f"{_SCHEMA} {__version__}".encode())
    for place in _DECIDE:
        for name, content in _contents(files("penchant").joinpath(place), place):
            digest.update(f"\n{name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _contents(place: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    if place.is_file():
        yield name, place.read_bytes()
        return
    for inside in sorted(place.iterdir(), key=lambda one: one.name):
        if not inside.name.startswith(("__pycache__", ".")):
            yield from _contents(inside, f"{name}/{inside.name}")


def name_of(arrays: list[NDArray[np.generic]], *, seed: int) -> str:
    """Names what a calibration is learned from: equal only for equal arrays, code, data and seed."""
    digest = hashlib.sha256(f"{maker()} {seed}".encode())
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:32]


def find(folder: Path, name: str) -> Calibration | None:
    """The calibration of that name, if the folder has it."""
    from penchant.semantics.calibration import Calibration, Strengths
    from penchant.semantics.calibration.values import Transform

    try:
        with np.load(folder / f"part-{name}.npz", allow_pickle=False) as kept:
            power, depth, freedom = kept["strengths"].tolist()
            return Calibration(kept["matrix"], kept["background"], Strengths(Transform(power, int(depth)), freedom))
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def keep(folder: Path, name: str, calibration: Calibration) -> None:
    """Keeps it.

    Raises:
        StorageError: when it can't be written.
    """
    transform = calibration.transform
    strengths = np.array([transform.power, transform.depth, calibration.strengths.freedom])
    buffer = io.BytesIO()
    np.savez(buffer, matrix=calibration.matrix, background=calibration.background, strengths=strengths)
    with atomic_file(folder / f"part-{name}.npz") as file:
        file.write(buffer.getvalue())


def name_of_tags(bags: Sequence[tuple[str, ...]], taxonomy_sha256: str, *, way: str) -> str:
    """Names what tags mean, read in a way: equal only for equal tags, taxonomy, way, code and data."""
    text = json.dumps([maker(), taxonomy_sha256, way, bags], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def find_tags(folder: Path, name: str) -> PhotoTags | None:
    """What the tags of that name mean, if the folder has it."""
    try:
        with np.load(folder / f"part-{name}.npz", allow_pickle=False) as kept:
            weights = np.zeros(kept["shape"])
            weights[kept["row"], kept["column"]] = kept["weight"]
            typed, having, meaning = kept["counts"].astype(np.int64)
            return PhotoTags(weights, typed, having, meaning, json.loads(str(kept["dropped"])))
    except (OSError, KeyError, ValueError, IndexError, EOFError, zipfile.BadZipFile):
        return None


def keep_tags(folder: Path, name: str, read: PhotoTags) -> None:
    """Keeps it.

    Raises:
        StorageError: when it can't be written.
    """
    row, column = np.nonzero(read.weights)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        shape=np.array(read.weights.shape),
        row=row.astype(np.int32),
        column=column.astype(np.int16),
        weight=read.weights[row, column],
        counts=np.stack([read.typed, read.kept, read.meaning]),
        dropped=np.array(json.dumps(dict(read.dropped))),
    )
    with atomic_file(folder / f"part-{name}.npz") as file:
        file.write(buffer.getvalue())
