"""A profile from predictions: a pure function of the set of photos, whatever their order or parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from penchant.profiles.combine import Sorted, sort_out
from penchant.profiles.interval import share_interval
from penchant.profiles.weights import Adding, Contributions, Strength, contributions
from penchant.types import Domain, Evidence, Failure, Interest, LabelSet, ModelFacts, PhotoCounts, Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from penchant.types import Predictions

MINIMUM_PHOTOS = 20
_LABELS_KEPT = 8


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """What labels mean: the domains of each class of a classifier.

    Attributes:
        generaliser, taxonomy: the names of what decided it.
        domains: the taxonomy's domains.
        matrix: [classes, domains]; rows sum to 1, or to 0 for a label without a domain. With a strength, any weights
            of 0 or more.
        background: [domains] shares in a typical collection, or None where that isn't known.
        provenance: what made it, for whoever wants to repeat it.
        strength: how much a label counts by its confidence, where that was learned; None where options decide.
    """

    generaliser: str
    taxonomy: str
    domains: tuple[Domain, ...]
    matrix: NDArray[np.float64]
    background: NDArray[np.float64] | None
    provenance: dict[str, str] = field(default_factory=dict)
    strength: Strength | None = None


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """What a caller may choose about a profile.

    Attributes:
        adding: how predictions add up.
        minimum_photos: fewer usable photos than this are not enough evidence.
        evidence: photos kept a domain, strongest first.
        rank_by: "share", or "lift" for what sets the person apart.
        hide_sensitive: leave sensitive domains out of the result (shares still refer to all domains).
    """

    adding: Adding = field(default_factory=Adding)
    minimum_photos: int = MINIMUM_PHOTOS
    evidence: int = 12
    rank_by: str = "share"
    hide_sensitive: bool = False


def build_profile(
    predictions: Predictions,
    *,
    label_set: LabelSet,
    model: ModelFacts,
    meaning: Meaning,
    options: ProfileOptions = ProfileOptions(),
    user_id: str | None = None,
    failures: Sequence[Failure] = (),
    skipped: tuple[tuple[str, int], ...] = (),
    provenance: dict[str, str] | None = None,
) -> Profile:
    """What one person's pictures say they care about.

    Args:
        predictions: that person's photos, in any order; duplicates and failures are sorted out here.
        label_set: the classes that the predictions' labels refer to.
        model: what made the predictions.
        meaning: what the labels mean.
        options: the caller's choices.
        user_id: whose profile it is.
        failures: what could not even be listed; added to the photos that failed.
        skipped: files that are not pictures, by suffix.
        provenance: what made the result, for whoever wants to repeat it.
    """
    photos = sort_out(predictions)
    given = contributions(photos.used, meaning.matrix, options.adding, meaning.strength)
    all_failures = tuple(sorted((*failures, *photos.failures), key=lambda f: (f.photo_id, f.error)))
    used = len(photos.used)
    total = float(given.weight.sum()) + given.lost
    return Profile(
        user_id=user_id,
        photos=PhotoCounts(
            total=used + len(all_failures) + len(photos.duplicates),
            used=used,
            failed=len(all_failures),
            duplicates=len(photos.duplicates),
        ),
        model=model,
        generaliser=meaning.generaliser,
        taxonomy=meaning.taxonomy,
        aggregation=options.adding.aggregation,
        minimum_photos=options.minimum_photos,
        sufficient=used >= options.minimum_photos,
        domains=_interests(photos, given, label_set, meaning, options),
        failures=all_failures,
        duplicates=photos.duplicates,
        skipped=skipped,
        unassigned=given.lost / total if total else 0.0,
        provenance=provenance or {},
    )


def _interests(
    photos: Sorted, given: Contributions, label_set: LabelSet, meaning: Meaning, options: ProfileOptions
) -> tuple[Interest, ...]:
    size = len(meaning.domains)
    totals = np.bincount(given.domain, given.weight, minlength=size).astype(np.float64)
    total = float(totals.sum())
    if total == 0:
        return ()
    even = np.full(size, 1 / size)
    prior = even if meaning.background is None else meaning.background
    low, high = share_interval(given, prior)
    share = totals / total
    lift = share / prior
    by = -lift if options.rank_by == "lift" and meaning.background is not None else -share
    shown = [
        int(d)
        for d in np.lexsort((np.arange(size), -share, by))
        if totals[d] > 0 and not (options.hide_sensitive and meaning.domains[d].sensitive)
    ]
    interests = []
    for rank, d in enumerate(shown, start=1):
        domain = meaning.domains[d]
        rows = np.flatnonzero(given.domain == d)
        interests.append(
            Interest(
                rank=rank,
                code=domain.code,
                name=domain.name,
                share=float(share[d]),
                share_low=float(low[d]),
                share_high=float(high[d]),
                lift=None if meaning.background is None else float(lift[d]),
                sensitive=domain.sensitive,
                photos=given.photos(d),
                labels=_labels(given, rows, label_set),
                evidence=_evidence(photos, given, rows, label_set, total, options.evidence),
            )
        )
    return tuple(interests)


def _labels(given: Contributions, rows: NDArray[np.int64], label_set: LabelSet) -> tuple[tuple[str, float], ...]:
    """The domain's strongest labels, with their part of its weight."""
    weight = np.bincount(given.label[rows], given.weight[rows], minlength=len(label_set.classes))
    whole = float(weight.sum())
    order = np.lexsort((np.arange(len(weight)), -weight))[:_LABELS_KEPT]
    return tuple((label_set.classes[i].name, float(weight[i]) / whole) for i in order if weight[i] > 0)


def _evidence(
    photos: Sorted,
    given: Contributions,
    rows: NDArray[np.int64],
    label_set: LabelSet,
    total: float,
    limit: int,
) -> tuple[Evidence, ...]:
    """The domain's strongest photos, each with its label that gave the most; equal ones by confidence, then by name."""
    photo, label, weight = given.photo[rows], given.label[rows], given.weight[rows]
    strength = np.bincount(photo, weight, minlength=len(photos.used))
    sure = photos.used.confidence[photo, 0]
    # Photos stand in the order of their names, so the row number breaks ties.
    order = np.lexsort((label, -weight, photo, -sure, -strength[photo]))
    found: list[Evidence] = []
    seen: set[int] = set()
    for row in order:
        i = int(photo[row])
        if i in seen:
            continue
        if len(found) == limit:
            break
        seen.add(i)
        named = label_set.classes[int(label[row])]
        place = int(np.flatnonzero(photos.used.label[i] == label[row])[0])
        found.append(
            Evidence(
                photo_id=photos.used.photo_id[i],
                label=named.name,
                synset=named.synset,
                confidence=float(photos.used.confidence[i, place]),
                share=float(strength[i]) / total,
                path=photos.used.path[i],
            )
        )
    return tuple(found)
