"""Cleaning: single tags by the steps, a bag of tags also by the company that each keeps."""

from __future__ import annotations

import re
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

_MARKS = re.compile(r"[./']|--")

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
            found = self.judge(tag)
            if len(self._cleaned) >= CACHE:  # an endless stream of tags must not fill the memory
                self._cleaned.clear()
            self._cleaned[tag] = found
        return found

    def judge(self, tag: str) -> CleanTag:
        """As `clean`, for those who remember by themselves."""
        if not isinstance(tag, str):
            raise SemanticsError(f"a tag must be a string, not {type(tag).__name__}")
        return self._plain_word(tag) or self._judge(tag)

    def _plain_word(self, tag: str) -> CleanTag | None:
        """What the steps would say of a word of WordNet that no list has: the most frequent case, and the fastest."""
        word = tag.lower()
        know = self.know
        if not word.isascii():
            return None
        pos = know.forms.bits.get(word, 0)
        if word.isalpha():
            first = glued = word
        elif pos & NOUN and not _MARKS.search(word):
            first, glued = word.partition(" ")[0], key(word)
        else:
            return None
        if len(glued) < SHORTEST or glued in know.listed or first in know.lists.given_names or not glued.isalpha():
            return None
        clean = word
        if not pos & NOUN:
            if not know.is_word(word):
                return None
            clean = know.noun(word)
            if clean != word and self._plain_word(clean) is None:  # the singular may be listed
                return None
        if know.is_name(word):
            return CleanTag(tag, word, word, True, Reason.NAME, "known")
        return CleanTag(tag, clean, word, True, Reason.KEPT, "known")

    def _judge(self, tag: str) -> CleanTag:
        text, verdict, step = self._verdict(tag)
        clean, word, reason = verdict.clean, verdict.word, verdict.reason
        for _ in range(_AGAIN):
            if not reason.kept or clean == tag or (step in _STABLE and clean == text.words):
                break
            if self._plain_word(clean) is not None or self._is_settled(clean, verdict):
                break
            _, again, _ = self._verdict(clean)
            if again.clean == clean and again.reason.kept:
                break
            clean, word, reason = again.clean, again.word, again.reason
        kept = reason.kept
        return CleanTag(
            tag, clean if kept else "", word if kept else clean, kept, reason, step, verdict.parts, verdict.hint
        )

    def _is_settled(self, clean: str, verdict: Verdict) -> bool:
        """Whether words were only set apart, each known to WordNet: judged again, they would be found the same."""
        words = [part.text for part in verdict.parts]
        if len(words) < 2 or " ".join(words) != clean or words[0] in self.know.lists.given_names:
            return False
        return all(p.reason.kept and p.text.isalpha() and self.know.is_word(p.text) for p in verdict.parts)

    def _verdict(self, tag: str) -> tuple[Text, Verdict, str]:
        text = read(tag)
        for step in STEPS:
            verdict = step(text, self.know)
            if verdict is not None:
                return text, verdict, step.__name__
        raise AssertionError("the last step always decides")
