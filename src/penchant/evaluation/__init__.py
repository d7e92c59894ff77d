"""How true profiles are: measures against references, what they must beat, and how far chance explains the rest.

    predicted ─┐
               ├──> metrics ──> UserScores, DomainScores ──> significance
    reference ─┘        (and of baselines(reference) as of predicted)

All tables are plain arrays of weights, [users, domains], the columns in the order of the domains' codes.
"""

from penchant.evaluation.baselines import constant, oracle_list, oracle_set, prior, random_draw, random_expected
from penchant.evaluation.population import lift
from penchant.evaluation.ranking import Ties
from penchant.evaluation.scores import DomainScores, Standing, UserScores
from penchant.evaluation.significance import (
    Comparison,
    Interval,
    PermutationTest,
    bootstrap_mean,
    bootstrap_statistic,
    compare,
    holm,
    permutation_test,
    swap_test,
)

__all__ = [
    "Comparison",
    "DomainScores",
    "Interval",
    "PermutationTest",
    "Standing",
    "Ties",
    "UserScores",
    "bootstrap_mean",
    "bootstrap_statistic",
    "compare",
    "constant",
    "holm",
    "lift",
    "oracle_list",
    "oracle_set",
    "permutation_test",
    "prior",
    "random_draw",
    "random_expected",
    "swap_test",
]
