"""BabelNet's own domains of a synset or word, brought to the 34."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

from penchant.semantics.babelnet.crosswalk import CrosswalkReport, load_crosswalk
from penchant.semantics.lexicon import Lexicon
from penchant.semantics.ontology import Ontology, normalised
from penchant.semantics.senses import WordSense
from penchant.semantics.taxonomy import Taxonomy, load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penchant.semantics.babelnet.client import BabelNetClient
    from penchant.semantics.babelnet.crosswalk import Crosswalk
    from penchant.semantics.babelnet.wire import BabelSense, BabelSynset
    from penchant.types import DomainWeights, LabelClass


class BabelNetGeneraliser:
    """Asks BabelNet, through a client that remembers.

    A synset's domains are those that BabelNet gives to its own synset for it, by their numbers. A word's are those of
    all its key senses, each sense counting the same: the senses whose synset is a key concept; where there is none, the
    word's key senses in BabelNet's other meaning (a flag of the sense); where there is none either, its first sense:
    the one that WordNet numbers lowest, or else the first in the service's order.

    Args:
        client: what asks.
        ontology: decides where a newer BabelNet merged two of the 34 domains; by default the embedded one. Its
            taxonomy must be the 34 domains.
        crosswalk: from BabelNet's names to the 34; by default the embedded one, for the client's version.
        sources: words: only synsets with a sense from one of these (WN, WIKI, ...). ("WN",) needs far fewer requests.

    Attributes:
        report: what the crosswalk could not simply translate, so far.
    """

    name = "babelnet"

    def __init__(
        self,
        client: BabelNetClient,
        *,
        ontology: Ontology | None = None,
        crosswalk: Crosswalk | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        self.ontology = ontology or Ontology(Lexicon.load(), load_taxonomy())
        self.report = CrosswalkReport()
        self._client = client
        self._crosswalk = crosswalk or load_crosswalk(self.taxonomy.by_code, service=client.service)
        self._sources = tuple(sources)
        self._lock = threading.Lock()
        self._synsets: dict[str, DomainWeights] = {}
        self._words: dict[str, tuple[WordSense, ...]] = {}

    @property
    def taxonomy(self) -> Taxonomy:
        """The 34 domains."""
        return self.ontology.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """What BabelNet says of a synset of WordNet 3.0; () for none."""
        found = (self._client.synset(name) for name in self._client.wordnet_synset_ids(synset))
        return _mixed(self._domains(babel, (synset,)) for babel in found if babel is not None)

    def word_domains(self, word: str) -> DomainWeights:
        """The domains of all key senses of a noun, each sense the same; () for none."""
        senses = self.word_senses(word)
        return _mixed(sense.domains for sense in [sense for sense in senses if sense.key] or senses[:1])

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """Those of the label's own synset, or of its name where it has none."""
        return self.synset_domains(label.synset) if label.synset else self.word_domains(label.name)

    def word_senses(self, word: str) -> tuple[WordSense, ...]:
        """What a noun can mean, the first sense first; `key` as the class describes."""
        found = self._words.get(word)
        if found is None:
            lemma = "_".join(word.lower().replace("_", " ").split())
            ids = self._client.synset_ids(lemma, sources=self._sources) if lemma else ()
            synsets = [synset for synset in map(self._client.synset, ids) if synset is not None]
            synsets.sort(key=lambda synset: _number(synset, lemma))  # stable: otherwise the service's order
            key = {synset.id for synset in synsets if synset.key}
            key = key or {synset.id for synset in synsets if any(s.key for s in _of(synset, lemma))}
            found = self._words[word] = tuple(
                WordSense(
                    synset=synset.wordnet[0] if synset.wordnet else synset.id,
                    lemma=lemma,
                    key=synset.id in key,
                    domains=self._domains(synset, synset.wordnet),
                    source=synset.id,
                )
                for synset in synsets
            )
        return found

    def _domains(self, babel: BabelSynset, wordnet: Sequence[str]) -> DomainWeights:
        """Translated once a synset, so that the report counts it once."""

        def hypernyms() -> DomainWeights:
            return _mixed(self.ontology.domains(synset) for synset in babel.wordnet or wordnet)

        with self._lock:
            found = self._synsets.get(babel.id)
            if found is None:
                found = self._synsets[babel.id] = self._crosswalk(babel.domains, hypernyms, self.report)
            return found


def _of(synset: BabelSynset, lemma: str) -> list[BabelSense]:
    return [sense for sense in synset.senses if sense.lemma == lemma]


def _number(synset: BabelSynset, lemma: str) -> float:
    return min((sense.number for sense in _of(synset, lemma) if sense.number), default=float("inf"))


def _mixed(parts: Iterable[DomainWeights]) -> DomainWeights:
    weights: dict[str, float] = defaultdict(float)
    for part in parts:
        for code, weight in part:
            weights[code] += weight
    return normalised(weights)
