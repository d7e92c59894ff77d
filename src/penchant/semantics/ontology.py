"""From a synset to its domains: the nearest anchors above it in WordNet.

The rule, in full
-----------------
1. Going up from a synset along hypernyms and instance hypernyms, each way ends at the first *mark* it meets. A mark
   is an anchor of the taxonomy, an exclusion, or a topic pointer of WordNet (`;c`) whose topic has domains: those
   that the taxonomy's `topics` give it, else those that anchors alone give the topic's own synset. An anchor or
   exclusion on a synset comes before its topic pointers, and these come before what lies above it.
2. The more specific mark wins: of the marks met, one that lies above another of them is dropped. So with several
   parents a general anchor never outvotes a special one, however near it is.
3. Exclusions are dropped: they end ways and outrank what lies above them, and say nothing else. When only
   exclusions are met, the synset has no domain.
4. Of the marks that remain, the nearest counts fully and each further step halves: a mark n steps further away than
   the nearest has 2⁻ⁿ of its weight. Equally near marks share alike.
5. A mark gives its weight to its domains in proportion to the weights in the file. The sum is normalised to 1.

Nothing is computed before it is asked for; every answer is remembered.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from penchant.errors import SemanticsError
from penchant.semantics.lexfile import single_parents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penchant.semantics.lexicon import Lexicon
    from penchant.semantics.taxonomy import Anchor, Taxonomy
    from penchant.types import DomainWeights


class Link(StrEnum):
    """How a step of an explanation is reached from the one before."""

    START = "start"
    HYPERNYM = "hypernym"
    INSTANCE = "instance"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Step:
    """One synset on the way to an anchor."""

    synset: str
    name: str
    link: Link


@dataclass(frozen=True, slots=True)
class Route:
    """A way that decided, from the synset to the anchor (or to the topic) at its end.

    Attributes:
        share: the part of the answer that this way carries.
        domains: what its anchor stands for.
    """

    steps: tuple[Step, ...]
    share: float
    domains: DomainWeights


class _Mark(NamedTuple):
    """Where a way up ended: the synset, and whether it was its topic pointers that ended it."""

    synset: str
    by_topic: bool


def resolve(lexicon: Lexicon, anchors: Iterable[Anchor]) -> tuple[dict[str, DomainWeights], list[Anchor]]:
    """The domains of each anchored synset (none for exclusions), and the anchors that name no synset."""
    weights: dict[str, dict[str, float]] = {}
    missing = []
    for anchor in anchors:
        named = ".n." in anchor.synset
        synset = lexicon.synset(anchor.synset) if named or anchor.synset not in lexicon else anchor.synset
        if synset is None:
            missing.append(anchor)
            continue
        mark = weights.setdefault(synset, {})
        if anchor.domain is not None:
            mark[anchor.domain] = mark.get(anchor.domain, 0.0) + anchor.weight
    return {synset: normalised(mark) for synset, mark in weights.items()}, missing


def normalised(weights: dict[str, float]) -> DomainWeights:
    """Weights summing to 1, heaviest first, equal weights by code; () for none."""
    if len(weights) == 1:
        return ((next(iter(weights)), 1.0),)
    total = sum(weights.values())
    if total <= 0:
        return ()
    # rounded, so that the order of a sum can't decide between domains that are equal
    shares = [(code, round(weight / total, 12)) for code, weight in weights.items() if weight > 0]
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))


class Ontology:
    """A taxonomy on top of a lexicon. The module's docstring gives the rule.

    Raises:
        SemanticsError: an anchor of the taxonomy names no synset of the lexicon.
    """

    def __init__(self, lexicon: Lexicon, taxonomy: Taxonomy) -> None:
        self.lexicon = lexicon
        self.taxonomy = taxonomy
        self._anchors, missing = resolve(lexicon, taxonomy.anchors)
        self._topics, missing_topics = resolve(lexicon, taxonomy.topics)
        if missing or missing_topics:
            unknown = [f"line {anchor.line}: {anchor.synset}" for anchor in (*missing, *missing_topics)]
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise SemanticsError(
                f"{taxonomy.path} names synsets that WordNet 3.0 does not have: {', '.join(unknown[:5])}{more}"
            )
        self._domains: dict[str, DomainWeights] = {}
        self._met: dict[tuple[str, bool], dict[_Mark, int]] = {}
        self._topic_domains: dict[str, DomainWeights] = {}
        self._above: dict[str, frozenset[str]] = {}

    def domains(self, synset: str) -> DomainWeights:
        """The domains of a synset, heaviest first; () if it has none or isn't known."""
        found = self._domains.get(synset) if isinstance(synset, str) else None
        if found is None:
            found = self._anchors.get(synset) if isinstance(synset, str) else None
            if found is None:
                found = self._topics_of(synset)
                if not found:
                    parents = self.lexicon.parents(synset)
                    if len(parents) == 1:
                        found = self.domains(parents[0])  # the same marks, each a step further away
                    elif parents:
                        found = self._answer(synset)
                    elif synset not in self.lexicon:
                        return ()
            self._domains[synset] = found
        return found

    def all_domains(self) -> list[DomainWeights]:
        """The domains of every synset, in the order of `Lexicon.synsets`: many asked for one by one cost far more."""
        lexicon = self.lexicon
        above = single_parents(lexicon.file)
        place = {synset: number for number, synset in enumerate(lexicon.synsets)}
        for synset in (*self._anchors, *lexicon.topic_sources):
            above[place[synset]] = place[synset]
        while not np.array_equal(above, further := above[above]):  # twice as far each time
            above = further
        ends = above.tolist()
        found = {end: self.domains(lexicon.synsets[end]) for end in set(ends)}
        return [found[end] for end in ends]

    def explain(self, synset: str) -> tuple[Route, ...]:
        """The ways that decided a synset's domains, the weightiest first; () where it has none.

        The last step of a way is the anchor, or the topic whose domains were taken.
        """
        routes = []
        for mark, share in self._shares(self._marks(synset, topics=True)).items():
            steps = self._way(synset, mark.synset)
            domains = self._mark_domains(mark)
            if mark.by_topic:
                for topic in self.lexicon.topics(mark.synset):
                    if self._topic(topic):
                        end = self._step(topic, Link.TOPIC)
                        routes.append(Route((*steps, end), share, self._topic(topic)))
            else:
                routes.append(Route(steps, share, domains))
        return tuple(sorted(routes, key=lambda route: (-route.share, len(route.steps))))

    def inherited(self, synset: str, *, topics: bool = True) -> DomainWeights:
        """The domains that a synset would have without an anchor or exclusion of its own.

        Args:
            synset: as everywhere.
            topics: whether WordNet's topic pointers count.
        """
        if topics and self._topics_of(synset):
            return self._sum(self._shares({_Mark(synset, by_topic=True): 0}))
        return self._sum(self._shares(self._marks_above(synset, topics=topics)))

    def by_anchors(self, synset: str) -> DomainWeights:
        """The domains that anchors alone give, as if WordNet had no topic pointers."""
        return self._answer(synset, topics=False)

    # ---- inside

    def _answer(self, synset: str, *, topics: bool = True) -> DomainWeights:
        return self._sum(self._shares(self._marks(synset, topics=topics)))

    def _sum(self, shares: dict[_Mark, float]) -> DomainWeights:
        if len(shares) == 1:
            return self._mark_domains(next(iter(shares)))
        weights: dict[str, float] = defaultdict(float)
        for mark, share in shares.items():
            for code, weight in self._mark_domains(mark):
                weights[code] += share * weight
        return normalised(weights)

    def _shares(self, met: dict[_Mark, int]) -> dict[_Mark, float]:
        """Of marks at these distances, those that count, with their shares of the answer."""
        if len(met) == 1:
            return {mark: 1.0 for mark in met if self._mark_domains(mark)}
        if met:
            below = [self._ancestors(mark.synset) for mark in met]
            met = {mark: far for mark, far in met.items() if not any(mark.synset in above for above in below)}
        met = {mark: far for mark, far in met.items() if self._mark_domains(mark)}
        if not met:
            return {}
        nearest = min(met.values())
        weights = {mark: 2.0 ** (nearest - far) for mark, far in met.items()}
        total = sum(weights.values())
        return {mark: weight / total for mark, weight in weights.items()}

    def _marks(self, synset: str, *, topics: bool) -> dict[_Mark, int]:
        """The first marks on the ways up from a synset, with their distances in steps."""
        found = self._met.get((synset, topics))
        if found is None:
            if synset in self._anchors:
                found = {_Mark(synset, by_topic=False): 0}
            elif topics and self._topics_of(synset):
                found = {_Mark(synset, by_topic=True): 0}
            else:
                found = self._marks_above(synset, topics=topics)
            self._met[synset, topics] = found
        return found

    def _marks_above(self, synset: str, *, topics: bool) -> dict[_Mark, int]:
        found: dict[_Mark, int] = {}
        for parent in self.lexicon.parents(synset):
            for mark, far in self._marks(parent, topics=topics).items():
                found[mark] = min(far + 1, found.get(mark, far + 1))
        return found

    def _ancestors(self, synset: str) -> frozenset[str]:
        found = self._above.get(synset)
        if found is None:
            parents = self.lexicon.parents(synset)
            found = frozenset(parents).union(*(self._ancestors(parent) for parent in parents))
            self._above[synset] = found
        return found

    def _mark_domains(self, mark: _Mark) -> DomainWeights:
        return self._topics_of(mark.synset) if mark.by_topic else self._anchors[mark.synset]

    def _topics_of(self, synset: str) -> DomainWeights:
        topics = self.lexicon.topics(synset)
        if len(topics) <= 1:
            return self._topic(topics[0]) if topics else ()
        weights: dict[str, float] = defaultdict(float)
        for topic in topics:
            for code, weight in self._topic(topic):
                weights[code] += weight
        return normalised(weights)

    def _topic(self, topic: str) -> DomainWeights:
        found = self._topics.get(topic)
        if found is None:
            found = self._topic_domains.get(topic)
        if found is None:  # by anchors alone: topics point at one another in circles
            found = self._topic_domains[topic] = self._answer(topic, topics=False)
        return found

    def _way(self, synset: str, end: str) -> tuple[Step, ...]:
        """The shortest way up that meets no other mark before its end."""
        ways: list[tuple[Step, ...]] = [(self._step(synset, Link.START),)]
        seen = {synset}
        for way in ways:  # grows as it is read: breadth first
            last = way[-1].synset
            if last == end:
                return way
            if last in self._anchors or self._topics_of(last):
                continue
            kinds = [(parent, Link.HYPERNYM) for parent in self.lexicon.hypernyms(last)]
            kinds += [(parent, Link.INSTANCE) for parent in self.lexicon.instance_hypernyms(last)]
            for parent, link in kinds:
                if parent not in seen:
                    seen.add(parent)
                    ways.append((*way, self._step(parent, link)))
        return ways[0]

    def _step(self, synset: str, link: Link) -> Step:
        return Step(synset, self.lexicon.name(synset) or synset, link)
