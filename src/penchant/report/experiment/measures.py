"""What each measure is called, and what it means to somebody who never met it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.report.experiment.view import Entry
    from penchant.results import Measure


@dataclass(frozen=True, slots=True)
class MeasureText:
    """A measure in words.

    Attributes:
        field: its name in `metrics.json`.
        name: for headings; {k} is the number of domains compared.
        meaning: one sentence.
        fair: what somebody gets who treats everybody alike, where that is known beforehand: such a measure tells
            whether people are told apart.
    """

    field: str
    name: str
    meaning: str
    fair: float | None = None


MEASURES = (
    MeasureText(
        "f1_at_k",
        "F1@{k}",
        "How far the two sets of domains agree: 1 if they are the same, 0 if they share none.",
    ),
    MeasureText("matches_at_k", "Matches@{k}", "How many of the predicted domains are among the reference's."),
    MeasureText("precision_at_k", "Precision@{k}", "Which part of the predicted domains is in the reference."),
    MeasureText("recall_at_k", "Recall@{k}", "Which part of the reference's domains was predicted."),
    MeasureText("jaccard_at_k", "Jaccard@{k}", "The domains in both sets, as a part of those in either."),
    MeasureText(
        "ndcg_at_k",
        "nDCG@{k}",
        "How much of what matters most to the person stands first; 1 is the reference's own order.",
    ),
    MeasureText(
        "rank_biased_overlap",
        "Rank-biased overlap",
        "How far the two rankings agree, the first places counting most.",
    ),
    MeasureText(
        "lift_ranked_f1_at_k",
        "Lift-ranked F1@{k}",
        "F1 of the domains that set a person apart from the others, so that naming what is common earns nothing.",
    ),
    MeasureText(
        "domain_spearman",
        "Spearman",
        "Whether those who care more about a domain are predicted more of it; the mean over the domains.",
        0.0,
    ),
    MeasureText(
        "domain_auc",
        "AUC of domains",
        "Of two users, one with the domain and one without: how often the first is predicted more of it.",
        0.5,
    ),
    MeasureText(
        "domain_precision",
        "Precision by domain",
        "Of the users who are predicted a domain, which part has it; the mean over the domains.",
    ),
    MeasureText(
        "domain_recall",
        "Recall by domain",
        "Of the users who have a domain, which part is predicted it; the mean over the domains.",
    ),
    MeasureText(
        "recommendation_auc",
        "AUC of recommendation",
        "Of two pictures, one kept by the person and one by another: how often the profile prefers the first.",
        0.5,
    ),
    MeasureText(
        "recommendation_recall",
        "Recall of recommendation",
        "Which part of a person's own held-out pictures the profile puts among the first.",
    ),
    MeasureText(
        "recommendation_mrr",
        "MRR of recommendation",
        "How early the first of a person's own pictures comes: 1 if first, ½ if second, and so on.",
    ),
)
TELLING_APART = ("lift_ranked_f1_at_k", "domain_spearman", "domain_auc", "recommendation_auc")
"""What can't be won by treating everybody alike."""


def measure_text(field: str) -> MeasureText | None:
    """A measure's words, if it is known here."""
    return next((text for text in MEASURES if text.field == field), None)


def measure_name(field: str, *, k: int) -> str:
    """What a measure is called in headings; an unknown one by its field."""
    text = measure_text(field)
    return text.name.format(k=k) if text else field.replace("_", " ")


def measure_of(entry: Entry, field: str) -> Measure | None:
    """A measure of an entry; of the study's networks only what its table has."""
    if entry.scores is None:
        return {"f1_at_k": entry.f1, "matches_at_k": entry.matches}.get(field)
    found: Measure | None = getattr(entry.scores, field, None)
    return found
