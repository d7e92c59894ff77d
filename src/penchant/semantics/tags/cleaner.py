"""Cleaning: single tags by the steps, a bag of tags also by the company that each keeps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from penchant.errors import SemanticsError
from penchant.semantics.lexicon import Lexicon
from penchant.semantics.supplement import Supplement
from penchant.semantics.tags.knowledge import Knowledge
from penchant.semantics.tags.lists import load_lists
from penchant.semantics.tags.steps import STEPS, Verdict
from penchant.semantics.tags.text import read
from penchant.semantics.tags.values import CleanTag, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penchant.semantics.tags.lists import WordLists

CACHE = 1 << 18
"""How many tags are remembered."""

_AGAIN = 4
"""How often a clean form is cleaned again until it stays as it is."""


class TagCleaner:
    """Says of tags whether they are kept, why, and what they become. What was judged once is remembered."""

    def __init__(
        self, lexicon: Lexicon, *, supplement: Supplement | None = None, lists: WordLists | None = None
    ) -> None:
        self.know = Knowledge(
            lexicon,
            Supplement.load() if supplement is None else supplement,
            load_lists() if lists is None else lists,
        )
        self._cleaned: dict[str, CleanTag] = {}

    @classmethod
    def load(cls) -> TagCleaner:
        """With the embedded lexicon, supplement and lists."""
        return cls(Lexicon.load())

    def clean(self, tag: str) -> CleanTag:
        """Judge a tag alone.

        Raises:
            SemanticsError: the tag is not a string.
        """
        found = self._cleaned.get(tag)
        if found is None:
            if not isinstance(tag, str):
                raise SemanticsError(f"a tag must be a string, not {type(tag).__name__}")
            found = self._judge(tag)
            if len(self._cleaned) >= CACHE:  # an endless stream of tags must not fill the memory
                self._cleaned.clear()
            self._cleaned[tag] = found
        return found

    def clean_alone(self, tags: Iterable[str]) -> list[CleanTag]:
        """Judge many tags, each alone."""
        return [self.clean(tag) for tag in tags]

    def _judge(self, tag: str) -> CleanTag:
        verdict, step = self._verdict(tag)
        clean, word, reason = verdict.clean, verdict.word, verdict.reason
        for _ in range(_AGAIN):
            if not reason.kept or clean == tag or clean == word:
                break
            again, _ = self._verdict(clean)
            if again.clean == clean and again.reason.kept:
                break
            clean, word, reason = again.clean, again.word, again.reason
        return CleanTag(tag, clean, word if reason.kept else "", reason.kept, reason, step, verdict.parts, verdict.hint)

    def _verdict(self, tag: str) -> tuple[Verdict, str]:
        text = read(tag)
        for step in STEPS:
            verdict = step(text, self.know)
            if verdict is not None:
                return verdict, step.__name__
        return Verdict(Reason.UNKNOWN, text.words), "unknown"


@cache
def default_cleaner() -> TagCleaner:
    """The embedded lexicon's, made when first asked for."""
    return TagCleaner.load()
