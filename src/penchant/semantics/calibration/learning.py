"""Learning a calibration: the strengths by cross-validation, then the weights by all photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.semantics.calibration.folds import folds_of, joined
from penchant.semantics.calibration.moments import Moments, moments
from penchant.semantics.calibration.solve import extended, nonnegative, ridge, scale
from penchant.semantics.calibration.values import Calibration, Strengths, Transform

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FREEDOMS = (1 / 2, 1 / 6, 1 / 20, 1 / 60, 1 / 200, 1 / 1000, 1 / 10000)
TRANSFORMS = (Transform(),)  # the square root was there too, and lost in every fold of every split
_FOLDS = 5
_LEAST = 0.005  # of a photo's domains: smaller weights are noise, and take memory wherever photos are added up
_MOST_LABELS = 2000  # fitted one by one; of larger label sets the rarer ones only take part in the translation


@dataclass(frozen=True, slots=True, eq=False)
class _Photos:
    """What counts for learning: photos with labels and with domains of their tags."""

    label: NDArray[np.int64]
    confidence: NDArray[np.float64]
    target: NDArray[np.float64]
    weight: NDArray[np.float64]
    units: NDArray[np.int64]


def fit(
    label: NDArray[np.integer],
    confidence: NDArray[np.floating],
    target: NDArray[np.float64],
    *,
    prior: NDArray[np.float64],
    groups: Sequence[object] | None = None,
    users: Sequence[object] | None = None,
    strengths: Strengths | None = None,
    candidates: Sequence[Transform] = TRANSFORMS,
    seed: int = 0,
) -> Calibration:
    """Learns what labels mean in the words of those who tagged the photos.

    Every user counts alike, however many photos they have. Photos without domains in their tags, or without labels,
    teach nothing and are left out; without any photo the calibration is the ontology.

    Args:
        label: [n, k] class indices, −1 for none; a class at most once a photo.
        confidence: [n, k], most probable first; 0 where there is none.
        target: [n, domains] what each photo's tags say; rows sum to 1, or to 0 where they say nothing.
        prior: [classes, domains] what the ontology says of each label.
        groups: [n] what the cross-validation leaves out together; by default the users.
        users: [n] whose photo it is; by default one person's.
        strengths: how far to move from the ontology. By default the least squared error on left-out groups decides;
            with fewer than two groups there is nothing to decide by, and the default `Strengths` are used.
        candidates: the transforms to choose among.
        seed: of the folds.

    Raises:
        UsageError: when the tables don't fit one another.
    """
    _check(label, confidence, target, prior, groups, users)
    photos = _useful(label, confidence, target, users, groups)
    labels = _labels(photos, len(prior))
    if strengths is None:
        strengths = _chosen(photos, labels, prior, candidates, seed)
    matrix = _weights(photos, labels, prior, strengths)
    calibration = Calibration(matrix, np.zeros(prior.shape[1]), strengths)
    said = photos.weight @ calibration.photo_domains(photos.label, photos.confidence)
    total = float(said.sum())
    return Calibration(matrix, said / total if total > 0 else said, strengths)


def _weights(
    photos: _Photos, labels: NDArray[np.int64], prior: NDArray[np.float64], strengths: Strengths
) -> NDArray[np.float64]:
    if not len(labels):
        return prior.copy()
    seen = _moments(photos, labels, strengths.transform, slice(None))
    g = scale(seen, prior[labels])
    if strengths.freedom == 0:
        return g * prior
    weights = extended(nonnegative(seen, prior[labels], strengths.freedom), labels, prior, g)
    return np.where(weights >= _LEAST, weights, 0.0)


def _chosen(
    photos: _Photos,
    labels: NDArray[np.int64],
    prior: NDArray[np.float64],
    candidates: Sequence[Transform],
    seed: int,
) -> Strengths:
    """The strengths with the least squared error on photos of groups that were left out."""
    if len(np.unique(photos.units)) < 2:
        return Strengths(candidates[0])
    folds = folds_of(photos.units, folds=_FOLDS, seed=seed)
    best, least = Strengths(candidates[0]), float("inf")
    for transform in candidates:
        parts = [_moments(photos, labels, transform, folds == fold) for fold in np.unique(folds)]
        whole = parts[0]
        for part in parts[1:]:
            whole += part
        rests = [whole - part for part in parts]
        for freedom in FREEDOMS:
            error = sum(
                part.error(ridge(rest, prior[labels], freedom)) for part, rest in zip(parts, rests, strict=True)
            )
            if error < least:
                best, least = Strengths(transform, freedom), error
    return best


def _moments(
    photos: _Photos, labels: NDArray[np.int64], transform: Transform, rows: NDArray[np.bool_] | slice
) -> Moments:
    place = np.full(int(max(photos.label.max(initial=0), labels.max(initial=0))) + 1, -1, np.int64)
    place[labels] = np.arange(len(labels))
    label = place[photos.label[rows]]
    strength = np.where(label >= 0, transform.strength(photos.confidence[rows]), 0.0)
    return moments(np.maximum(label, 0), strength, photos.target[rows], photos.weight[rows], len(labels))


def _useful(
    label: NDArray[np.integer],
    confidence: NDArray[np.floating],
    target: NDArray[np.float64],
    users: Sequence[object] | None,
    groups: Sequence[object] | None,
) -> _Photos:
    rows = np.flatnonzero((target.sum(axis=1) > 0) & (confidence > 0).any(axis=1))
    people = ["" for _ in rows] if users is None else [str(users[row]) for row in rows.tolist()]
    named: list[Sequence[object]] = [people] if groups is None else [[groups[row] for row in rows.tolist()]]
    if groups is not None and len(set(people)) > 1:
        named.append(people)
    known = np.asarray(confidence, np.float64)[rows]
    return _Photos(
        np.where(known > 0, np.maximum(label[rows], 0), 0).astype(np.int64),
        known,
        np.asarray(target, np.float64)[rows],
        _alike(people),
        joined(*named) if len(rows) else np.zeros(0, np.int64),
    )


def _alike(people: Sequence[str]) -> NDArray[np.float64]:
    """Weights with which each person counts the same; their sum is the number of photos that the whole is worth.

    That number is Kish's effective sample size (1965), (Σw)² / Σw²: what a few photos say for many counts as few.
    """
    if not people:
        return np.zeros(0)
    _, number, count = np.unique(np.array(people), return_inverse=True, return_counts=True)
    weight = 1 / count[number]
    result: NDArray[np.float64] = weight * (weight.sum() / np.sum(weight**2))
    return result


def _labels(photos: _Photos, classes: int) -> NDArray[np.int64]:
    """The classes that the photos show, in their order; only the commonest of very many."""
    shown = np.bincount(photos.label.ravel(), np.sqrt(photos.confidence).ravel(), minlength=classes)
    first = np.argsort(-shown, kind="stable")[:_MOST_LABELS]
    return np.sort(first[shown[first] > 0]).astype(np.int64)


def _check(
    label: NDArray[np.integer],
    confidence: NDArray[np.floating],
    target: NDArray[np.float64],
    prior: NDArray[np.float64],
    groups: Sequence[object] | None,
    users: Sequence[object] | None,
) -> None:
    rows = len(label)
    if label.ndim != 2 or label.shape != confidence.shape or target.shape != (rows, prior.shape[1]):
        raise UsageError(
            f"labels {label.shape}, confidences {confidence.shape}, tag domains {target.shape} and the ontology's "
            f"table {prior.shape} don't fit"
        )
    for name, given in (("groups", groups), ("users", users)):
        if given is not None and len(given) != rows:
            raise UsageError(f"{name}: one for each of the {rows:,} photos is needed, not {len(given):,}")
    if label.max(initial=-1) >= len(prior):
        raise UsageError(f"a label has the number {label.max():,}, and there are {len(prior):,} classes")
    if not (np.isfinite(target).all() and (target >= 0).all() and np.isfinite(confidence).all()):
        raise UsageError("tag domains and confidences are finite numbers of 0 or more")
