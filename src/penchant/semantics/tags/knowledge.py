"""What the steps know: the lexicon, its supplement, the lists, and what is made of them when first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from penchant.semantics.tags.forms import NOUN, Forms
from penchant.semantics.tags.spelling import Spelling
from penchant.semantics.tags.vocabulary import Vocabulary

if TYPE_CHECKING:
    from penchant.semantics.lexicon import Lexicon
    from penchant.semantics.supplement import Supplement
    from penchant.semantics.tags.lists import WordLists

_CACHE = 1 << 17


class Knowledge:
    """Answers about single words, remembered."""

    def __init__(self, lexicon: Lexicon, supplement: Supplement, lists: WordLists) -> None:
        self.lexicon = lexicon
        self.supplement = supplement
        self.lists = lists
        self._words: dict[str, bool] = {}
        self._nouns: dict[str, str] = {}
        self._patterns: dict[str, int | None] = {}

    @cached_property
    def forms(self) -> Forms:
        """Of the lexicon."""
        return Forms(self.lexicon)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """For compounds: all words of the lexicon, the lists and the supplement."""
        listed = [entry.word for entry in self.supplement] + list(self.lists.reasons) + sorted(self.lists.given_names)
        return Vocabulary(self.lexicon, listed)

    @cached_property
    def spelling(self) -> Spelling:
        """Of the words that WordNet's texts have, and those of the supplement."""
        return Spelling(self.vocabulary.common)

    def is_word(self, word: str) -> bool:
        """Whether the lexicon knows a word, in whatever form and part of speech."""
        if word in self.forms.bits:
            return True
        found = self._words.get(word)
        if found is None:
            found = self.forms.knows(word)
            if len(self._words) >= _CACHE:
                self._words.clear()
            self._words[word] = found
        return found

    def noun(self, word: str) -> str:
        """The noun that a word is a form of, with spaces; the word itself where it is none."""
        if self.forms.bits.get(word, 0) & NOUN:
            return word
        found = self._nouns.get(word)
        if found is None:
            found = (self.forms.noun(word) or word) if self.is_word(word) else word
            if len(self._nouns) >= _CACHE:
                self._nouns.clear()
            self._nouns[word] = found
        return found

    def pattern(self, shape: str) -> int | None:
        """The place among the lists' patterns of the first that a tag's shape matches; None for none."""
        found = self._patterns.get(shape, -1)
        if found == -1:
            match = self.lists.any_pattern.fullmatch(shape)
            found = None if match is None else self.lists.place(match)
            if len(self._patterns) >= _CACHE:
                self._patterns.clear()
            self._patterns[shape] = found
        return found

    @cached_property
    def listed(self) -> frozenset[str]:
        """The keys of all that is more than a word of WordNet: what the lists or the supplement have."""
        lists = self.lists
        return frozenset().union(lists.reasons, lists.foreign_alone, self.supplement.keys())

    def is_common(self, word: str) -> bool:
        """Whether WordNet's texts have a noun."""
        return any(sense.count for sense in self.lexicon.senses(word))

    def is_name(self, word: str) -> bool:
        """Whether a noun is first of all one certain thing: Paris, but not Camembert."""
        names = self.forms.names
        return word in names or ("-" in word and word.replace("-", " ") in names)
