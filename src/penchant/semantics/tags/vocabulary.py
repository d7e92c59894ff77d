"""The words that a tag may be made of, with what each costs: for taking compounds apart, and for spelling.

Costs are those of a unigram model, -log P(word), from the frequencies that WordNet itself carries (its senses' counts
in the texts tagged for it); a word never seen there costs more, the more the shorter it is. The split with the least
sum of costs wins (`segment`). That finds the likely words and needs no further data; general word lists know many
strings that nobody should split into ("keine", "leben"), for they are made from the web.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from penchant.semantics.lexfile import Column
    from penchant.semantics.lexicon import Lexicon

SHORT = {
    "a": 6.0, "an": 7.0, "and": 3.5, "at": 5.5, "be": 5.0, "by": 5.5, "de": 9.0, "el": 10.5, "for": 5.5, "from": 5.5,
    "i": 7.0, "in": 4.5, "is": 6.5, "la": 10.5, "le": 10.5, "me": 7.5, "mt": 8.0, "my": 5.5, "no": 6.5, "of": 3.0,
    "on": 5.0,
    "or": 8.0, "st": 8.0, "the": 3.0, "to": 5.0, "up": 6.5, "us": 8.5, "we": 8.0, "with": 4.5, "you": 6.0, "your": 6.0,
    "this": 6.0, "that": 6.5, "its": 7.0, "it": 7.0, "ox": 10.0, "tv": 8.0, "pc": 9.0, "uk": 8.5, "usa": 7.0,
    "diy": 8.0,
}  # fmt: skip
"""Function words and other short words that may be part of a compound, with their costs."""

LISTED = 8.5
"""The cost of a word that the project's own lists or supplement bring in."""

_LONGEST = 24
_BEGINNING = 4
_SHORT_LENGTHS = (1, 2, 3)
"""All that a string may begin with whose first letters begin no longer word."""

_UNSEEN = {3: 15.0, 4: 12.5, 5: 11.5}
_UNSEEN_LONG = 10.8
_TOTAL = 150_000.0
_PLURAL = 0.4
_PER_WORD = 1.5
MAX_LETTERS = 48
"""Longer strings aren't taken apart."""


class Vocabulary:
    """Words with costs, and the lemmas of several words by their letters alone."""

    def __init__(self, lexicon: Lexicon, listed: Iterable[str] = ()) -> None:
        self.costs: dict[str, float] = {}
        self.joined: dict[str, str] = {}
        self.common: list[str] = []
        self._read(lexicon)
        for word in listed:
            plain = "".join(character for character in word if character.isalnum())
            if len(plain) >= 3 and plain.isalpha():
                self.costs[plain] = min(LISTED, self.costs.get(plain, LISTED))
                if " " in word:
                    self.joined[plain] = word
                else:
                    self.common.append(plain)
        self.costs.update(SHORT)
        self._lengths = _lengths(self.costs)

    def _read(self, lexicon: Lexicon) -> None:
        columns = lexicon.file.columns
        costs, joined = self.costs, self.joined
        forms = zip(
            lexicon.lower_forms, lexicon.spaced_forms, columns["form_pos"].tolist(), _counts(columns), strict=True
        )
        for word, spaced, pos, count in forms:
            if word.isalpha():
                if len(word) < 3:
                    continue
                if not count:
                    cost = _UNSEEN.get(len(word), _UNSEEN_LONG)
                    if cost < costs.get(word, math.inf):
                        costs[word] = cost
                    continue
                cost = math.log(_TOTAL / count)
                self.common.append(word)
                if cost < costs.get(word, math.inf):
                    costs[word] = cost
                if pos & 1 and len(word) > 3 and word[-1] != "s":
                    costs.setdefault(_plural(word), cost + _PLURAL)
                if pos & 2:
                    stem = word[:-1] if word[-1] == "e" else word
                    costs.setdefault(stem + "ing", cost + _PLURAL)
                    costs.setdefault(stem + "ed", cost + _PLURAL)
            elif len(word) < MAX_LETTERS:
                plain = word.replace("_", "")
                if not plain.isalpha():
                    plain = plain.replace("-", "").replace("'", "").replace(".", "")
                if plain.isalpha():
                    joined.setdefault(plain, spaced)
                    if len(plain) > 5:
                        costs.setdefault(plain, math.log(_TOTAL / count) if count else _UNSEEN_LONG + 1)

    def segment(self, letters: str) -> tuple[str, ...]:
        """The likeliest words that these letters are made of, each known; () where there are none.

        The letters must be all in lower case. Words of several words count as one ("sanfrancisco" + "bay").
        """
        size = len(letters)
        if size > MAX_LETTERS:
            return ()
        costs = self.costs
        best: list[float] = [0.0] + [math.inf] * size
        back = [0] * (size + 1)
        lengths = self._lengths
        for start in range(size):
            base = best[start] + _PER_WORD
            if base >= best[size]:
                continue
            for length in lengths.get(letters[start : start + _BEGINNING], _SHORT_LENGTHS):
                end = start + length
                if end > size:
                    break
                cost = costs.get(letters[start:end])
                if cost is not None and base + cost < best[end]:
                    best[end] = base + cost
                    back[end] = start
        if best[size] == math.inf:
            return ()
        words = []
        end = size
        while end:
            words.append(letters[back[end] : end])
            end = back[end]
        return tuple(reversed(words))

    def cost(self, word: str) -> float:
        """What a word costs; infinite if it isn't known."""
        return self.costs.get(word, math.inf)


def _counts(columns: Mapping[str, Column]) -> list[int]:
    """How often WordNet's texts have each form: as a noun, and most as a word that leads to one."""
    total = np.concatenate(([0], np.cumsum(columns["sense_count"], dtype=np.int64)))
    senses = np.asarray(columns["sense_start"], dtype=np.int64)
    linked = np.zeros(len(senses) - 1, dtype=np.int64)
    np.maximum.at(linked, np.asarray(columns["link_form"]), np.asarray(columns["link_count"], dtype=np.int64))
    counts: list[int] = (total[senses[1:]] - total[senses[:-1]] + linked).tolist()
    return counts


def _lengths(words: Collection[str]) -> dict[str, tuple[int, ...]]:
    """By a string's first letters, the lengths of the words that it may begin with, ascending."""
    found: dict[str, int] = defaultdict(int)
    for word in words:
        found[word[:_BEGINNING]] |= 1 << len(word)
    short = [beginning for beginning in found if len(beginning) < _BEGINNING]
    for beginning in short:
        del found[beginning]
    for beginning in found:
        for size in _SHORT_LENGTHS:
            if beginning[:size] in words:
                found[beginning] |= 1 << size
    every = range(1, _LONGEST + 1)
    lengths = {bits: tuple(size for size in every if bits >> size & 1) for bits in set(found.values())}
    return {beginning: lengths[bits] for beginning, bits in found.items()}


def _plural(word: str) -> str:
    if word.endswith(("x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
