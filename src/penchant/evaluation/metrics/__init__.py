"""The measures, one in a file. Those of users give `UserScores`, those of domains across users `DomainScores`.

What each one divides by, what it gives for empty profiles, where it comes from and whether a constant can win it stand
in `docs/measures.md`.
"""

from penchant.evaluation.metrics.domain_auc import domain_auc
from penchant.evaluation.metrics.domain_precision import domain_precision
from penchant.evaluation.metrics.domain_recall import domain_recall
from penchant.evaluation.metrics.domain_spearman import domain_spearman
from penchant.evaluation.metrics.f1_at_k import f1_at_k
from penchant.evaluation.metrics.jaccard_at_k import jaccard_at_k
from penchant.evaluation.metrics.lift_ranked_f1_at_k import lift_ranked_f1_at_k
from penchant.evaluation.metrics.matches import Matches, matches
from penchant.evaluation.metrics.ndcg_at_k import ndcg_at_k
from penchant.evaluation.metrics.precision_at_k import precision_at_k
from penchant.evaluation.metrics.rank_biased_overlap import rank_biased_overlap
from penchant.evaluation.metrics.recall_at_k import recall_at_k
from penchant.evaluation.metrics.recommendation import Recommendation, hold_out, recommendation

__all__ = [
    "Matches",
    "Recommendation",
    "domain_auc",
    "domain_precision",
    "domain_recall",
    "domain_spearman",
    "f1_at_k",
    "hold_out",
    "jaccard_at_k",
    "lift_ranked_f1_at_k",
    "matches",
    "ndcg_at_k",
    "precision_at_k",
    "rank_biased_overlap",
    "recall_at_k",
    "recommendation",
]
