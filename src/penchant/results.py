"""What an experiment found, as values: all that `metrics.json` holds, in its order and under its names.

Encoded as JSON, an `ExperimentResult` *is* `metrics.json` (`data/schemas/metrics.schema.json`). A number that doesn't
exist, as the interval of a single user, is None there, never NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

SCHEMA_VERSION = 1
"""Of `metrics.json`."""

ALPHA = 0.05
"""A corrected p-value below it is called beyond chance."""

BASELINES = ("constant", "random", "prior", "oracle")

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON can hold."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of one method.

    Attributes:
        mean: over users, or for measures across users over domains.
        low, high: the bootstrap interval over users; None where there are too few for one.
        n: how many users (or domains) have a value.
        undefined: how many have none, and so aren't in the mean.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    undefined: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All measures of one method or baseline; docs/measures.md defines them.

    Attributes:
        matches: how many users have 0, 1, … k domains in common; keys are those numbers as text.
        mean_matches: their mean.
        recommendation_auc, recommendation_recall, recommendation_mrr: None where the test wasn't made.
    """

    f1_at_k: Measure
    matches: dict[str, float]
    mean_matches: float | None
    matches_at_k: Measure
    precision_at_k: Measure
    recall_at_k: Measure
    jaccard_at_k: Measure
    ndcg_at_k: Measure
    rank_biased_overlap: Measure
    lift_ranked_f1_at_k: Measure
    domain_precision: Measure
    domain_recall: Measure
    domain_auc: Measure
    domain_spearman: Measure
    recommendation_auc: Measure | None
    recommendation_recall: Measure | None
    recommendation_mrr: Measure | None


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain under one method.

    Attributes:
        predicted_users, reference_users: how many users have it among their k heaviest domains.
        predicted_share, reference_share: its mean share over users.
        precision, recall, auc, spearman: None where undefined; `note` says why.
        note: "" or why a value is missing or forced ("never predicted: counted as 0").
    """

    code: str
    name: str
    sensitive: bool
    predicted_users: float
    reference_users: float
    predicted_share: float
    reference_share: float
    precision: float | None
    recall: float | None
    auc: float | None
    spearman: float | None
    note: str


@dataclass(frozen=True, slots=True)
class WithinFolds:
    """Two measures across users, computed inside each fold of a cross-validation, and averaged over the folds.

    What is learned without a fold's users leans away from them, which a comparison across folds holds against it.
    """

    folds: int
    lift_ranked_f1_at_k: float | None
    domain_spearman: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodResult(Scores):
    """One way from pictures to profiles, and how true its profiles are.

    Attributes:
        name: unique in its report; no baseline's.
        protocol: "default" or "paper".
        model: the network's name.
        generaliser: "ontology", "paper", …; "calibrated" where it was learned inside the cross-validation.
        aggregation: "mass" or "count".
        reference: how the reference was made ("tags, default", "tags, paper", "profiles.csv").
        users, photos: how many were scored.
        below_constant: whether its mean F1@k is below the constant baseline's; `verdict` says it in words, with how
            sure that is.
        domains: one row a domain, in the taxonomy's order.
        within_folds: measures across users as they are inside folds; None where nothing was learned.
        notes: what a reader must know of this method.
    """

    name: str
    protocol: str
    model: str
    generaliser: str
    aggregation: str
    reference: str
    users: int
    photos: int
    below_constant: bool
    verdict: str
    domains: tuple[DomainRow, ...]
    baselines: dict[str, Scores]
    within_folds: WithinFolds | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """Two methods, or a method and a baseline, on the same users.

    Attributes:
        a, b: names of methods; b may be a baseline's.
        measure: a field of `Scores`.
        reference: what both are judged by, as `MethodResult.reference`.
        difference: a's mean less b's, with its paired bootstrap interval.
        p: of the paired, two-sided permutation test.
        p_holm: corrected for all tests of the report.
        exact: whether all permutations were looked at.
        n: how many users have a value from both (or, across users, how many users there are).
    """

    a: str
    b: str
    measure: str
    reference: str
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    exact: bool
    n: int

    @property
    def beyond_chance(self) -> bool:
        """Whether both say so: the test, corrected for all that were made, and the interval of this one difference."""
        if self.p_holm is None or self.low is None or self.high is None:
            return False
        return self.p_holm < ALPHA and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """One network's column of the study's Table 1, as printed."""

    network: str
    matches: tuple[int, ...]
    mean_matches: str
    mean_f1: str


@dataclass(frozen=True, slots=True)
class Published:
    """The study's own result, to stand beside."""

    source: str
    users: int
    k: int
    columns: tuple[PublishedColumn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult:
    """All that an experiment found.

    Attributes:
        users, photos: how many were scored.
        reference: where the reference profiles come from: "tags", "column:NAME", or a file's name.
        ties: what happens at the k-th place, "by_code" or "share".
        verdict: the most important sentences, the worst news first.
        methods: in the order in which they were asked for; the report's main method first.
        baselines: of the main method's reference; each method holds those of its own.
        comparisons: each method against the constant, and the methods against one another.
        excluded: what was left out, counted by reason; every single one is in excluded.csv.
        reference_tags: what became of the tags: typed, kept, with a domain, and dropped by reason; by protocol.
        published: the 2018 study's Table 1.
        provenance: versions, models, options, seeds, hashes.
    """

    schema_version: int = SCHEMA_VERSION
    k: int
    users: int
    photos: int
    reference: str
    ties: str
    verdict: tuple[str, ...]
    methods: tuple[MethodResult, ...]
    baselines: dict[str, Scores]
    comparisons: tuple[ComparisonResult, ...]
    excluded: dict[str, int]
    reference_tags: dict[str, dict[str, int]]
    taxonomy: str
    published: Published
    provenance: dict[str, Plain]
