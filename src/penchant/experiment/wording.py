"""What the numbers say, in sentences: the worst news first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penchant.results import ComparisonResult, Measure, MethodResult, WithinFolds


def verdict_of(name: str, score: Measure, constant: Measure, comparison: ComparisonResult, k: int) -> str:
    """One sentence on a method and the constant baseline.

    "paper is below the constant baseline: …": a reader must not have to look for it. It says "beats" or "is below"
    by the rule that the report's page goes by.
    """
    if score.mean is None or constant.mean is None or comparison.difference is None:
        return f"{name} can't be compared with the constant baseline: too few users."
    numbers = f"F1@{k} {score.mean:.3f}, and the same {k} domains for everybody {constant.mean:.3f}"
    if comparison.low is None or comparison.high is None:
        return f"{name} scores {numbers}; with so few users that says nothing."
    spread = f"difference {comparison.difference:+.3f}, 95 % interval {comparison.low:+.3f} to {comparison.high:+.3f}"
    p = "" if comparison.p_holm is None else f", p = {_p(comparison.p_holm)}"
    if comparison.beyond_chance:
        way = "is below" if comparison.difference < 0 else "beats"
        return f"{name} {way} the constant baseline: {numbers} ({spread}{p})."
    lean = "is below the constant baseline, though chance may explain it" if comparison.difference < 0 else (
        "can't be told from the constant baseline"
    )  # fmt: skip
    return f"{name} {lean}: {numbers} ({spread}{p})."


def summary_of(methods: Sequence[MethodResult], users: int) -> tuple[str, ...]:
    """The report's first sentences: methods below the constant, then the others, then how far to trust all of it."""
    below = [method.verdict for method in methods if method.below_constant]
    others = [method.verdict for method in methods if not method.below_constant]
    few = [f"{_few(users)}: the intervals are too narrow, and nothing here is sure."] if users < 20 else []
    return (*below, *others, *few)


def within_folds_note(inside: Mapping[str, WithinFolds], k: int) -> tuple[str, ...]:
    """What a learned method, the first, and its rivals reach inside folds, and why that is told too."""
    values = [
        f"{name} {one.lift_ranked_f1_at_k:.3f} and {one.domain_spearman:.3f}"
        for name, one in inside.items()
        if one.lift_ranked_f1_at_k is not None and one.domain_spearman is not None
    ]
    if len(values) < len(inside):
        return ()
    return (
        f"inside the folds, lift-ranked F1@{k} and rank correlation are: {', '.join(values)}. Across folds what is "
        "learned leans away from the people whom it wasn't learned from, which lowers both; inside a fold all are "
        "treated alike, but what sets one fold's people apart from another's isn't seen",
    )


def _few(users: int) -> str:
    return "There is only one user" if users == 1 else f"There are only {users} users"


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "less than 0.001"
