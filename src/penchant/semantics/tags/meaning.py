"""What words mean as tags: the senses of WordNet and of the supplement, with priors for pictures.

The prior of a sense in WordNet is its share (`Lexicon.senses`) times how readily a picture shows such a thing, by
WordNet's own classes (`SHOWN`): texts speak more of plates in baseball and pillars of society than pictures do. Names
that WordNet's texts never have weigh a tenth, places excepted. A word of the supplement gives the entry's share to the
entry's meanings, and the rest to WordNet's. A tag of several words that neither has means what its words mean, each
weighed by the others.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from penchant.semantics.disambiguation import WordSense, heard, weighed_by
from penchant.semantics.ontology import normalised
from penchant.semantics.tags.forms import NOUN
from penchant.semantics.tags.priors import Priors
from penchant.semantics.tags.text import key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penchant.semantics.ontology import Ontology
    from penchant.semantics.supplement import Entry, Supplement
    from penchant.semantics.tags.knowledge import Knowledge
    from penchant.types import DomainWeights, Sense

SHOWN = {
    "animal": 1.7, "food": 2.2, "artifact": 1.0, "body": 1.0, "object": 1.0, "plant": 1.0, "location": 1.0,
    "phenomenon": 1.0, "person": 0.7, "substance": 0.5, "event": 0.8, "act": 0.7, "time": 0.7, "Tops": 0.8,
    "communication": 0.45, "group": 0.5, "state": 0.4, "feeling": 0.5, "shape": 0.5, "possession": 0.5,
    "attribute": 0.3, "process": 0.4, "cognition": 0.3, "quantity": 0.15, "relation": 0.15, "motive": 0.15,
}  # fmt: skip
"""How readily a picture shows a sense, by its lexicographer file; our own judgement. Animals and food outweigh the fur,
the zodiac sign, the tree and the person that WordNet lists before them (otter, scorpion, mango, shrimp).
"""

COUNTABLE = frozenset({"animal", "artifact", "body", "food", "object", "person", "plant"})
"""A plural has the supplement's meaning of its singular only if that is one of these: rocks are no music."""

RARE_NAME = 0.1
KEY = 0.5
"""Senses with at least this part of the heaviest one's weight speak for a word's domains."""

PART_SENSES = 5
"""So many senses of each word of a compound are weighed against one another."""

HEAD = 1.2
"""The last word of several speaks this much louder than each of the others."""

_MANY = 2000  # so many nouns looked up one by one, and a table of all pays


class Meanings:
    """The senses of words as tags, remembered.

    `know` says what the lexicon knows, and spares asking it in vain.
    """

    def __init__(self, ontology: Ontology, supplement: Supplement, know: Knowledge) -> None:
        self.ontology = ontology
        self._know = know
        self.lexicon = ontology.lexicon
        self.supplement = supplement
        self._found: dict[str, tuple[WordSense, ...]] = {}
        self._parts: dict[str, _Part] = {}
        self._asked = 0

    def senses(self, word: str) -> tuple[WordSense, ...]:
        """What a clean tag can mean, the heaviest first; weights sum to 1, or there are none."""
        found = self._found.get(word)
        if found is None:
            found = self._senses(word) if word else ()
            if len(self._found) >= 1 << 17:
                self._found.clear()
            self._found[word] = found
        return found

    @staticmethod
    def domains(senses: Sequence[WordSense]) -> DomainWeights:
        """The domains for which the heaviest senses speak; weights sum to 1, or there are none."""
        spoken = [sense for sense in senses if sense.domains]
        if not spoken:
            return ()
        if len(spoken) == 1:
            return spoken[0].domains
        least = KEY * max(sense.weight for sense in spoken)
        weights: dict[str, float] = defaultdict(float)
        for sense in spoken:
            if sense.weight >= least:
                for code, weight in sense.domains:
                    weights[code] += sense.weight * weight
        return normalised(weights)

    # ---- inside

    def _senses(self, word: str) -> tuple[WordSense, ...]:
        entry = self._entry(word)
        own = self._known(word) if self._know.is_word(word) else ()
        if entry is not None:
            own = self._mixed(entry, own)
        if not own and (" " in word or "-" in word):
            own = self._of_parts(word.replace("-", " ").split())
        return tuple(sorted(own, key=lambda sense: -sense.weight)) if len(own) > 1 else tuple(own)

    def _entry(self, word: str) -> Entry | None:
        entry = self.supplement.get(key(word))
        if entry is not None or word in self._know.forms.bits:
            return entry
        singular = self._know.noun(word)
        entry = self.supplement.find(singular) if singular != word else None
        countable = entry is not None and all(
            meaning.synset is not None and self.lexicon.category(self.lexicon.synset(meaning.synset) or "") in COUNTABLE
            for meaning in entry.meanings
        )
        return entry if countable else None

    def _known(self, word: str) -> tuple[WordSense, ...]:
        pos = self._know.forms.bits.get(word)
        noun = word if pos is not None else self._know.forms.noun(word)
        if pos is not None and not pos & NOUN:
            noun = None
        own = self._of_noun(noun) if noun is not None else ()
        if pos == NOUN or any(sense.domains for sense in own):
            return own
        own = self._of_wordnet(self.lexicon.derived_nouns(word)) or own
        if not any(sense.domains for sense in own):
            topics = self.lexicon.word_topics(word)
            own = _scaled([WordSense(topic, word, 1.0, self.ontology.domains(topic)) for topic in topics], 1.0) or own
        return own

    def _of_noun(self, noun: str) -> tuple[WordSense, ...]:
        self._asked += 1
        known = self._priors.senses(noun) if self._asked > _MANY else ()
        return known or self._of_wordnet(self.lexicon.senses(noun))

    @cached_property
    def _priors(self) -> Priors:
        return Priors(self.ontology, self._know.forms, SHOWN, rare_name=RARE_NAME)

    def _of_wordnet(self, senses: Sequence[Sense]) -> tuple[WordSense, ...]:
        if len(senses) == 1:
            (sense,) = senses
            return (WordSense(sense.synset, sense.lemma.replace("_", " "), 1.0, self.ontology.domains(sense.synset)),)
        weights = []
        for sense in senses:
            category = self.lexicon.category(sense.synset) or ""
            weight = sense.share * SHOWN.get(category, 0.5)
            if sense.count == 0 and sense.lemma != sense.lemma.lower() and category != "location":
                weight *= RARE_NAME
            weights.append(weight)
        total = sum(weights)
        domains = self.ontology.domains
        return tuple(
            WordSense(sense.synset, sense.lemma.replace("_", " "), weight / total, domains(sense.synset))
            for sense, weight in zip(senses, weights, strict=True)
        )

    def _mixed(self, entry: Entry, own: Sequence[WordSense]) -> tuple[WordSense, ...]:
        share = entry.share if own else 1.0
        given = []
        for meaning in entry.meanings:
            if meaning.synset is not None:
                synset = self.lexicon.synset(meaning.synset)
                domains = self.ontology.domains(synset) if synset else ()
                given.append(WordSense(synset, entry.word, meaning.weight, domains))
            elif meaning.domain in self.ontology.taxonomy.by_code:
                given.append(WordSense(None, entry.word, meaning.weight, ((meaning.domain, 1.0),)))
        if not given:
            return tuple(own)
        mixed: dict[str | None, WordSense] = {}
        for sense in (*_scaled(given, share), *_scaled(own, 1 - share)):
            place = sense.synset or sense.domains[0][0]
            before = mixed.get(place)
            mixed[place] = sense if before is None else _weighing(before, before.weight + sense.weight)
        return tuple(mixed.values())

    def _of_parts(self, words: Sequence[str]) -> tuple[WordSense, ...]:
        parts = [self._part(word) for word in dict.fromkeys(words) if len(word) > 2]
        parts = [part for part in parts if part.senses]
        if len(parts) < 2:
            return _scaled(parts[0].senses, 1.0) if parts else ()
        spoken: dict[str | None, WordSense] = {}
        weights: dict[str | None, float] = {}
        last = words[-1]
        for part in parts:
            loudness = HEAD if part.word == last else 1.0
            settled = weighed_by(part.senses, [other.heard for other in parts if other is not part])
            for weight, sense in sorted(zip(settled, part.senses, strict=True), key=_heaviest):
                place = sense.synset or sense.domains[0][0]
                spoken[place] = sense
                weights[place] = weight * loudness + weights.get(place, 0.0)
        total = sum(weights.values())
        return tuple([_weighing(sense, weights[place] / total) for place, sense in spoken.items()]) if total > 0 else ()

    def _part(self, word: str) -> _Part:
        """A word as one of several."""
        found = self._parts.get(word)
        if found is None:
            senses = self.senses(word)[:PART_SENSES]
            found = _Part(word, senses, heard(senses))
            if len(self._parts) >= 1 << 17:
                self._parts.clear()
            self._parts[word] = found
        return found


class _Part(msgspec.Struct, frozen=True, gc=False):
    """A word of several: the senses that are weighed, and what it speaks for."""

    word: str
    senses: tuple[WordSense, ...]
    heard: dict[str, float]


def _heaviest(weighed: tuple[float, WordSense]) -> float:
    return -weighed[0]


def _scaled(senses: Iterable[WordSense], total: float) -> tuple[WordSense, ...]:
    senses = tuple(senses)
    weight = sum(sense.weight for sense in senses)
    if weight <= 0 or total <= 0:
        return ()
    if len(senses) == 1 and senses[0].weight == total:
        return senses
    return tuple(_weighing(sense, sense.weight * total / weight) for sense in senses)


def _weighing(sense: WordSense, weight: float) -> WordSense:
    return WordSense(sense.synset, sense.lemma, weight, sense.domains)
