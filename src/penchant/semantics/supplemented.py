"""A generaliser that also knows the words of the supplement."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from penchant.semantics.ontology import normalised
from penchant.semantics.supplement import Supplement

if TYPE_CHECKING:
    from penchant.semantics.generaliser import OntologyGeneraliser
    from penchant.semantics.ontology import Ontology
    from penchant.semantics.supplement import Entry
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import DomainWeights, LabelClass


class SupplementedGeneraliser:
    """Answers as the ontology, but a word of the supplement by its entry there first.

    The entry has its share of the answer, what the ontology says of the word has the rest. The supplement is read when
    the first word is asked for: labels with a synset don't need it.
    """

    name = "ontology"

    def __init__(self, generaliser: OntologyGeneraliser, supplement: Supplement | None = None) -> None:
        self.generaliser = generaliser
        self._given = supplement

    @cached_property
    def supplement(self) -> Supplement:
        """The words that WordNet lacks."""
        return Supplement.load() if self._given is None else self._given

    @property
    def ontology(self) -> Ontology:
        """What knows the synsets."""
        return self.generaliser.ontology

    @property
    def taxonomy(self) -> Taxonomy:
        """The ontology's."""
        return self.generaliser.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """The ontology's answer."""
        return self.generaliser.synset_domains(synset)

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """The domains of the label's own synset, or of its name where it has none."""
        return self.synset_domains(label.synset) if label.synset is not None else self.word_domains(label.name)

    def word_domains(self, word: str) -> DomainWeights:
        """The domains of a word without its context; () for none."""
        known = self.generaliser.word_domains(word)
        entry = self.supplement.find(word)
        given = self._entry_domains(entry) if entry is not None else {}
        if entry is None or not given:
            return known
        share = entry.share if known else 1.0
        weights = defaultdict(float, {code: weight * share for code, weight in given.items()})
        for code, weight in known:
            weights[code] += weight * (1 - share)
        return normalised(weights)

    def _entry_domains(self, entry: Entry) -> dict[str, float]:
        weights: dict[str, float] = defaultdict(float)
        lexicon = self.generaliser.ontology.lexicon
        for meaning in entry.meanings:
            if meaning.synset is not None:
                for code, weight in self.synset_domains(lexicon.synset(meaning.synset) or ""):
                    weights[code] += weight * meaning.weight
            elif meaning.domain in self.taxonomy.by_code:
                weights[meaning.domain] += meaning.weight
        return dict(normalised(weights))
