"""The measures again, slowly and in plain Python, from their definitions: what the vectorised ones are held against."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = list[float]


def ranked(row: Row, order: Sequence[int] | None = None) -> list[int]:
    """The domains of a profile, heaviest first, equal ones as they stand in `order`."""
    order = order if order is not None else range(len(row))
    held = [d for d in order if row[d] > 0]
    return sorted(held, key=lambda d: -row[d])


def f1(mine: list[int], theirs: list[int], k: int) -> float:
    a, b = set(mine[:k]), set(theirs[:k])
    return 2 * len(a & b) / (len(a) + len(b))


def precision(mine: list[int], theirs: list[int], k: int) -> float:
    a, b = set(mine[:k]), set(theirs[:k])
    return len(a & b) / len(a) if a else 0.0


def recall(mine: list[int], theirs: list[int], k: int) -> float:
    a, b = set(mine[:k]), set(theirs[:k])
    return len(a & b) / len(b)


def jaccard(mine: list[int], theirs: list[int], k: int) -> float:
    a, b = set(mine[:k]), set(theirs[:k])
    return len(a & b) / len(a | b)


def agreement(mine: list[int], theirs: list[int], k: int) -> float:
    return float(len(set(mine[:k]) & set(theirs[:k])))


def ndcg(mine: list[int], gains: Row, k: int) -> float:
    def dcg(order: list[int]) -> float:
        return sum(gains[d] / math.log2(place + 2) for place, d in enumerate(order[:k]))

    return dcg(mine) / dcg(ranked(gains))


def rbo(mine: list[int], theirs: list[int], p: float, *, extrapolate: bool, depth: int = 3000) -> float:
    """By summing to a great depth, the lists continued as each form assumes."""
    if not mine:
        return 0.0
    short, long = sorted((mine, theirs), key=len)
    s, n = len(short), len(long)
    at_short = len(set(short) & set(long[:s]))
    total = 0.0
    for d in range(1, depth + 1):
        seen = len(set(short[:d]) & set(long[:d]))
        if not extrapolate or d <= s:
            agree = seen / d
        elif d <= n:  # the short list's unseen places agree as often as its seen ones
            agree = (seen + at_short / s * (d - s)) / d
        else:
            agree = (len(set(short) & set(long)) + at_short / s * (n - s)) / n
        total += (1 - p) * p ** (d - 1) * agree
    return total


def over_all_orders(value: Callable[[Sequence[int], Sequence[int]], float], domains: int) -> float:
    """The mean over all ways to order ties, on the two sides independently."""
    orders = list(permutations(range(domains)))
    return sum(value(a, b) for a in orders for b in orders) / len(orders) ** 2


def ranks(values: Row) -> Row:
    return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]


def spearman(x: Row, y: Row) -> float:
    """Pearson's correlation of the ranks; 0 where x is constant, NaN where y is."""
    r, q = ranks(x), ranks(y)
    middle = (len(x) + 1) / 2
    xx, yy = sum((v - middle) ** 2 for v in r), sum((v - middle) ** 2 for v in q)
    if len(x) < 2 or yy == 0:
        return math.nan
    return sum((v - middle) * (w - middle) for v, w in zip(r, q, strict=True)) / math.sqrt(xx * yy) if xx else 0.0


def auc(scores: Row, has: Row) -> float:
    """`has` may be chances: then of the expected pairs."""
    won = pairs = 0.0
    for i, own in enumerate(has):
        for j, other in enumerate(has):
            if i != j:
                weight = own * (1 - other)
                pairs += weight
                won += weight * ((scores[i] > scores[j]) + (scores[i] == scores[j]) / 2)
    return won / pairs if pairs > 1e-9 else math.nan


def shares(row: Row) -> Row:
    return [v / sum(row) if sum(row) else 0.0 for v in row]


def reciprocal_rank(similarity: Row, own: set[int]) -> float:
    """Expected over all placings of the own photos among their equals."""
    best = max(similarity[i] for i in own)
    before = sum(s > best for s in similarity)
    size = sum(s == best for s in similarity)
    count = sum(similarity[i] == best for i in own)
    places = list(combinations(range(1, size + 1), count))
    return sum(1 / (before + min(place)) for place in places) / len(places)


def is_sorted(values: Sequence[float]) -> bool:
    return all(a <= b for a, b in pairwise(values))
