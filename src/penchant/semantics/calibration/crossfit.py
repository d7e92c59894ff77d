"""Predictions by calibrations that never saw the person: fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.semantics.calibration.learning import TRANSFORMS, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.semantics.calibration.values import Strengths, Transform


def cross_fit(
    label: NDArray[np.integer],
    confidence: NDArray[np.floating],
    target: NDArray[np.float64],
    *,
    prior: NDArray[np.float64],
    folds: NDArray[np.int64],
    groups: Sequence[object] | None = None,
    users: Sequence[object] | None = None,
    picture: NDArray[np.generic] | None = None,
    strengths: Strengths | None = None,
    candidates: Sequence[Transform] = TRANSFORMS,
    seed: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """[n, domains]: what each photo gives, by a calibration learned from the photos of all other folds.

    The strengths are chosen anew for each fold, among those other photos only. Tags of a fold's photos never reach
    what predicts them, so photos without tags are predicted as well.

    Args:
        label, confidence, target, prior, groups, users, strengths, candidates, seed: as `fit`.
        folds: [n] the fold of each photo; whole users (`folds_of`).
        picture: [n] equal for the same picture: what several people keep is not learned from where it is predicted.
        on_progress: told how many folds are done.

    Raises:
        UsageError: as `fit`, and when a user or group stands in two folds, or there are fewer than two folds.
    """
    names = np.unique(folds)
    if len(names) < 2:
        raise UsageError("cross-validation needs at least two folds, so at least two users or groups")
    for what, column in (("user", users), ("group", groups)):
        homes: dict[object, int] = {}
        for name, fold in zip(column or (), folds, strict=False):
            if name is not None and homes.setdefault(name, int(fold)) != int(fold):
                raise UsageError(f"{what} {name} stands in two folds: nobody may be learned from and judged by at once")
    result = np.zeros_like(target, np.float64)
    for done, fold in enumerate(names, start=1):
        own = np.flatnonzero(folds == fold)
        known = folds != fold
        if picture is not None:
            known &= ~np.isin(picture, picture[own])
        rest = np.flatnonzero(known)
        learned = fit(
            label[rest],
            confidence[rest],
            target[rest],
            prior=prior,
            groups=None if groups is None else [groups[row] for row in rest.tolist()],
            users=None if users is None else [users[row] for row in rest.tolist()],
            strengths=strengths,
            candidates=candidates,
            seed=seed,
        )
        result[own] = learned.photo_domains(label[own], confidence[own])
        if on_progress is not None:
            on_progress(done)
    return result
