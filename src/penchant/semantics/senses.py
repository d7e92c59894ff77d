"""What a word can mean, with the domains of each meaning: all that the paper's way needs of a dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from penchant.semantics.ontology import Ontology
    from penchant.types import DomainWeights


@dataclass(frozen=True, slots=True)
class WordSense:
    """One meaning of a word in some dictionary.

    Attributes:
        synset: WordNet's name for it ("n02123045") where it has one, else the dictionary's own ("bn:00005054n").
        lemma: the word in that synset.
        key: whether the dictionary holds it for one of the word's main meanings.
        domains: as everywhere; () for none.
        source: the dictionary's own name for it.
    """

    synset: str
    lemma: str
    key: bool
    domains: DomainWeights
    source: str


class Dictionary(Protocol):
    """Anything that lists the meanings of a noun."""

    def word_senses(self, word: str) -> tuple[WordSense, ...]:
        """All of them, the first sense first; () for a word that it doesn't know."""
        ...


class LexiconDictionary:
    """The embedded lexicon's senses, with the domains that an ontology gives them."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology

    def word_senses(self, word: str) -> tuple[WordSense, ...]:
        """As the protocol; the lexicon's own rule says which are key."""
        return tuple(
            WordSense(sense.synset, sense.lemma, sense.key, self._ontology.domains(sense.synset), sense.synset)
            for sense in self._ontology.lexicon.senses(word)
        )
