"""Calibrations that a run keeps: learning one takes seconds, and another protocol or generaliser needs the same ones.

    RUN/calibration/part-….npz      plain arrays; the name is a hash of all that it was learned from

What can't be read is learned again.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from penchant.storage import atomic_file
from penchant.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from penchant.semantics.calibration import Calibration

_SCHEMA = 1


def name_of(arrays: list[NDArray[np.generic]], *, seed: int) -> str:
    """Names what a calibration is learned from: equal only for equal arrays, version and seed."""
    digest = hashlib.sha256(f"{_SCHEMA} {__version__} {seed}".encode())
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
