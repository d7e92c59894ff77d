"""Whether WordNet knows a word, in a fraction of a microsecond: all its forms in one table.

The lexicon answers the same question (`parts_of_speech`), with all spellings and inflections it knows of, at some ten
times the cost for a word that it doesn't have. Cleaning asks it of every part of every tag, mostly in vain. This table
knows WordNet's forms, their regular and irregular inflections, hyphens and spaces exchanged or left out, and accents.
A test holds that it never knows a word that the lexicon doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.semantics.lexfile import INSTANCE, read_lexicon_file
from penchant.semantics.morphology import RULES, parse_exceptions
from penchant.semantics.tags.text import without_accents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.semantics.lexfile import LexiconFile
    from penchant.semantics.lexicon import Lexicon

NOUN, VERB, ADJECTIVE = 1, 2, 4

_KINDS: dict[str, tuple[tuple[str, int], ...]] = {
    "s": (("n", NOUN), ("v", VERB)),
    "d": (("v", VERB),),
    "g": (("v", VERB),),
    "r": (("a", ADJECTIVE),),
    "t": (("a", ADJECTIVE),),
    "n": (("n", NOUN),),
}
"""By its last letter, as what a word may be regularly inflected."""

_RULES = {
    pos: {last: tuple(rule for rule in rules if rule[0][-1] == last) for last in _KINDS} for pos, rules in RULES.items()
}
"""The rules of detachment for each last letter."""


class Forms:
    """The forms of a lexicon: in lower case, the words of one joined by spaces.

    `bits` gives a form's parts of speech, `names` are the forms that are never written without capitals and whose first
    sense is one certain thing: Paris, but not Camembert.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        file = read_lexicon_file(lexicon.path)
        bits: dict[str, int] = {}
        common: set[str] = set()
        named: set[str] = set()
        instances = _instances(file)
        pos_of, senses = file.columns["form_pos"].tolist(), file.columns["sense_start"].tolist()
        starts, text = file.columns["form_start"].tolist(), file.text
        for number, lower in enumerate(lexicon.lower_forms):
            form = lower.replace("_", " ")
            bits[form] = bits.get(form, 0) | pos_of[number]
            if senses[number] < senses[number + 1] and instances[senses[number]]:
                named.add(form)
            if text[starts[number] : starts[number + 1]] == lower:
                common.add(form)
        self.bits = bits
        self.names = named - common
        self._irregular = {
            pos: {
                form.replace("_", " "): tuple(lemma.replace("_", " ") for lemma in lemmas)
                for form, lemmas in parse_exceptions(raw).items()
            }
            for pos, raw in file.exceptions.items()
        }
        self._any_irregular: dict[str, tuple[str, ...]] = {}
        for irregular in self._irregular.values():
            for form, lemmas in irregular.items():
                self._any_irregular[form] = self._any_irregular.get(form, ()) + lemmas

    def knows(self, word: str) -> bool:
        """Whether a word is known as it stands, inflected, or otherwise joined."""
        if word in self.bits or self._inflected(word):
            return True
        if word.isascii() and word.isalpha():
            return False
        return any(spelling in self.bits or self._inflected(spelling) for spelling in _spellings(word))

    def noun(self, word: str) -> str | None:
        """The noun that a word is a form of, the word itself if it is one; None if it is no noun."""
        for spelling in _spellings(word):
            if self.bits.get(spelling, 0) & NOUN:
                return spelling
            found = next(self._lemmas(spelling, "n", NOUN), None)
            if found is not None:
                return found
        return None

    def _inflected(self, word: str) -> bool:
        for pos, bit in _KINDS.get(word[-1:], ()):
            for _ in self._lemmas(word, pos, bit):
                return True
        lemmas = self._any_irregular.get(word)
        return lemmas is not None and any(lemma in self.bits for lemma in lemmas)

    def _lemmas(self, word: str, pos: str, bit: int) -> Iterator[str]:
        """Lemmas of that part of speech that a word, or the last word of several, is an inflected form of."""
        listed = self._irregular[pos].get(word)
        if listed:
            yield from (lemma for lemma in listed if self.bits.get(lemma, 0) & bit)
            return
        if pos == "n" and (word.endswith("ss") or len(word) <= 2):
            return
        for suffix, replacement in _RULES[pos].get(word[-1:], ()):
            if word.endswith(suffix) and len(word) > len(suffix):
                lemma = word.removesuffix(suffix) + replacement
                if self.bits.get(lemma, 0) & bit:
                    yield lemma
        before, space, last = word.rpartition(" ")
        if space:
            for lemma in self._irregular[pos].get(last, ()):
                if self.bits.get(f"{before} {lemma}", 0) & bit:
                    yield f"{before} {lemma}"


def _instances(file: LexiconFile) -> list[bool]:
    """Of each sense, whether it is of a synset that is an instance of something."""
    columns = file.columns
    hypernyms = np.asarray(columns["hypernym"], dtype=np.int64)
    starts = np.asarray(columns["hypernym_start"], dtype=np.int64)
    has = starts[1:] > starts[:-1]
    first = np.zeros(len(starts) - 1, dtype=bool)
    first[has] = hypernyms[starts[:-1][has]] >= INSTANCE
    found: list[bool] = first[np.asarray(columns["sense_synset"], dtype=np.int64)].tolist()
    return found


def _spellings(word: str) -> Iterator[str]:
    yield word
    if not word.isascii():
        word = without_accents(word)
        if not word.isascii():
            return
        yield word
    if " " in word:
        yield word.replace(" ", "-")
        yield word.replace(" ", "").replace("-", "")
    if "-" in word:
        yield word.replace("-", " ")
        yield word.replace("-", "").replace(" ", "")
