"""From tags to senses and domains: alone, or as a bag whose tags explain one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from penchant.semantics.disambiguation import WordSense, disambiguate
from penchant.semantics.generaliser import OntologyGeneraliser
from penchant.semantics.ontology import normalised
from penchant.semantics.supplement import Supplement
from penchant.semantics.tags import company
from penchant.semantics.tags.cleaner import CACHE, TagCleaner
from penchant.semantics.tags.meaning import Meanings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from penchant.semantics.ontology import Ontology
    from penchant.semantics.tags.lists import WordLists
    from penchant.semantics.tags.values import CleanTag
    from penchant.types import DomainWeights


class UnderstoodTag(msgspec.Struct, frozen=True, gc=False):
    """A tag with what it means.

    Attributes:
        clean: what became of it.
        senses: what it can mean here, heaviest first; weights sum to 1. None for a dropped tag.
        domains: the domains of the heaviest senses; weights sum to 1, or there are none.
    """

    clean: CleanTag
    senses: tuple[WordSense, ...]
    domains: DomainWeights


@dataclass(frozen=True, slots=True)
class Understanding:
    """A bag of tags with what they mean together.

    Attributes:
        tags: in the order given.
        domains: the sum over the kept tags that have domains, each tag counting one; weights sum to 1.
    """

    tags: tuple[UnderstoodTag, ...]
    domains: DomainWeights


class TagReader:
    """Cleans and understands tags. What was read alone once is remembered."""

    def __init__(
        self, ontology: Ontology, *, supplement: Supplement | None = None, lists: WordLists | None = None
    ) -> None:
        supplement = Supplement.load() if supplement is None else supplement
        self.cleaner = TagCleaner(ontology.lexicon, supplement=supplement, lists=lists)
        self.meanings = Meanings(ontology, supplement, self.cleaner.know)
        self.ontology = ontology
        self._alone: dict[str, UnderstoodTag] = {}

    @classmethod
    def load(cls) -> TagReader:
        """With the embedded lexicon, taxonomy, supplement and lists."""
        return cls(OntologyGeneraliser.load().ontology)

    def read(self, tag: str) -> UnderstoodTag:
        """Clean and understand a tag alone.

        Raises:
            SemanticsError: the tag is not a string.
        """
        found = self._alone.get(tag)
        if found is None:
            clean = self.cleaner.judge(tag)
            senses = self._senses(clean)
            found = UnderstoodTag(clean, senses, self.meanings.domains(senses))
            if len(self._alone) >= CACHE:
                self._alone.clear()
            self._alone[tag] = found
        return found

    def clean_bag(self, tags: Sequence[str], *, languages: Collection[str] = ()) -> tuple[CleanTag, ...]:
        """Clean tags that stand together: company decides what each alone leaves open.

        Args:
            tags: of a photo or a person.
            languages: that the person writes, beside English ("de"), if that is known.
        """
        cleaned = [self.cleaner.clean(tag) for tag in tags]
        lists = self.cleaner.know.lists
        if not languages and not any(company.ambiguous(tag, lists) for tag in cleaned):
            return tuple(cleaned)
        cleaned = company.by_language(cleaned, lists, frequency=self._frequency, languages=languages)
        return tuple(company.by_cameras(cleaned, lists, meaning=self._ordinary, context=self._context(cleaned)))

    def read_bag(self, tags: Sequence[str], *, languages: Collection[str] = ()) -> Understanding:
        """Clean and understand tags that stand together; see `disambiguation` for how they explain one another."""
        cleaned = self.clean_bag(tags, languages=languages)
        words = Counter(tag.word for tag in cleaned if tag.kept and not self._is_person(tag))
        bag = {word: self.meanings.senses(word) for word in words}
        settled = disambiguate({word: senses for word, senses in bag.items() if senses}, words)
        understood = []
        for tag in cleaned:
            senses = settled.get(tag.word, ()) if tag.kept and not self._is_person(tag) else ()
            understood.append(UnderstoodTag(tag, senses, self.meanings.domains(senses)))
        weights: dict[str, float] = defaultdict(float)
        for domains in sorted(tag.domains for tag in understood):
            for code, weight in domains:
                weights[code] += weight
        return Understanding(tuple(understood), normalised(weights))

    # ---- inside

    def _senses(self, clean: CleanTag) -> tuple[WordSense, ...]:
        return self.meanings.senses(clean.word) if clean.kept and not self._is_person(clean) else ()

    @staticmethod
    def _is_person(clean: CleanTag) -> bool:
        return clean.step == "person"

    def _frequency(self, word: str) -> int:
        return sum(sense.count for sense in self.ontology.lexicon.senses(word))

    def _ordinary(self, word: str) -> DomainWeights:
        senses = self.meanings.senses(word)
        weights: dict[str, float] = defaultdict(float)
        for sense in senses:  # all of them: the company is to choose
            for code, weight in sense.domains:
                weights[code] = max(weights[code], weight)
        return tuple(weights.items())

    def _context(self, cleaned: Sequence[CleanTag]) -> _Context:
        return _Context({tag.word: self.meanings.domains(self._senses(tag)) for tag in cleaned if tag.kept})


class _Context:
    """What the kept tags of a bag, but the one asked about, speak for."""

    def __init__(self, domains: Mapping[str, DomainWeights]) -> None:
        self._domains = domains

    def __call__(self, tag: CleanTag) -> Mapping[str, float]:
        others = [domains for word, domains in self._domains.items() if word != tag.word and domains]
        spoken: dict[str, float] = defaultdict(float)
        for domains in others:
            for code, weight in domains:
                spoken[code] += weight / len(others)
        return spoken


@cache
def default_reader() -> TagReader:
    """With all that is embedded, made when first asked for."""
    return TagReader.load()


def clean_tags(tags: Iterable[str], *, languages: Collection[str] = ()) -> tuple[CleanTag, ...]:
    """Clean the tags of a photo or a person with the embedded lexicon; in their order."""
    return default_reader().clean_bag(tuple(tags), languages=languages)


def understand_tags(tags: Iterable[str], *, languages: Collection[str] = ()) -> Understanding:
    """Clean and understand the tags of a photo or a person with the embedded lexicon."""
    return default_reader().read_bag(tuple(tags), languages=languages)
