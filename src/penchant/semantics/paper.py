"""The paper's way: a label is its first name, a name is a word, and a word is the domains of its key senses.

After "Semantic profile of a user's interests from pictures" (2018). It used BabelNet; the embedded lexicon, or anything
else that lists a word's senses, can take its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from penchant.semantics.ontology import normalised
from penchant.semantics.senses import Dictionary, LexiconDictionary

if TYPE_CHECKING:
    from penchant.semantics.ontology import Ontology
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import DomainWeights, LabelClass


class PaperGeneraliser:
    """A word's domains are all domains of all its key senses, each domain once, all with the same weight.

    Where no sense is key the first one speaks: the paper leaves that case open. A label, and a synset, mean only their
    first name, whatever else it may mean (crane: the bird, and the machine).

    Args:
        ontology: the taxonomy that is answered with, and the lexicon that knows a synset's first name.
        dictionary: the senses of a word, with domains of that taxonomy; by default the ontology's own lexicon.
        name: for records.
        keyless: what a word means if none of its senses is key: its first sense, or nothing.
    """

    def __init__(
        self,
        ontology: Ontology,
        *,
        dictionary: Dictionary | None = None,
        name: str = "paper",
        keyless: Literal["first", "none"] = "first",
    ) -> None:
        self.name = name
        self.keyless = keyless
        self.ontology = ontology
        self.dictionary = dictionary or LexiconDictionary(ontology)

    @property
    def taxonomy(self) -> Taxonomy:
        """The ontology's."""
        return self.ontology.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """The domains of a synset's first lemma, as a word."""
        lemmas = self.ontology.lexicon.lemmas(synset)
        return self.word_domains(lemmas[0]) if lemmas else ()

    def word_domains(self, word: str) -> DomainWeights:
        """All domains of all key senses, or else (see `keyless`) of the first sense; () for none."""
        senses = self.dictionary.word_senses(word)
        used = [sense for sense in senses if sense.key] or (senses[:1] if self.keyless == "first" else ())
        return normalised({code: 1.0 for sense in used for code, _ in sense.domains})

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """The domains of the label's first name, as a word; its synset is not looked at.

        The name passes the rules that tags pass: what is about the photograph (tripod) says nothing.
        """
        from penchant.semantics.tags import clean_tags

        (tag,) = clean_tags([label.name])
        return self.word_domains(label.name) if tag.kept else ()
