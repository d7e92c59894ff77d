"""Calibration inside the cross-validation: for each fold, learned from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.experiment.remembered import find, keep, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from penchant.experiment.folds import Fold
    from penchant.experiment.looking import Looked
    from penchant.experiment.predicted import Part

ENOUGH_PHOTOS = 200
"""Photos with a target from which a fold can learn anything."""


def calibrated_parts(
    looked: Looked,
    owner: NDArray[np.int64],
    target: NDArray[np.float64],
    prior: NDArray[np.float64],
    folds: Sequence[Fold],
    *,
    groups: Sequence[tuple[str, ...]] | None = None,
    seed: int = 0,
    kept_in: Path | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Part, ...]:
    """For each fold's photos, a calibration that was learned without them.

    Args:
        looked: one network's predictions.
        owner: [photos] each one's user.
        target: [photos, domains] what people said of each photo.
        prior: [classes, domains] what a label means without calibration; little data stays near it.
        folds: who is tested, and who may be learned from.
        groups: [photos] what is left out together where the strength of the learning is chosen; by default users.
        seed: of that choice.
        kept_in: a folder where calibrations are kept, and found again.
        on_progress: told how many folds are done.

    Raises:
        UsageError: when a fold has hardly anything to learn from.
    """
    from penchant.semantics.calibration import fit

    codes: dict[tuple[str, ...], int] = {}
    group = owner if groups is None else np.array([codes.setdefault(one, len(codes)) for one in groups], np.int64)
    parts: list[Part] = []
    for done, fold in enumerate(folds, start=1):
        learn = fold.train & target.any(axis=1)
        if learn.sum() < ENOUGH_PHOTOS:
            raise UsageError(
                f"--calibrate: a fold would learn from {int(learn.sum())} photos with tags, and {ENOUGH_PHOTOS} are "
                "needed: give more users, or --no-calibrate"
            )
        taught = (looked.label[learn], looked.confidence[learn], target[learn])
        name = name_of([*taught, prior, group[learn], owner[learn]], seed=seed)
        calibration = None if kept_in is None else find(kept_in, name)
        if calibration is None:
            calibration = fit(
                *taught, prior=prior, groups=group[learn].tolist(), users=owner[learn].tolist(), seed=seed
            )
            if kept_in is not None:
                keep(kept_in, name, calibration)
        parts.append((fold.test, calibration.photo_domains))
        if on_progress is not None:
            on_progress(done)
    return tuple(parts)
