"""Whether WordNet knows a word, in a fraction of a microsecond: all its forms in one table.

The lexicon answers the same question (`parts_of_speech`), with all spellings and inflections it knows of, at some ten
times the cost for a word that it doesn't have. Cleaning asks it of every part of every tag, mostly in vain. This table
knows WordNet's forms, their regular and irregular inflections, hyphens and spaces exchanged or left out, and accents.
A test holds that it never knows a word that the lexicon doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.semantics.lexfile import INSTANCE, alone, capitals
from penchant.semantics.morphology import RULES
from penchant.semantics.tags.text import without_accents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from penchant.semantics.lexfile import Column
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

_ENDINGS = {
    last: tuple((*rule, bit) for pos, bit in kinds for rule in _RULES[pos][last]) for last, kinds in _KINDS.items()
}
"""The same for a word's last letter whatever its part of speech, with the part of speech that the lemma must be."""


class Forms:
    """The forms of a lexicon: in lower case, the words of one joined by spaces.

    `bits` gives a form's parts of speech, `names` are the forms that are never written without capitals and whose first
    sense is one certain thing: Paris, but not Camembert. `alone` and `capitals` are of each form by its number, as in
    `lexfile`.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        columns = lexicon.file.columns
        pos_of = columns["form_pos"].tolist()
        forms = lexicon.spaced_forms
        self.alone, self.capitals = alone(lexicon.file), capitals(lexicon.file)
        self.bits = dict(zip(forms, pos_of, strict=True))
        for number in np.flatnonzero(~self.alone).tolist():
            self.bits[forms[number]] |= pos_of[number]
        common = {forms[number] for number in np.flatnonzero(~self.alone & ~self.capitals).tolist()}
        named = {forms[number] for number in np.flatnonzero(_named(columns) & self.capitals).tolist()}
        self.names = named - common
        self._irregular = {
            pos: {
                form.replace("_", " "): tuple(lemma.replace("_", " ") for lemma in lemmas)
                for form, lemmas in lexicon.exceptions(pos).items()
            }
            for pos in RULES
        }
        self._any_irregular: dict[str, tuple[str, ...]] = {}
        for irregular in self._irregular.values():
            for form, lemmas in irregular.items():
                self._any_irregular[form] = self._any_irregular.get(form, ()) + lemmas

    def knows(self, word: str) -> bool:
        """Whether a word is known as it stands, inflected, or otherwise joined."""
        bits = self.bits
        if word in bits or self._is_inflected(word):
            return True
        if word.isascii() and word.isalpha():
            return False
        others = _spellings(word)
        next(others)  # the word as it stands
        return any(spelling in bits or self._is_inflected(spelling) for spelling in others)

    def noun(self, word: str) -> str | None:
        """The noun that a word is a form of, the word itself if it is one; None if it is no noun."""
        for spelling in _spellings(word):
            if self.bits.get(spelling, 0) & NOUN:
                return spelling
            found = next(self._lemmas(spelling, "n", NOUN), None)
            if found is not None:
                return found
        return None

    def _is_inflected(self, word: str) -> bool:
        bits, irregular = self.bits, self._any_irregular
        if word in irregular or (" " in word and word.rpartition(" ")[2] in irregular):
            lemmas = (lemma for pos, bit in _KINDS.get(word[-1:], ()) for lemma in self._lemmas(word, pos, bit))
            return any(lemmas) or any(lemma in bits for lemma in irregular.get(word, ()))
        endings = _ENDINGS.get(word[-1:])
        if endings is None:
            return False
        no_plural = word.endswith("ss") or len(word) <= 2
        for suffix, replacement, bit in endings:
            if not word.endswith(suffix) or len(word) == len(suffix) or (no_plural and bit == NOUN):
                continue
            if bits.get(word.removesuffix(suffix) + replacement, 0) & bit:
                return True
        return False

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


def _named(columns: Mapping[str, Column]) -> NDArray[np.bool_]:
    """[forms] whether the first sense of a form is an instance of something."""
    hypernyms = np.asarray(columns["hypernym"], np.int64)
    starts = np.asarray(columns["hypernym_start"], np.int64)
    has = starts[1:] > starts[:-1]
    instance = np.zeros(len(has), bool)
    instance[has] = hypernyms[starts[:-1][has]] >= INSTANCE
    senses = np.asarray(columns["sense_start"], np.int64)
    means = senses[1:] > senses[:-1]
    named = np.zeros(len(means), bool)
    named[means] = instance[np.asarray(columns["sense_synset"], np.int64)[senses[:-1][means]]]
    return named


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
