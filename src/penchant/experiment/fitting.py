"""Learning a calibration from a table: predictions and tags in, a calibration with its datasheet out.

Looked (predictions) ─┐                       ┌─ cross-fitted: how well it does on people it has not seen
PhotoTags ────────────┼─ photos that teach ──┤
groups ───────────────┘                       └─ fitted on all: what is kept
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation import bootstrap_mean, constant
from penchant.evaluation.metrics import f1_at_k
from penchant.evaluation.resampling import interval_of
from penchant.experiment.folds import folds_of as user_folds
from penchant.experiment.predicted import ByLabel
from penchant.profiles import Adding
from penchant.semantics.calibration import Calibration, cross_fit, fit, folds_of, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.evaluation import Interval
    from penchant.experiment.looking import Looked

K = 5
_ALL_SHARE = (
    "--group: all share groups with one another, so that nothing is left to learn from without them; "
    "try more --folds, or leave --group out"
)
_RESAMPLES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Teaching:
    """Photos that a calibration can learn from: classified, each picture once a user, with a domain in their tags.

    Attributes:
        label, confidence, target: as `calibration.fit`.
        picture: [n] equal for equal bytes.
        users: [n] whose photo it is.
        groups: [n] names of what else holds photos together; () where there is none.
        left_out: photos that count but whose tags have no domain.
    """

    label: NDArray[np.int32]
    confidence: NDArray[np.float32]
    target: NDArray[np.float64]
    picture: NDArray[np.uint64]
    users: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    left_out: int

    @property
    def several_users(self) -> bool:
        """Whether there are at least two."""
        return len(set(self.users)) > 1

    @property
    def group_names(self) -> set[str]:
        """All groups."""
        return {name for names in self.groups for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """How well a calibration does on what it has not seen: F1@5 of whole users, or of groups.

    Attributes:
        units: "users" or "groups".
        count: how many.
        folds: how many there were.
        scores: "before", "after" and "constant", "after - before" and "after - constant".
    """

    units: str
    count: int
    folds: int
    scores: dict[str, Interval]


def teaching(
    looked: Looked,
    users: Sequence[str | None],
    target: NDArray[np.float64],
    groups: Sequence[tuple[str, ...]] | None = None,
) -> Teaching:
    """The photos that teach.

    Raises:
        UsageError: when there is none.
    """
    says = target.any(axis=1)
    rows = np.flatnonzero(looked.counted & says)
    if not len(rows):
        raise UsageError(
            "there is nothing to learn from: "
            + ("no picture could be used" if not looked.counted.any() else "no picture has tags with a domain")
        )
    kept = rows.tolist()
    return Teaching(
        looked.label[rows],
        looked.confidence[rows],
        target[rows],
        looked.digest[rows],
        tuple(users[row] or "" for row in kept),
        tuple(() if groups is None else groups[row] for row in kept),
        int((looked.counted & ~says).sum()),
    )


def units_of(photos: Teaching) -> NDArray[np.int64]:
    """[n]: what must stay in one fold. Users with all their photos, and with all who share a group with them."""
    rows = np.arange(len(photos.users))
    lengths = [max(len(names), 1) for names in photos.groups]
    row = np.repeat(rows, lengths)
    names = [name for given in photos.groups for name in (given or (None,))]
    people = photos.users if photos.several_users else None
    columns: list[Sequence[object]] = [row.tolist(), names]
    if people is not None:
        columns.append([people[at] for at in row.tolist()])
    elif not photos.group_names:
        return np.zeros(len(rows), np.int64)
    together = joined(*columns)
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return np.asarray(together[first], np.int64)


def learn(photos: Teaching, prior: NDArray[np.float64], *, seed: int = 0) -> Calibration:
    """The calibration from all the photos that teach."""
    together: Sequence[object] = units_of(photos).tolist()
    return fit(
        photos.label,
        photos.confidence,
        photos.target,
        prior=prior,
        groups=together if len(set(together)) > 1 else photos.groups,
        users=photos.users,
        seed=seed,
    )


def trial(
    photos: Teaching,
    prior: NDArray[np.float64],
    *,
    folds: int = 5,
    seed: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> Trial | None:
    """Cross-validation: profiles by calibrations that never saw the user, or the group, against their tags.

    Nobody's photos are learned from and judged by at once; nor those of anybody who shares a group with them, nor the
    same picture of somebody else. Where there are several users they are what is judged, else the groups. Where groups
    join all users, each fold learns without the groups of those whom it is tested on, and intervals draw users, who
    aren't quite independent then.

    Args:
        photos: those that teach.
        prior: [classes, domains] the ontology's.
        folds: how many.
        seed: of the folds and of the resampling.
        on_progress: told how many folds are done.

    Returns:
        None where there is only one user and no group: nothing can be left out.

    Raises:
        UsageError: when groups join all users, or a photo has none of the groups that are to be judged.
    """
    together = units_of(photos)
    if len(np.unique(together)) > 1:
        fold = folds_of(together, folds=folds, seed=seed)
        after = cross_fit(
            photos.label,
            photos.confidence,
            photos.target,
            prior=prior,
            folds=fold,
            groups=together.tolist(),
            users=photos.users if photos.several_users else None,
            picture=photos.picture,
            seed=seed,
            on_progress=on_progress,
        )
    elif photos.several_users:
        together = np.unique(photos.users, return_inverse=True)[1].astype(np.int64)
        after, fold = _without_their_groups(photos, prior, together, folds, seed, on_progress)
    elif len(photos.group_names) > 1:
        raise UsageError(_ALL_SHARE)
    else:
        return None
    before = ByLabel(prior, Adding())(photos.label, photos.confidence)
    owner = np.unique(photos.users, return_inverse=True)[1] if photos.several_users else together
    reference = _sums(photos.target, owner)
    cluster, fold_of = np.zeros(len(reference), np.int64), np.zeros(len(reference), np.int64)
    cluster[owner], fold_of[owner] = together, fold
    values = {
        "before": f1_at_k(_sums(before, owner), reference, k=K).values,
        "after": f1_at_k(_sums(after, owner), reference, k=K).values,
        "constant": f1_at_k(constant(reference, groups=fold_of), reference, k=K).values,
    }
    values["after - before"] = values["after"] - values["before"]
    values["after - constant"] = values["after"] - values["constant"]
    return Trial(
        units="users" if photos.several_users else "groups",
        count=len(reference),
        folds=len(np.unique(fold)),
        scores={name: clustered_mean(each, cluster, seed=seed) for name, each in values.items()},
    )


def _without_their_groups(
    photos: Teaching,
    prior: NDArray[np.float64],
    owner: NDArray[np.int64],
    folds: int,
    seed: int,
    on_progress: Callable[[int], None] | None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """[n, domains] and [n] folds where groups join all users: users are cut, and training goes without their groups."""
    try:
        cut = user_folds(owner, photos.picture, groups=photos.groups, folds=folds, seed=seed)
    except UsageError:
        raise UsageError(_ALL_SHARE) from None
    after, fold = np.zeros_like(photos.target, np.float64), np.zeros(len(owner), np.int64)
    for number, part in enumerate(cut):
        rows = np.flatnonzero(part.train)
        kept = rows.tolist()
        learned = fit(
            photos.label[rows],
            photos.confidence[rows],
            photos.target[rows],
            prior=prior,
            groups=[photos.groups[row] for row in kept],
            users=[photos.users[row] for row in kept],
            seed=seed,
        )
        after[part.test] = learned.photo_domains(photos.label[part.test], photos.confidence[part.test])
        fold[part.test] = number
        if on_progress is not None:
            on_progress(number + 1)
    return after, fold


def clustered_mean(
    values: NDArray[np.float64], clusters: NDArray[np.int64], *, seed: int, resamples: int = _RESAMPLES
) -> Interval:
    """The mean of values with the percentile bootstrap interval over clusters, drawn as wholes.

    Users who share groups aren't independent: drawing them one by one would promise too much (Davison and Hinkley
    1997, section 3.8). Where each value is its own cluster this is the ordinary bootstrap.
    """
    _, number = np.unique(clusters, return_inverse=True)
    size = int(number.max(initial=-1)) + 1
    if size == len(values):
        return bootstrap_mean(values, seed=seed, resamples=resamples)
    sums, counts = np.bincount(number, values), np.bincount(number).astype(np.float64)
    if size < 2:
        return interval_of(float(values.mean()), np.zeros(0))
    drawn = np.random.default_rng(seed).integers(0, size, (resamples, size))
    means: NDArray[np.float64] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    return interval_of(float(values.mean()), means)


def _sums(weights: NDArray[np.float64], owner: NDArray[np.int64]) -> NDArray[np.float64]:
    total = np.zeros((int(owner.max()) + 1, weights.shape[1]))
    np.add.at(total, owner, weights)
    return total
