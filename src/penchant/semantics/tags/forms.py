"""Whether WordNet knows a word, in a fraction of a microsecond: all its forms in one table.

The lexicon answers the same question (`parts_of_speech`), with all spellings and inflections it knows of, at some ten
times the cost for a word that it doesn't have. Cleaning asks it of every part of every tag, mostly in vain. This table
knows WordNet's forms, their regular and irregular inflections, hyphens and spaces exchanged or left out, and accents.
A test holds that it never knows a word that the lexicon doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.semantics.lexfile import read_lexicon_file
from penchant.semantics.morphology import RULES, parse_exceptions
from penchant.semantics.tags.text import without_accents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.semantics.lexicon import Lexicon

NOUN, VERB, ADJECTIVE = 1, 2, 4


class Forms:
    """The forms of a lexicon: in lower case, the words of one joined by spaces.

    `bits` gives a form's parts of speech, `common` the forms that are also written without capitals.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        file = read_lexicon_file(lexicon.path)
        starts, written = file.columns["form_start"].tolist(), file.text.replace("_", " ")
        text = written.lower()
        bits: dict[str, int] = {}
        common: set[str] = set()
        for start, end, pos in zip(starts, starts[1:], file.columns["form_pos"].tolist(), strict=False):
            form = text[start:end]
            bits[form] = bits.get(form, 0) | pos
            if written[start:end] == form:
                common.add(form)
        self.bits = bits
        self.common = common
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
        for spelling in _spellings(word):
            if spelling in self.bits or self._inflected(spelling):
                return True
        return False

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
        last = word[-1:]
        if last == "s":
            kinds: tuple[tuple[str, int], ...] = (("n", NOUN), ("v", VERB))
        elif last in {"d", "g"}:
            kinds = (("v", VERB),)
        elif last in {"r", "t"}:
            kinds = (("a", ADJECTIVE),)
        elif last == "n":
            kinds = (("n", NOUN),)
        else:
            kinds = ()
        for pos, bit in kinds:
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
        for suffix, replacement in RULES[pos]:
            if word.endswith(suffix) and len(word) > len(suffix):
                lemma = word.removesuffix(suffix) + replacement
                if self.bits.get(lemma, 0) & bit:
                    yield lemma
        before, space, last = word.rpartition(" ")
        if space:
            for lemma in self._irregular[pos].get(last, ()):
                if self.bits.get(f"{before} {lemma}", 0) & bit:
                    yield f"{before} {lemma}"


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
