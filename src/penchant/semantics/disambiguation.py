"""Which sense of a word the words around it support (after Magnini, Strapparava, Pezzulo and Gliozzo 2002).

The rule, in full
-----------------
A word's senses have prior weights p(s) that sum to 1, and domains d(s), a distribution over the taxonomy's domains, or
none. In a bag of words,

1. every word speaks for the domains D_w = Σ_s p_w(s) d(s), as much as it is sure: D_w sums to the part of its weight
   whose senses have domains;
2. the context of a word is C_w = Σ_{v ≠ w} n_v D_v / Σ_{v ≠ w} n_v, where n_v is how often v stands in the bag;
3. the support of a sense is S(s) = Σ_{a, b} d(s)_a K_ab C_w,b, where K_ab is 1 for a = b, `KINSHIP` for two domains
   that pictures show together (`KIN`), and 0 for others; so 0 ≤ S ≤ 1;
4. the new weights are p'(s) ∝ p(s) · (`FLOOR` + S(s)). A sense without domains has S = 0; no weight becomes 0.

Steps 1 to 4 run `ROUNDS` times for all words at once, always from the same priors p in step 4 and the last weights in
step 1. Nothing depends on the order of the words, and the number of rounds is fixed. A word alone keeps its priors.

Magnini and others weigh a text's domains by their relevance against a background of texts; pictures have few words, so
here every other word of the bag counts alike, and the kinship of domains does for scarcity what their hierarchy does.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penchant.types import DomainWeights

KINSHIP = 0.35
"""How much a related domain counts as support, against 1 for the same."""

FLOOR = 0.04
"""Support that every sense has: the smaller, the more the company decides."""

ROUNDS = 3

KIN: frozenset[frozenset[str]] = frozenset(
    frozenset(pair.split())
    for pair in (
        "ANIMALS BIOLOGY",
        "ANIMALS FARMING",
        "ANIMALS GEOGRAPHY_AND_PLACES",
        "BIOLOGY FARMING",
        "BIOLOGY GEOGRAPHY_AND_PLACES",
        "FARMING FOOD_AND_DRINK",
        "GEOGRAPHY_AND_PLACES GEOLOGY_AND_GEOPHYSICS",
        "GEOGRAPHY_AND_PLACES METEOROLOGY",
        "GEOGRAPHY_AND_PLACES TRANSPORT_AND_TRAVEL",
        "ART_ARCHITECTURE_AND_ARCHAEOLOGY GEOGRAPHY_AND_PLACES",
        "ART_ARCHITECTURE_AND_ARCHAEOLOGY ENGINEERING_AND_TECHNOLOGY",
        "ART_ARCHITECTURE_AND_ARCHAEOLOGY HISTORY",
        "ART_ARCHITECTURE_AND_ARCHAEOLOGY RELIGION_MYSTICISM_AND_MYTHOLOGY",
        "CHEMISTRY_AND_MINERALOGY GEOLOGY_AND_GEOPHYSICS",
        "CHEMISTRY_AND_MINERALOGY PHYSICS_AND_ASTRONOMY",
        "COMPUTING ENGINEERING_AND_TECHNOLOGY",
        "COMPUTING GAMES_AND_VIDEO_GAMES",
        "ENGINEERING_AND_TECHNOLOGY TRANSPORT_AND_TRAVEL",
        "HERALDRY_HONORS_AND_VEXILLOLOGY ROYALTY_AND_NOBILITY",
        "LITERATURE_AND_THEATRE MEDIA",
        "LITERATURE_AND_THEATRE MUSIC",
        "MEDIA MUSIC",
        "METEOROLOGY PHYSICS_AND_ASTRONOMY",
        "POLITICS_AND_GOVERNMENT LAW_AND_CRIME",
        "SPORT_AND_RECREATION GEOGRAPHY_AND_PLACES",
        "TEXTILE_AND_CLOTHING CULTURE_AND_SOCIETY",
        "TRANSPORT_AND_TRAVEL WARFARE_AND_DEFENSE",
    )
)
"""Pairs of domains whose things stand together in pictures; our own judgement. Unknown codes are harmless."""

_KIN_OF = {
    code: tuple(sorted(other for pair in KIN if code in pair for other in pair if other != code))
    for code in sorted(frozenset().union(*KIN))
}


class WordSense(msgspec.Struct, frozen=True, gc=False):
    """One meaning of a word in its context.

    Attributes:
        synset: as everywhere, or None where only a domain is known.
        lemma: as the lexicon, or the word of the supplement.
        weight: this sense's part of the word's meaning here; a word's weights sum to 1.
        domains: the domains of the sense, whatever the word.
    """

    synset: str | None
    lemma: str
    weight: float
    domains: DomainWeights


def disambiguate(
    bag: Mapping[str, Sequence[WordSense]], counts: Mapping[str, int] | None = None, *, rounds: int = ROUNDS
) -> dict[str, tuple[WordSense, ...]]:
    """The words' senses, reweighted by one another as the module's docstring says; heaviest first.

    Args:
        bag: words with their senses, weights the priors.
        counts: how often each word stands in the bag; once, if not given.
        rounds: how often the steps run.
    """
    weights = _reweighed(bag, counts, rounds=rounds)
    return {word: _ordered(senses, weights[word]) for word, senses in bag.items()}


def _reweighed(
    bag: Mapping[str, Sequence[WordSense]], counts: Mapping[str, int] | None = None, *, rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """As `disambiguate`, but the new weights alone, in the order of each word's senses."""
    times = {word: 1 if counts is None else counts.get(word, 1) for word in bag}
    current = {word: [sense.weight for sense in senses] for word, senses in bag.items()}
    if all(len(weights) == 1 for weights in current.values()):
        return current  # nothing to choose
    order = sorted(current)  # so that sums are the same to the last bit, whatever the order of the words
    total = sum(times.values())
    for _ in range(rounds if len(current) > 1 else 0):
        spoken = {word: _spoken(bag[word], current[word]) for word in order}
        everything: dict[str, float] = defaultdict(float)
        for word in order:
            for code, weight in spoken[word].items():
                everything[code] += times[word] * weight
        for word in order:
            if len(bag[word]) > 1:
                own, often, others = spoken[word], times[word], total - times[word]
                context = {
                    code: max(0.0, weight - often * own.get(code, 0.0)) / others for code, weight in everything.items()
                }
                current[word] = _supported(bag[word], current[word], _felt(context))
    return current


def heard(senses: Sequence[WordSense]) -> dict[str, float]:
    """What a word speaks for by its priors, kinship included: K D_w."""
    return _felt(_spoken(senses, [sense.weight for sense in senses]))


def weighed_by(senses: Sequence[WordSense], others: Sequence[Mapping[str, float]]) -> list[float]:
    """A word's new weights after the first round, beside other words that were `heard`; each stands in the bag once."""
    before = [sense.weight for sense in senses]
    if len(before) == 1 or not others:
        return before
    weights = [
        sense.weight * (FLOOR + sum([_support(sense.domains, other) for other in others]) / len(others))
        for sense in senses
    ]
    total = sum(weights)
    return [weight / total for weight in weights] if total > 0 else before


def support(domains: DomainWeights, context: Mapping[str, float]) -> float:
    """How much a context speaks for a sense with these domains, in [0, 1]."""
    return _support(domains, _felt(context))


def _felt(context: Mapping[str, float]) -> dict[str, float]:
    """What a context speaks for, kinship included: K C."""
    felt: dict[str, float] = dict(context)
    for code, strength in context.items():
        if not strength:
            continue
        for kin in _KIN_OF.get(code, ()):
            felt[kin] = felt.get(kin, 0.0) + KINSHIP * strength
    return felt


def _support(domains: DomainWeights, felt: Mapping[str, float]) -> float:
    if len(domains) == 1:
        ((code, weight),) = domains
        return weight * felt.get(code, 0.0)
    return sum([weight * felt.get(code, 0.0) for code, weight in domains])


def _spoken(senses: Sequence[WordSense], weights: Sequence[float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for sense, share in zip(senses, weights, strict=True):
        for code, weight in sense.domains:
            found[code] += share * weight
    return found


def _supported(senses: Sequence[WordSense], before: list[float], felt: Mapping[str, float]) -> list[float]:
    weights = [sense.weight * (FLOOR + _support(sense.domains, felt)) for sense in senses]
    total = sum(weights)
    return [weight / total for weight in weights] if total > 0 else before


def _ordered(senses: Sequence[WordSense], weights: Sequence[float]) -> tuple[WordSense, ...]:
    found = [
        sense if sense.weight == weight else WordSense(sense.synset, sense.lemma, weight, sense.domains)
        for sense, weight in zip(senses, weights, strict=True)
    ]
    return tuple(sorted(found, key=lambda sense: -sense.weight))
