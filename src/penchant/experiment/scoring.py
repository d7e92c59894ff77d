"""From predicted and reference profiles to all measures, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation import (
    Interval,
    Ties,
    constant,
    lift,
    oracle_list,
    oracle_set,
    prior,
    random_draw,
    random_expected,
)
from penchant.evaluation import metrics as m
from penchant.evaluation.resampling import ACROSS_USERS, DomainDraws, bootstrap_domains, bootstrap_means, interval_of
from penchant.evaluation.scores import DomainScores, Standing, UserScores
from penchant.results import DomainRow, Measure, Scores, WithinFolds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from penchant.types import Domain

RECOMMEND_AT = 10
OTHERS = 1_000
"""Photos of other people among which a user's own held-out ones are ranked."""

USER_MEASURES = (
    "f1_at_k", "matches_at_k", "precision_at_k", "recall_at_k", "jaccard_at_k", "ndcg_at_k", "rank_biased_overlap",
    "lift_ranked_f1_at_k", "recommendation_auc", "recommendation_recall", "recommendation_mrr",
)  # fmt: skip
DOMAIN_MEASURES = ("domain_precision", "domain_recall", "domain_auc", "domain_spearman")


@dataclass(frozen=True, slots=True)
class Judging:
    """How profiles are judged."""

    k: int
    ties: Ties
    seed: int
    bootstrap: int

    @property
    def across_users(self) -> int:
        """How many samples measures across users draw: they cost more."""
        return min(self.bootstrap, ACROSS_USERS)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The recommendation test of one way to describe photos: profiles made without the held-out photos, and these."""

    profiles: NDArray[np.float64]
    photos: NDArray[np.float64]
    owner: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One table of predicted profiles against a reference.

    Attributes:
        weights: [users, domains], what was judged across users.
        users: measures of users, by their names; the recommendation's only where it was tested.
        domains: measures of domains.
        counts: [k + 1] the distribution of matches.
        draws: the means of the domains' measures in the bootstrap samples.
    """

    weights: NDArray[np.float64]
    users: Mapping[str, UserScores]
    domains: Mapping[str, DomainScores]
    counts: NDArray[np.float64]
    draws: DomainDraws


def judge(
    predicted: NDArray[np.float64],
    reference: NDArray[np.float64],
    how: Judging,
    *,
    held: HeldOut | None = None,
) -> Judged:
    """All measures of a method's profiles."""
    users, counts = _of_users(predicted, predicted, predicted, reference, how)
    users["lift_ranked_f1_at_k"] = m.lift_ranked_f1_at_k(predicted, reference, k=how.k, ties=how.ties)
    return _judged(predicted, users, counts, reference, how, held)


def judge_baselines(
    reference: NDArray[np.float64], how: Judging, *, held: HeldOut | None = None, told: HeldOut | None = None
) -> dict[str, Judged]:
    """The baselines of a reference, each in every measure as docs/measures.md says.

    Args:
        reference: [users, domains].
        how: how profiles are judged.
        held: what a method has to recommend with, for those that know nothing of the person.
        told: the same from the reference, for the oracle.
    """
    found = {}
    lifted = lift(reference)
    everybody = {"constant": constant(reference, k=how.k, ties=how.ties, leave_out=False)}
    everybody["prior"] = prior(reference, leave_out=False)
    of_users = {"constant": constant(reference, k=how.k, ties=how.ties), "prior": prior(reference)}
    distinct = {
        "constant": constant(lifted, k=how.k, ties=how.ties),
        "prior": prior(lifted),
    }
    for name, table in of_users.items():
        users, counts = _of_users(table, table, table, reference, how)
        users["lift_ranked_f1_at_k"] = _lifted(m.f1_at_k(distinct[name], lifted, k=how.k, ties=how.ties))
        same = everybody[name]
        recommended = None if held is None else replace(held, profiles=same)
        found[name] = _judged(same, users, counts, reference, how, recommended)
    blind = replace(how, ties=Ties.SHARE)
    even = random_expected(reference)
    users, counts = _of_users(even, even, even, reference, blind)
    users["lift_ranked_f1_at_k"] = _lifted(m.f1_at_k(even, lifted, k=how.k, ties=Ties.SHARE))
    drawn = None if held is None else replace(held, profiles=random_draw(reference, seed=how.seed))
    found["random"] = _judged(even, users, counts, reference, blind, drawn)
    sets, lists = oracle_set(reference, k=how.k, ties=how.ties), oracle_list(reference)
    whole = oracle_set(reference, k=how.k, ties=how.ties, exactly=True)
    users, counts = _of_users(sets, whole, lists, reference, how)
    users["lift_ranked_f1_at_k"] = _lifted(
        m.f1_at_k(oracle_set(lifted, k=how.k, ties=how.ties), lifted, k=how.k, ties=how.ties)
    )
    found["oracle"] = _judged(reference, users, counts, reference, how, told)
    return {name: found[name] for name in ("constant", "random", "prior", "oracle")}


def scores_of(judged: Sequence[Judged], how: Judging) -> list[Scores]:
    """The measures with their intervals; all of them from the same draws of users."""
    columns = [(place, name, scores) for place, one in enumerate(judged) for name, scores in one.users.items()]
    table = np.stack([scores.values for _, _, scores in columns], axis=1)
    intervals = bootstrap_means(table, seed=how.seed, resamples=how.bootstrap)
    found: list[dict[str, Measure]] = [{} for _ in judged]
    for (place, name, scores), interval in zip(columns, intervals, strict=True):
        found[place][name] = measure_of(interval, scores.users, scores.undefined)
    return [_scores(one, measures) for one, measures in zip(judged, found, strict=True)]


def domain_rows(
    judged: Judged, reference: NDArray[np.float64], domains: Sequence[Domain], how: Judging
) -> tuple[DomainRow, ...]:
    """One row a domain."""
    from penchant.evaluation.ranking import shares, top_sets

    known = reference.any(axis=1)
    mine, theirs = judged.weights[known], reference[known]
    named = top_sets(mine, k=how.k, ties=how.ties).membership.sum(axis=0)
    held = top_sets(theirs, k=how.k, ties=how.ties).membership.sum(axis=0)
    predicted_share, reference_share = shares(mine).mean(axis=0), shares(theirs).mean(axis=0)
    rows = []
    for place, domain in enumerate(domains):
        values = {name: number(float(scores.values[place])) for name, scores in judged.domains.items()}
        standings = dict.fromkeys(scores.standing[place] for scores in judged.domains.values())
        rows.append(
            DomainRow(
                code=domain.code,
                name=domain.name,
                sensitive=domain.sensitive,
                predicted_users=float(named[place]),
                reference_users=float(held[place]),
                predicted_share=float(predicted_share[place]),
                reference_share=float(reference_share[place]),
                precision=values["domain_precision"],
                recall=values["domain_recall"],
                auc=values["domain_auc"],
                spearman=values["domain_spearman"],
                note="; ".join(s.value for s in standings if s is not Standing.DEFINED),
            )
        )
    return tuple(rows)


def within_folds(
    predicted: NDArray[np.float64], reference: NDArray[np.float64], fold: NDArray[np.int64], how: Judging
) -> WithinFolds:
    """Lift-ranked F1 and Spearman of each fold's users among themselves, their mean weighted by users.

    Inside a fold everybody's profile was made alike, so it is what to compare learned and other methods by. The price:
    what sets the users of one fold apart from those of another isn't seen. A fold of one user has no value.

    Args:
        predicted, reference: [users, domains].
        fold: [users].
        how: how profiles are judged.
    """
    sizes, lifted, spearman = [], [], []
    for one in np.unique(fold):
        mine, theirs = predicted[fold == one], reference[fold == one]
        sizes.append(len(mine))
        lifted.append(m.lift_ranked_f1_at_k(mine, theirs, k=how.k, ties=how.ties).mean)
        spearman.append(m.domain_spearman(mine, theirs).mean)
    return WithinFolds(len(sizes), _weighted(lifted, sizes), _weighted(spearman, sizes))


def _weighted(values: Sequence[float], sizes: Sequence[int]) -> float | None:
    known = ~np.isnan(values)
    return float(np.average(np.array(values)[known], weights=np.array(sizes)[known])) if known.any() else None


def measure_of(interval: Interval, n: int, undefined: int) -> Measure:
    """An interval as a result's value."""
    return Measure(number(interval.mean), number(interval.low), number(interval.high), n, undefined)


def number(value: float) -> float | None:
    """None for NaN."""
    return None if np.isnan(value) else float(value)


def _of_users(
    sets: NDArray[np.float64],
    whole: NDArray[np.float64],
    lists: NDArray[np.float64],
    reference: NDArray[np.float64],
    how: Judging,
) -> tuple[dict[str, UserScores], NDArray[np.float64]]:
    """Measures of sets; of sets that always name k (matches and recall); and of lists."""
    k, ties = how.k, how.ties
    matches = m.matches(whole, reference, k=k, ties=ties)
    measures: dict[str, UserScores] = {
        "f1_at_k": m.f1_at_k(sets, reference, k=k, ties=ties),
        "matches_at_k": matches,
        "precision_at_k": m.precision_at_k(sets, reference, k=k, ties=ties),
        "recall_at_k": m.recall_at_k(whole, reference, k=k, ties=ties),
        "jaccard_at_k": m.jaccard_at_k(sets, reference, k=k, ties=ties),
        "ndcg_at_k": m.ndcg_at_k(lists, reference, k=k, ties=ties),
        "rank_biased_overlap": m.rank_biased_overlap(lists, reference, ties=ties),
    }
    return measures, matches.counts


def _lifted(scores: UserScores) -> UserScores:
    """As `lift_ranked_f1_at_k`: fewer than two users have no lift."""
    return scores if scores.users > 1 else UserScores(np.full(len(scores.values), np.nan))


def _judged(
    weights: NDArray[np.float64],
    users: dict[str, UserScores],
    counts: NDArray[np.float64],
    reference: NDArray[np.float64],
    how: Judging,
    held: HeldOut | None,
) -> Judged:
    k, ties = how.k, how.ties
    if held is not None:
        test = m.recommendation(held.profiles, held.photos, held.owner, k=RECOMMEND_AT, others=OTHERS, seed=how.seed)
        users |= {
            "recommendation_auc": test.auc,
            "recommendation_recall": test.recall,
            "recommendation_mrr": test.reciprocal_rank,
        }
    return Judged(
        weights=weights,
        users=users,
        domains={
            "domain_precision": m.domain_precision(weights, reference, k=k, ties=ties),
            "domain_recall": m.domain_recall(weights, reference, k=k, ties=ties),
            "domain_auc": m.domain_auc(weights, reference, k=k, ties=ties),
            "domain_spearman": m.domain_spearman(weights, reference),
        },
        counts=counts,
        draws=bootstrap_domains(weights, reference, k=k, ties=ties, seed=how.seed, resamples=how.across_users),
    )


def _scores(judged: Judged, measures: dict[str, Measure]) -> Scores:
    for name, drawn in zip(
        DOMAIN_MEASURES,
        (judged.draws.precision, judged.draws.recall, judged.draws.auc, judged.draws.spearman),
        strict=True,
    ):
        values = judged.domains[name]
        have = int(np.sum(~np.isnan(values.values)))
        enough = len(judged.weights) > 1
        interval = interval_of(values.mean, drawn if enough else drawn[:0])
        measures[name] = measure_of(interval, have, len(values.values) - have)
    absent = {name: None for name in USER_MEASURES if name not in measures}
    return Scores(
        matches={str(n): _count(float(count)) for n, count in enumerate(judged.counts)},
        mean_matches=measures["matches_at_k"].mean,
        **{**measures, **absent},  # type: ignore[arg-type]
    )


def _count(value: float) -> float:
    return int(value) if value.is_integer() else value
