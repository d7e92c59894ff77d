"""Checking an ontology: what a lexicographer should look at again.

Findings are problems of single anchors, each with its line in the taxonomy file. Gaps are parts of WordNet without
an answer, which may be right: "entity" has no domain.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penchant.semantics.ontology import Ontology, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penchant.semantics.lexicon import Lexicon
    from penchant.semantics.taxonomy import Anchor, Taxonomy

_SHADOW = 0.7  # a gap is not listed when a single gap below it makes up this part of it


class Kind(StrEnum):
    """What is the matter with an anchor."""

    UNRESOLVED = "unresolved"
    REDUNDANT = "redundant"
    CONTRADICTION = "contradiction"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at, with its line in the taxonomy file."""

    kind: Kind
    line: int
    synset: str
    message: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A synset without a domain, and how many of the synsets at and below it have none either."""

    name: str
    synsets: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    Attributes:
        path: the taxonomy file.
        findings: by line.
        gaps: the largest parts of the lexicon without an answer, largest first.
        answered, total: synsets with an answer, and all.
        by_domain: how many synsets have each domain as their first, most first.
    """

    path: Path
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    answered: int
    total: int
    by_domain: tuple[tuple[str, int], ...]

    @property
    def coverage(self) -> float:
        """The part of all synsets that has an answer, in [0, 1]."""
        return self.answered / self.total if self.total else 0.0

    def text(self) -> str:
        """The report for people, one finding a line as `file:line: kind: message`."""
        lines = [f"{self.path}:{found.line}: {found.kind}: {found.message}" for found in self.findings]
        lines.append(f"{len(self.findings)} findings")
        lines.append(f"{self.answered:,} of {self.total:,} synsets have a domain ({self.coverage:.1%})")
        lines.extend(f"  {count:7,}  {code}" for code, count in self.by_domain)
        if self.gaps:
            lines.append("largest parts without one:")
            lines.extend(f"  {gap.synsets:7,}  {gap.name}" for gap in self.gaps)
        return "\n".join(lines) + "\n"


def check_ontology(lexicon: Lexicon, taxonomy: Taxonomy, *, gaps: int = 40) -> Report:
    """Check a taxonomy against a lexicon; anchors that don't resolve are reported, not raised.

    Args:
        lexicon: the synsets to resolve against and to cover.
        taxonomy: the file to check.
        gaps: how many of the largest parts without an answer to list.
    """
    _, missing = resolve(lexicon, taxonomy.anchors)
    _, missing_topics = resolve(lexicon, taxonomy.topics)
    usable = _without(taxonomy, [*missing, *missing_topics])
    ontology = Ontology(lexicon, usable)
    findings = [
        *(_unresolved(lexicon, anchor) for anchor in (*missing, *missing_topics)),
        *_clashes(lexicon, usable.anchors),
        *_clashes(lexicon, usable.topics),
        *_lone_weights(lexicon, usable.anchors),
        *_lone_weights(lexicon, usable.topics),
        *_redundant_anchors(lexicon, ontology, usable),
        *_topic_findings(lexicon, ontology, usable),
    ]
    first = Counter(domains[0][0] for synset in lexicon if (domains := ontology.domains(synset)))
    return Report(
        path=taxonomy.path,
        findings=tuple(sorted(findings, key=lambda found: (found.line, found.kind))),
        gaps=_gaps(lexicon, ontology, gaps),
        answered=first.total(),
        total=len(lexicon),
        by_domain=tuple(first.most_common()),
    )


def _without(taxonomy: Taxonomy, missing: list[Anchor]) -> Taxonomy:
    gone = set(missing)
    return type(taxonomy)(
        name=taxonomy.name,
        title=taxonomy.title,
        source=taxonomy.source,
        path=taxonomy.path,
        domains=taxonomy.domains,
        anchors=tuple(anchor for anchor in taxonomy.anchors if anchor not in gone),
        topics=tuple(anchor for anchor in taxonomy.topics if anchor not in gone),
    )


def _unresolved(lexicon: Lexicon, anchor: Anchor) -> Finding:
    senses = lexicon.senses(anchor.synset.rsplit(".n.", 1)[0])
    known = ", ".join(filter(None, (lexicon.name(sense.synset) for sense in senses[:6])))
    hint = f" (there are: {known})" if known else ""
    message = f"{anchor.synset} is no noun synset of WordNet 3.0{hint}"
    return Finding(Kind.UNRESOLVED, anchor.line, anchor.synset, message)


def _where(lexicon: Lexicon, anchor: Anchor) -> str:
    return anchor.synset if anchor.synset in lexicon else lexicon.synset(anchor.synset) or ""


def _clashes(lexicon: Lexicon, anchors: tuple[Anchor, ...]) -> Iterator[Finding]:
    """Two anchors on one synset, under two names or in two domains without weights."""
    same: dict[str, list[Anchor]] = defaultdict(list)
    for anchor in anchors:
        for other in same[_where(lexicon, anchor)]:
            both = f"{anchor.synset} is the synset of {other.synset} (line {other.line})"
            if anchor.domain == other.domain:
                message = f"{both}, in the same domain"
                yield Finding(Kind.REDUNDANT, anchor.line, anchor.synset, message)
            elif None in (anchor.domain, other.domain):
                message = f"{both}, in a domain and excluded"
                yield Finding(Kind.CONTRADICTION, anchor.line, anchor.synset, message)
            elif anchor.weight == other.weight == 1:
                message = f"{both}, there of {other.domain}, here of {anchor.domain}: give both weights"
                yield Finding(Kind.CONTRADICTION, anchor.line, anchor.synset, message)
        same[_where(lexicon, anchor)].append(anchor)


def _lone_weights(lexicon: Lexicon, anchors: tuple[Anchor, ...]) -> Iterator[Finding]:
    domains = Counter(_where(lexicon, anchor) for anchor in anchors)
    for anchor in anchors:
        if anchor.weight != 1 and domains[_where(lexicon, anchor)] == 1:
            message = f"{anchor.synset} is of one domain only: its weight says nothing"
            yield Finding(Kind.REDUNDANT, anchor.line, anchor.synset, message)


def _redundant_anchors(lexicon: Lexicon, ontology: Ontology, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Anchors without which neither their synset nor anything below it would have another first domain."""
    for anchor in taxonomy.anchors:
        synset = _where(lexicon, anchor)
        if any(ontology.inherited(synset, topics=topics) != ontology.domains(synset) for topics in (True, False)):
            continue
        same = [other for other in taxonomy.anchors if _where(lexicon, other) == synset]
        without = Ontology(lexicon, _without(taxonomy, same))
        if all(ontology.domains(below)[:1] == without.domains(below)[:1] for below in _below(lexicon, synset)):
            message = f"{anchor.synset} would be of {anchor.domain or 'no domain'} without this line"
            yield Finding(Kind.REDUNDANT, anchor.line, anchor.synset, message)


def _below(lexicon: Lexicon, synset: str) -> set[str]:
    """A synset with its kinds and instances at any depth."""
    found, waiting = {synset}, [synset]
    while waiting:
        children = set(lexicon.hyponyms(waiting.pop())) - found
        found |= children
        waiting.extend(children)
    return found


def _topic_findings(lexicon: Lexicon, ontology: Ontology, taxonomy: Taxonomy) -> Iterator[Finding]:
    used = {topic for synset in lexicon for topic in lexicon.topics(synset)}
    anchors: dict[str, set[str | None]] = defaultdict(set)
    for anchor in taxonomy.anchors:
        anchors[_where(lexicon, anchor)].add(anchor.domain)
    for topic in taxonomy.topics:
        synset = _where(lexicon, topic)
        if synset not in used:
            message = f"nothing in WordNet points to the topic {topic.synset}"
            yield Finding(Kind.UNUSED, topic.line, topic.synset, message)
        elif anchors[synset] and topic.domain is not None and topic.domain not in anchors[synset]:
            others = ", ".join(sorted(code or "none" for code in anchors[synset]))
            message = f"{topic.synset} is a topic of {topic.domain}, and an anchor of {others}"
            yield Finding(Kind.CONTRADICTION, topic.line, topic.synset, message)
        elif topic.domain is not None and ontology.by_anchors(synset) == ((topic.domain, 1.0),):
            message = f"the topic {topic.synset} would be of {topic.domain} without this line"
            yield Finding(Kind.REDUNDANT, topic.line, topic.synset, message)


def _gaps(lexicon: Lexicon, ontology: Ontology, limit: int) -> tuple[Gap, ...]:
    empty = {synset for synset in lexicon if not ontology.domains(synset)}
    below: dict[str, frozenset[str]] = {}

    def collect(synset: str) -> frozenset[str]:
        if synset not in below:
            children = [child for child in lexicon.hyponyms(synset) if child in empty]
            below[synset] = frozenset([synset]).union(*map(collect, children))
        return below[synset]

    sizes = {synset: len(collect(synset)) for synset in empty}
    gaps = []
    for synset, size in sizes.items():
        largest = max((sizes[child] for child in lexicon.hyponyms(synset) if child in empty), default=0)
        if largest < _SHADOW * size:
            gaps.append(Gap(lexicon.name(synset) or synset, size))
    return tuple(sorted(gaps, key=lambda gap: (-gap.synsets, gap.name))[:limit])
