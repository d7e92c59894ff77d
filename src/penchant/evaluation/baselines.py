"""What is shown beside every result: what one gets who knows nothing about the person, and the best one could get.

Each gives weights, [users, domains], that go into the same measures as a method's. Nobody's own reference enters their
own constant or prior. That has a price: what is left out of a mean moves it the other way, so across users a
leave-one-out prior is *anti*-correlated with the truth (a Spearman towards −1). For measures of domains across users
take `leave_out=False`: what is the same for all scores 0 (Spearman) and ½ (AUC), whatever it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.evaluation.population import exact_shares, on_grid, sum_of_the_others
from penchant.evaluation.ranking import Ties, by_code, checked, top_sets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def constant(
    reference: ArrayLike,
    *,
    k: int = 5,
    ties: Ties = Ties.BY_CODE,
    groups: ArrayLike | None = None,
    leave_out: bool = True,
) -> NDArray[np.float64]:
    """The population's k commonest domains for everybody.

    Commonest: in the k heaviest reference domains of the most users. No constant set of k has more matches with the
    users that it was counted on, so it is the constant to beat. A domain's weight is that number of users. Domains
    that tie for the k-th place all stay; the measure's own `ties` decides.

    Args:
        reference: [users, domains] weights; to beat a constant at `lift_ranked_f1_at_k`, give their lifts, and
            score the result with `f1_at_k` against the lifts.
        k: how many.
        ties: what happens to equal weights at a user's own k-th place.
        groups: [users] what is left out together, as a method's folds; by default each user alone.
        leave_out: count for each user on the others only; else on all.
    """
    member = on_grid(top_sets(checked(reference, what="reference"), k=k, ties=ties).membership)
    counts = sum_of_the_others(member, groups) if leave_out else np.broadcast_to(member.sum(axis=0), member.shape)
    first = top_sets(counts, k=k, ties=Ties.SHARE)
    return np.where(first.sure | first.tied, counts, 0.0)


def prior(reference: ArrayLike, *, groups: ArrayLike | None = None, leave_out: bool = True) -> NDArray[np.float64]:
    """The population's mean profile for everybody: the mean of the users' shares.

    Args:
        reference: [users, domains] weights; users without any don't count.
        groups: as `constant`.
        leave_out: as `constant`.
    """
    own = exact_shares(checked(reference, what="reference"))
    total = sum_of_the_others(own, groups) if leave_out else np.broadcast_to(own.sum(axis=0), own.shape)
    return on_grid(total / np.maximum(total.sum(axis=1, keepdims=True), 1e-300))


def random_draw(reference: ArrayLike, *, seed: int) -> NDArray[np.float64]:
    """Weights drawn evenly from (0, 1], for each user and domain: one random ranking for everybody."""
    shape = checked(reference, what="reference").shape
    return 1.0 - np.random.default_rng(seed).random(shape)


def random_expected(reference: ArrayLike) -> NDArray[np.float64]:
    """All domains alike: under `Ties.SHARE` a user measure's exact expected value over random rankings.

    The reference's own ties are then shared too; where that matters, average `random_draw` instead.
    """
    return np.ones(checked(reference, what="reference").shape)


def oracle_list(reference: ArrayLike, *, reachable: ArrayLike | None = None) -> NDArray[np.float64]:
    """The best attainable order, for nDCG and rank-biased overlap: the reference's own, without ties.

    Weights are whole numbers, the order alone counts; where weights matter (shares across users, recommendation) the
    reference itself is the bound.

    Args:
        reference: [users, domains] weights.
        reachable: [domains] bool, what the method can predict at all: some domains have no label of a classifier.

    Raises:
        UsageError: when `reachable` isn't one truth value for each domain.
    """
    theirs = checked(reference, what="reference")
    return by_code(np.where(_reachable(theirs, reachable), theirs, 0.0))


def oracle_set(
    reference: ArrayLike,
    *,
    k: int = 5,
    ties: Ties = Ties.BY_CODE,
    reachable: ArrayLike | None = None,
    exactly: bool = False,
) -> NDArray[np.float64]:
    """The set with the best attainable (expected) F1@k: the likeliest members of the reference's set, while they pay.

    Args:
        reference: [users, domains] weights.
        k: the most domains a set may have.
        ties: what happens to equal weights at the reference's k-th place. Under `SHARE` nobody can know how they
            fall, so the bound is below 1.
        reachable: [domains] bool, what the method can predict at all.
        exactly: name k domains even where the reference has fewer, as a method does that always names k: the bound is
            then below 1 for such users. It is the bound of recall, too.

    Raises:
        UsageError: when `reachable` isn't one truth value for each domain.
    """
    theirs = checked(reference, what="reference")
    can = _reachable(theirs, reachable)
    sets = top_sets(theirs, k=k, ties=ties)
    chance = np.where(can, sets.membership, -1.0)
    order = np.argsort(-chance, axis=1, kind="stable")
    gain = np.take_along_axis(chance, order, axis=1)
    place = np.arange(theirs.shape[1])
    wanted = (place < k) & (gain >= 0 if exactly else gain > 0)
    f1 = np.cumsum(np.where(wanted, gain, 0.0), axis=1) / (place + 1 + sets.size[:, None])
    if not exactly and theirs.shape[1]:
        wanted &= place <= np.argmax(np.where(wanted, f1, -1.0), axis=1)[:, None]
    best = np.zeros_like(theirs)
    np.put_along_axis(best, order, np.where(wanted, (theirs.shape[1] - place).astype(np.float64), 0.0), axis=1)
    return best


def _reachable(reference: NDArray[np.float64], reachable: ArrayLike | None) -> NDArray[np.bool_]:
    domains = reference.shape[1]
    can = np.ones(domains, np.bool_) if reachable is None else np.asarray(reachable, np.bool_)
    if can.shape != (domains,):
        raise UsageError(f"reachable: one truth value for each of the {domains} domains is needed")
    return can
