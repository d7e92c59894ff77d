"""From a synset or a word to weighted domains: the seam at which generalisers are exchanged."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from penchant.semantics.lexicon import Lexicon
from penchant.semantics.ontology import Ontology, normalised
from penchant.semantics.taxonomy import Taxonomy, load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.types import DomainWeights, LabelClass, Sense


class Generaliser(Protocol):
    """Anything that says to which domains a synset or a word belongs."""

    @property
    def name(self) -> str:
        """Short, for records ("ontology")."""
        ...

    @property
    def taxonomy(self) -> Taxonomy:
        """Whose domains it answers with."""
        ...

    def synset_domains(self, synset: str) -> DomainWeights:
        """The domains of a synset; () for none."""
        ...

    def word_domains(self, word: str) -> DomainWeights:
        """The domains of a word without its context; () for none."""
        ...

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """The domains of a classifier's label; () for none. Usually its synset's, or its name's where it has none."""
        ...


class OntologyGeneraliser:
    """The default: WordNet's hypernyms and topics, and the anchors of a taxonomy.

    A word's domains are those of its key senses, each by its share. Where these have none, the next sense that has
    domains speaks alone. Proper names that WordNet never saw in a text are left out as long as there are other
    senses, except places (sweet is not Henry Sweet; turkey is also the country). A word that is no noun, or whose
    senses all have no domain, is understood through the nouns that it derives to (healthy -> health), then through
    the topics that WordNet gives it.
    """

    name = "ontology"

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology
        self._words: dict[str, DomainWeights] = {}

    @classmethod
    def load(cls) -> OntologyGeneraliser:
        """With the embedded lexicon and taxonomy."""
        return cls(Ontology(Lexicon.load(), load_taxonomy()))

    @property
    def taxonomy(self) -> Taxonomy:
        """The ontology's."""
        return self.ontology.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """The ontology's answer."""
        return self.ontology.domains(synset)

    def word_domains(self, word: str) -> DomainWeights:
        """The domains of a word without its context; () for none.

        Raises:
            SemanticsError: the word is not a string.
        """
        found = self._words.get(word) if isinstance(word, str) else None
        if found is None:
            lexicon = self.ontology.lexicon
            found = self._mixed(lexicon.senses(word)) or self._mixed(lexicon.derived_nouns(word))
            for topic in lexicon.word_topics(word) if not found else ():
                found = found or self.ontology.domains(topic)
            if len(self._words) >= 1 << 18:
                self._words.clear()
            self._words[word] = found
        return found

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """Those of the label's own synset, or of its name where it has none."""
        return self.synset_domains(label.synset) if label.synset else self.word_domains(label.name)

    def _mixed(self, senses: Sequence[Sense]) -> DomainWeights:
        weights: dict[str, float] = defaultdict(float)
        for sense in [sense for sense in senses if not self._rare_name(sense)] or senses:
            if weights and not sense.key:
                break
            for code, weight in self.ontology.domains(sense.synset):
                weights[code] += weight * sense.share
        return normalised(weights)

    def _rare_name(self, sense: Sense) -> bool:
        proper = sense.lemma != sense.lemma.lower() and sense.count == 0
        return proper and self.ontology.lexicon.category(sense.synset) != "location"
