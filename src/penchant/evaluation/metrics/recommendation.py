"""Recommendation: does a person's profile find their own held-out photos among other people's?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation.ranking import checked, checked_k, tie_groups
from penchant.evaluation.scores import UserScores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DIGITS = 12  # similarities nearer than this are equal: the last bits hang on the order of a sum


@dataclass(frozen=True, slots=True, eq=False)
class Recommendation:
    """Three views of one ranking of photos for each user.

    Attributes:
        auc: the chance that one of the user's own photos comes before somebody else's; ½ for equal similarity.
        recall: the user's own photos among the first k / all of the user's own held-out photos.
        reciprocal_rank: 1 / the rank of the first own photo; its mean over users is the MRR.
    """

    auc: UserScores
    recall: UserScores
    reciprocal_rank: UserScores


def recommendation(
    profiles: ArrayLike,
    photos: ArrayLike,
    owner: ArrayLike,
    *,
    k: int = 10,
    others: int | None = None,
    seed: int = 0,
) -> Recommendation:
    """Ranks held-out photos for each user by the cosine of the user's profile and the photo's domains.

    A constant profile ranks the same for everybody, so where all users hold out equally many photos its mean AUC is
    exactly ½. Profiles must be built without the held-out photos (`hold_out`).
    Ties: photos of equal similarity are in random order, and all three are expected values over it, computed exactly.
    Empty: NaN for users without held-out photos, or where nobody else has any. An empty profile, or an empty photo,
    has the similarity 0.

    Args:
        profiles: [users, domains] weights, of predicted or reference profiles, or their lifts.
        photos: [photos, domains] weights of the held-out photos, in the same terms.
        owner: [photos] row of the user that each photo belongs to.
        k: how many first photos count for the recall.
        others: rank among this many photos of others, drawn anew for each user, rather than among all.
        seed: of that draw.

    Raises:
        UsageError: when the tables don't fit one another.
    """
    checked_k(k)
    people, pictures = _unit(checked(profiles, what="profiles")), _unit(checked(photos, what="photos"))
    owners = np.asarray(owner, np.int64)
    if people.shape[1] != pictures.shape[1] or owners.shape != (len(pictures),):
        raise UsageError(f"profiles {people.shape}, photos {pictures.shape} and owners {owners.shape} don't fit")
    if len(owners) and not 0 <= owners.min() <= owners.max() < len(people):
        raise UsageError(f"an owner is not one of the {len(people)} users")
    if others is not None and others < 1:
        raise UsageError(f"others = {others}: at least one photo of somebody else is needed")
    values = np.full((3, len(people)), np.nan)
    for user in np.unique(owners):
        mine, foreign = np.flatnonzero(owners == user), np.flatnonzero(owners != user)
        if others is not None and others < len(foreign):
            foreign = np.random.default_rng([seed, int(user)]).choice(foreign, others, replace=False)
        if not len(foreign):
            continue
        similarity = np.round(pictures[np.concatenate([mine, foreign])] @ people[user], _DIGITS)
        values[:, user] = _of_ranking(similarity, len(mine), k)
    return Recommendation(*(UserScores(row) for row in values))


def hold_out(owner: ArrayLike, *, picture: ArrayLike | None = None, part: float = 0.2, seed: int) -> NDArray[np.bool_]:
    """[photos]: which photos to keep out of the profiles, for `recommendation`.

    Of each user, `part` of the photos, rounded; at least one, and never all. A user with a single photo holds out
    none. What is held out for one user doesn't hang on the others, but for pictures kept by several people: these are
    never held out, as no ranking could tell whose they are.

    Args:
        owner: [photos] row of the user that each photo belongs to.
        picture: [photos] what is equal for the same picture (a digest, an id); None if all differ.
        part: between 0 and 1.
        seed: of the draw.

    Raises:
        UsageError: when part isn't between 0 and 1, exclusive.
    """
    if not 0 < part < 1:
        raise UsageError(f"part = {part}: the part held out lies between 0 and 1, exclusive")
    owners = np.asarray(owner, np.int64)
    allowed = np.ones(len(owners), np.bool_)
    if picture is not None:
        _, same = np.unique(np.asarray(picture), return_inverse=True)
        first, last = np.full(len(owners), len(owners)), np.full(len(owners), -1)
        np.minimum.at(first, same, owners)
        np.maximum.at(last, same, owners)
        allowed = first[same] == last[same]
    held = np.zeros(len(owners), np.bool_)
    for user in np.unique(owners):
        mine = np.flatnonzero(owners == user)
        count = min(max(round(part * len(mine)), 1), len(mine) - 1)
        free = mine[allowed[mine]]
        draw = np.random.default_rng([seed, int(user)]).permutation(len(free))
        held[free[draw[:count]]] = True
    return held


def _unit(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights / np.where(length > 0, length, 1.0)


def _of_ranking(similarity: NDArray[np.float64], own: int, k: int) -> tuple[float, float, float]:
    """AUC, recall at k and reciprocal rank; the first `own` similarities are those of the user's own photos."""
    order = np.argsort(-similarity, kind="stable")
    starts, ends = tie_groups(-similarity[order])
    is_own = order < own
    total = len(order)
    running = np.concatenate([[0], np.cumsum(is_own)])
    others_after = (total - ends) - (own - running[ends])
    others_equal = (ends - starts) - (running[ends] - running[starts])
    auc = np.sum((others_after + others_equal / 2)[is_own]) / (own * (total - own))
    within = np.clip((k - starts) / (ends - starts), 0.0, 1.0)
    recall = within[is_own].sum() / own
    first = int(np.argmax(is_own))
    start, size = int(starts[first]), int(ends[first] - starts[first])
    return float(auc), float(recall), _reciprocal(start, size, int(running[ends[first]]))


def _reciprocal(before: int, size: int, own: int) -> float:
    """The expected 1 / rank of the first of `own` photos in random places among `size`, after `before` others."""
    place = np.arange(1, size - own + 2)
    # P(first at j) = P(first at j − 1) · (what's left after j − 1 that isn't own) / (what's left after j − 1)
    left = size - place[:-1]
    step = (left - own + 1) / np.maximum(left, 1)
    chance = own / size * np.concatenate([[1.0], np.cumprod(step)])
    return float(np.sum(chance / (before + place)))
