"""Which known word a misspelt one is: one letter too many, missing, other, or two changed places.

An index of the known words with one letter left out (the idea of SymSpell) answers in a few microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHORTEST = 5
"""Shorter words are too close to too many."""


class Spelling:
    """The words that are one slip away from a string."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, int] = {}
        self._without: dict[str, str] = {}
        for rank, word in enumerate(words):
            if len(word) >= SHORTEST:
                self._words.setdefault(word, rank)
        for word in self._words:
            for place in range(len(word)):
                self._without.setdefault(word[:place] + word[place + 1 :], word)

    def nearest(self, word: str) -> str | None:
        """A word one slip away, the first given if there are several; None for none."""
        if len(word) < SHORTEST:
            return None
        known, without = self._words, self._without
        shorter = [word[:place] + word[place + 1 :] for place in range(len(word))]
        near = {without[one] for one in (word, *shorter) if one in without}
        near.update(one for one in shorter if one in known)
        near = {other for other in near if other[0] == word[0] and one_slip(word, other)}
        return min(near, key=lambda other: (known[other], other), default=None)


def one_slip(first: str, second: str) -> bool:
    """Whether one letter added, left out or replaced, or two neighbours exchanged, makes one of the other."""
    if first == second:
        return False
    short, long = sorted((first, second), key=len)
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    if len(long) - len(short) == 1:
        return short[same:] == long[same + 1 :]
    if len(long) != len(short):
        return False
    if short[same + 1 :] == long[same + 1 :]:
        return True
    return short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
