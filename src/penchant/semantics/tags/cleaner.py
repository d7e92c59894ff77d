"""Cleaning: single tags by the steps, a bag of tags also by the company that each keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import SemanticsError
from penchant.semantics.lexicon import Lexicon
from penchant.semantics.supplement import Supplement
from penchant.semantics.tags.forms import NOUN
from penchant.semantics.tags.knowledge import Knowledge
from penchant.semantics.tags.lists import load_lists
from penchant.semantics.tags.steps import SHORTEST, STEPS
from penchant.semantics.tags.text import key, read
from penchant.semantics.tags.values import CleanTag, Reason

if TYPE_CHECKING:
    from penchant.semantics.tags.lists import WordLists
    from penchant.semantics.tags.steps import Verdict
    from penchant.semantics.tags.text import Text

CACHE = 1 << 18
"""How many tags are remembered."""

_AGAIN = 4
"""How often a clean form is cleaned again until it stays as it is."""

_STABLE = frozenset({"known", "supplemented"})
"""Steps that look at a tag's words only: what they leave as it was, they leave as it is."""


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
            found = self._plain_noun(tag) or self._judge(tag)
            if len(self._cleaned) >= CACHE:  # an endless stream of tags must not fill the memory
                self._cleaned.clear()
            self._cleaned[tag] = found
        return found

    def _plain_noun(self, tag: str) -> CleanTag | None:
        """What the steps would say of a noun of WordNet that no list has: the most frequent case, and the fastest."""
        word = tag.lower()
        know = self.know
        if not know.forms.bits.get(word, 0) & NOUN or not word.isascii():
            return None
        first = word.partition(" ")[0]
        glued = word if word.isalpha() else key(word)
        if len(glued) < SHORTEST or not glued.isalpha() or "." in word or "'" in word or "/" in word or "--" in word:
            return None
        lists = know.lists
        if glued in lists.reasons or glued in lists.foreign_alone or first in lists.given_names:
            return None
        if know.supplement.get(glued) is not None:
            return None
        reason = Reason.NAME if know.is_name(word) else Reason.KEPT
        return CleanTag(tag, word, word, True, reason, "known")

    def _judge(self, tag: str) -> CleanTag:
        text, verdict, step = self._verdict(tag)
        clean, word, reason = verdict.clean, verdict.word, verdict.reason
        for _ in range(_AGAIN):
            if not reason.kept or clean == tag or (step in _STABLE and clean == text.words):
                break
            if self._plain_noun(clean) is not None:
                break
            _, again, _ = self._verdict(clean)
            if again.clean == clean and again.reason.kept:
                break
            clean, word, reason = again.clean, again.word, again.reason
        kept = reason.kept
        return CleanTag(
            tag, clean if kept else "", word if kept else clean, kept, reason, step, verdict.parts, verdict.hint
        )

    def _verdict(self, tag: str) -> tuple[Text, Verdict, str]:
        text = read(tag)
        for step in STEPS:
            verdict = step(text, self.know)
            if verdict is not None:
                return text, verdict, step.__name__
        raise AssertionError("the last step always decides")
