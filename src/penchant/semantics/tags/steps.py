"""The steps by which a tag is judged, each a small function: a verdict, or None to leave it to the next.

`STEPS` is their order. All see the same `Text`; what they know beside it is in `Knowledge`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from penchant.semantics.supplement import Kind
from penchant.semantics.tags import compounds
from penchant.semantics.tags.text import capitalised, key
from penchant.semantics.tags.values import Part, Reason

if TYPE_CHECKING:
    from penchant.semantics.tags.knowledge import Knowledge
    from penchant.semantics.tags.text import Text

_URL = re.compile(r"(?:https?|ftp)://.*|www\..+|[^\s@]+@[^\s@]+\.[a-z]{2,}|[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|de|fr|it|es|nl|eu|co\.uk|uk|ca|au|br|jp|ru|pl|ch|at|io|tv|me|us|edu|gov)(?:/\S*)?")  # fmt: skip  # noqa: E501
_MACHINE = re.compile(
    r"[^\W\d][\w.-]*:[\w.-]+=.*|[^\W\d]\w*:[^\W\d]\w*:\S+|(?:geo|flickr|upcoming|lastfm|exif|meta|ph|dc):\S+"
)
_LETTERS = re.compile(r"[^\W\d_]")
SHORTEST = 3
"""A single word with fewer letters than this must be listed: WordNet has a meaning for most pairs of letters."""

_SHORT_WORDS = frozenset({"tv", "us", "uk", "pc", "dj", "ox", "pi", "ax", "cd", "ad", "id", "ai", "pa", "ma", "ny"})
_MISSPELT_OF = 6
"""A tag must have this many letters to be called a slip: shorter ones are too often names."""


@dataclass(slots=True)
class Verdict:
    """What a step decided; `clean` and `word` as in `CleanTag`."""

    reason: Reason
    clean: str
    word: str = ""
    parts: tuple[Part, ...] = ()
    hint: str = ""


Step: TypeAlias = Callable[["Text", "Knowledge"], Verdict | None]


def url(text: Text, _: Knowledge) -> Verdict | None:
    """Addresses on the web or of mail."""
    return _drop(Reason.URL, text) if "." in text.plain and _URL.fullmatch(text.plain) else None


def machine_tag(text: Text, _: Knowledge) -> Verdict | None:
    """`namespace:predicate=value`, written by software."""
    return _drop(Reason.MACHINE_TAG, text) if ":" in text.plain and _MACHINE.fullmatch(text.plain) else None


def empty(text: Text, _: Knowledge) -> Verdict | None:
    """Nothing left that is a letter or digit."""
    return _drop(Reason.EMPTY, text) if not text.glued or not text.words else None


def listed(text: Text, know: Knowledge) -> Verdict | None:
    """A word on one of the lists."""
    reason = know.lists.reasons.get(text.glued)
    if reason is not None and "-" in text.words and know.supplement.get(text.glued):  # F-16, not f/16
        return None
    if reason is None and " " not in text.words:
        noun = know.noun(text.words)
        reason = know.lists.reasons.get(noun) if noun != text.words else None
    return None if reason is None else _drop(reason, text)


def supplemented(text: Text, know: Knowledge) -> Verdict | None:
    """A word that the supplement has."""
    entry = know.supplement.get(text.glued)
    if entry is None:
        return None
    thing = know.is_word(text.words) and not know.is_name(text.words)  # the jaguar, not only the car
    reason = Reason.NAME if entry.kind is Kind.NAME and not thing else Reason.KEPT
    written = text.words if " " in text.words or "-" in text.words else entry.word
    clean = know.noun(written)
    same = know.supplement.get(key(clean))
    return Verdict(reason, clean if same and same.meanings == entry.meanings else written, written)


def person(text: Text, know: Knowledge) -> Verdict | None:
    """A given name, alone or before a family name."""
    first, _, rest = text.words.partition(" ")
    if first not in know.lists.given_names:
        return None
    if not rest:
        return Verdict(Reason.NAME, text.words, text.words)
    family = text.title and rest.isalpha() and not know.is_word(rest) and rest not in know.lists.reasons
    return Verdict(Reason.NAME, capitalised(text.words), text.words) if family else None


def pattern(text: Text, know: Knowledge) -> Verdict | None:
    """The shape of a camera's name, an exposure, a number or date, an award."""
    if know.is_word(text.words) and not text.words.isnumeric():
        return None
    shapes = (text.figure,) if text.figure == text.glued else (text.figure, text.glued)
    places = [place for place in map(know.pattern, shapes) if place is not None]
    return _drop(know.lists.patterns[min(places)].reason, text) if places else None


def foreign_alone(text: Text, know: Knowledge) -> Verdict | None:
    """A word that English has too, but that is more likely of another language, as its accents may show."""
    languages = know.lists.languages.get(text.glued, frozenset())
    accented = bool(languages) and not text.words.isascii() and not know.is_common(text.glued)
    if accented or text.glued in know.lists.foreign_alone:
        return Verdict(Reason.FOREIGN, text.words, hint=" ".join(sorted(languages)))
    return None


def too_short(text: Text, know: Knowledge) -> Verdict | None:
    """One or two letters that no list has: initials, codes, slips."""
    if len(text.glued) >= SHORTEST or text.glued in _SHORT_WORDS:
        return None
    if not (know.is_name(text.words) and any(map(str.isdigit, text.words))):  # K2
        return _drop(Reason.UNKNOWN, text)
    return None


def known(text: Text, know: Knowledge) -> Verdict | None:
    """A word, or words together, that the lexicon has as they stand."""
    if not know.is_word(text.words):
        return None
    if know.is_name(text.words):
        return Verdict(Reason.NAME, text.words, text.words)
    return Verdict(Reason.KEPT, know.noun(text.words), text.words)


def foreign(text: Text, know: Knowledge) -> Verdict | None:
    """A word that the lists of other languages have and English has not."""
    languages = know.lists.languages.get(text.glued)
    if languages is None and " " in text.words:
        each = [know.lists.languages.get(word, frozenset()) for word in text.words.split()]
        unknown = [
            found
            for found, word in zip(each, text.words.split(), strict=True)
            if not know.is_word(word) and word not in know.lists.reasons
        ]
        languages = frozenset.intersection(*each) if unknown else frozenset()
        languages = languages or (frozenset.intersection(*unknown) if unknown else None)
    return Verdict(Reason.FOREIGN, text.words, hint=" ".join(sorted(languages))) if languages else None


def of_words(text: Text, know: Knowledge) -> Verdict | None:
    """Words set apart by spaces, hyphens, underscores or capitals."""
    words = text.words if " " in text.words else text.camel or text.words.replace("-", " ").strip()
    if " " not in words:
        return None
    return _joined(compounds.judge(words.split(), know, spaced=" " in text.words, title=text.title))


def glued(text: Text, know: Knowledge) -> Verdict | None:
    """Words run together, if every one of them is known: goldengatebridge."""
    letters = text.glued
    if not letters.isalpha() or not letters.isascii():
        letters, year = letters.rstrip("0123456789"), letters
        if letters == year or len(letters) < 4 or not letters.isalpha():
            return None
        if know.is_word(letters) or know.supplement.get(letters):  # london2012
            return _joined(compounds.judge([letters, year[len(letters) :]], know, spaced=False, title=False))
    words = compounds.split(letters, know)
    return _joined(compounds.judge(list(words), know, spaced=False, title=False)) if words else None


def misspelt(text: Text, know: Knowledge) -> Verdict | None:
    """One slip away from a common word."""
    if len(text.glued) < _MISSPELT_OF or not text.words.isascii() or not text.words.isalpha():
        return None
    near = know.spelling.nearest(text.words)
    return Verdict(Reason.MISSPELT, text.words, hint=near) if near else None


def foreign_look(text: Text, know: Knowledge) -> Verdict | None:
    """Letters or an ending that English words hardly have."""
    if not _LETTERS.search(text.words):
        return None
    found = [name for name, ending in know.lists.endings if ending.fullmatch(text.words)]
    named = [name for name in found if name != "any"]
    return Verdict(Reason.FOREIGN, text.words, hint=" ".join(named)) if found else None


def unknown(text: Text, _: Knowledge) -> Verdict | None:
    """What is left."""
    return _drop(Reason.UNKNOWN, text)


STEPS: tuple[Step, ...] = (
    url,
    machine_tag,
    empty,
    listed,
    supplemented,
    person,
    pattern,
    foreign_alone,
    too_short,
    known,
    foreign,
    of_words,
    glued,
    misspelt,
    foreign_look,
    unknown,
)
"""The order in which a tag is judged. The last always decides."""


def _drop(reason: Reason, text: Text) -> Verdict:
    return Verdict(reason, text.words or text.plain)


def _joined(found: compounds.Judgement | None) -> Verdict | None:
    return None if found is None else Verdict(found.reason, found.clean, found.word, found.parts)
