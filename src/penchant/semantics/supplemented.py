"""A generaliser that also knows the words of the supplement."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from penchant.semantics.ontology import normalised
from penchant.semantics.supplement import Supplement

if TYPE_CHECKING:
    from penchant.semantics.generaliser import OntologyGeneraliser
    from penchant.semantics.supplement import Entry
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import DomainWeights


class SupplementedGeneraliser:
    """Answers as the ontology, but a word of the supplement by its entry there first.

    The entry has its share of the answer, what the ontology says of the word has the rest.
    """

    name = "ontology"

    def __init__(self, generaliser: OntologyGeneraliser, supplement: Supplement | None = None) -> None:
        self.generaliser = generaliser
        self.supplement = Supplement.load() if supplement is None else supplement

    @property
    def taxonomy(self) -> Taxonomy:
        """The ontology's."""
        return self.generaliser.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """The ontology's answer."""
        return self.generaliser.synset_domains(synset)

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
