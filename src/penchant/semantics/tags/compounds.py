"""Tags of several words: taken apart, each word judged, and put together again.

Words about the photograph, praise, spam, numbers and colours around a word that is kept are left out of it
("macro flower" -> flower, "beautiful sunset" -> sunset), and so are function words at its ends. Colours and function
words stay where they stand before or between kept words: "red wine", "cup of coffee".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.semantics.supplement import Kind
from penchant.semantics.tags.text import capitalised, key
from penchant.semantics.tags.values import Part, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.semantics.tags.knowledge import Knowledge

DEAREST = 2.6
"""A split that costs more than this for each letter is not believed (`Vocabulary`)."""

_INNER = frozenset({Reason.STOP_WORD, Reason.COLOUR})
_PRAISING = frozenset({Reason.PRAISE, Reason.SPAM})
_AWARD_WORDS = frozenset(
    {"award", "awards", "shot", "shots", "photo", "photos", "photographer", "photographers", "picture", "pictures",
     "pic", "pics", "masterpiece", "masterpieces", "flickr", "fave", "faves", "fav", "favorite", "winner", "winners",
     "gallery", "quality", "image", "images", "capture", "captures", "stars", "ribbon"}
)  # fmt: skip
_PRAISED = frozenset(
    {"big", "gold", "golden", "silver", "diamond", "platinum", "ruby", "top", "star", "perfect", "elite"}
)
_AFTER = frozenset(
    {"porn", "gram", "stagram", "lover", "lovers", "addict", "addicts", "life", "lovin", "photography",
     "photo", "photos", "pics", "pic", "shot", "shots", "instagram", "ig", "igers", "oftheday", "daily",
     "gasm", "spotting"}
)  # fmt: skip
_LONGEST = 12


@dataclass(slots=True)
class Judgement:
    """What became of several words."""

    reason: Reason
    clean: str
    word: str
    parts: tuple[Part, ...]


def split(letters: str, know: Knowledge) -> tuple[str, ...]:
    """The words run together in a string of letters; () if it is none, or the split isn't believed."""
    for affix in ("stagram", "gram", "porn", "gasm", "igers"):
        stem = letters.removesuffix(affix)
        if stem != letters and len(stem) > 2 and _is_known(stem, know):
            return stem, affix
    for affix in ("insta", "igers"):
        stem = letters.removeprefix(affix)
        if stem != letters and len(stem) > 2 and _is_known(stem, know):
            return affix, stem
    vocabulary = know.vocabulary
    words = vocabulary.segment(letters)
    if not words:
        return ()
    if len(words) == 1:
        return tuple(vocabulary.joined[letters].split()) if letters in vocabulary.joined else ()
    if sum(map(vocabulary.cost, words)) / len(letters) > DEAREST:
        return ()
    if len(words[-1]) < 3 or sum(len(word) < 3 for word in words) > len(words) / 2:
        return ()
    return tuple(vocabulary.joined.get(word, word) for word in words)


def judge(words: Sequence[str], know: Knowledge, *, spaced: bool, title: bool) -> Judgement | None:
    """What several words are together; None if too few of them are known.

    Args:
        words: in their order.
        know: what is known of words.
        spaced: whether they were typed apart; then a word that isn't known costs only itself, if the last is known.
        title: whether each began with a capital letter.
    """
    if not 1 < len(words) <= _LONGEST:
        return None
    whole = _as_one(words, know)
    if whole:
        return whole
    parts = [Part(word, _reason(word, know)) for word in words]
    if _is_spam(parts):
        return _dropped(Reason.SPAM, parts)
    kept = [part for part in parts if part.reason.kept]
    unknown = [part for part in parts if part.reason is Reason.UNKNOWN]
    if not kept:
        return None if unknown else _dropped(_shared_reason(parts), parts)
    if unknown and (not spaced or not (parts[-1].reason.kept or title)):
        return None
    if not spaced and words[-1] in _AFTER and len(words) > 1:
        parts = [*parts[:-1], Part(words[-1], Reason.PICTURE_TYPE)]
    return _put_together(parts, know, is_name=bool(unknown) and title)


def _as_one(words: Sequence[str], know: Knowledge) -> Judgement | None:
    """Words that together are one entry: a lemma of WordNet, of the supplement, or of the lists."""
    phrase, glued = " ".join(words), key("".join(words))
    parts = tuple(Part(word, Reason.KEPT) for word in words)
    reason = know.lists.reasons.get(glued)
    if reason is not None:
        return Judgement(reason, phrase, "", tuple(Part(word, reason) for word in words))
    entry = know.supplement.get(glued)
    if entry is not None:
        found = Reason.NAME if entry.kind is Kind.NAME else Reason.KEPT
        return Judgement(found, entry.word, entry.word, parts)
    if know.is_word(phrase):
        found = Reason.NAME if know.is_name(phrase) else Reason.KEPT
        clean = phrase if found is Reason.NAME else know.noun(phrase)
        return Judgement(found, clean, phrase, parts)
    return None


def _put_together(parts: list[Part], know: Knowledge, *, is_name: bool) -> Judgement | None:
    places = [place for place, part in enumerate(parts) if part.reason.kept]
    first, last = places[0], places[-1]
    while first and parts[first - 1].reason is Reason.COLOUR:
        first -= 1
    body = [
        part
        for place, part in enumerate(parts)
        if part.reason.kept
        or (first <= place <= last and part.reason in _INNER)
        or (part.reason is Reason.UNKNOWN and is_name)
    ]
    words = [part.text for part in body]
    if len(words) == 1:
        word = words[0]
        reason = body[0].reason
        return Judgement(reason, know.noun(word) if reason is Reason.KEPT else word, word, tuple(parts))
    whole = _as_one(words, know) if len(words) < len(parts) else None
    if whole is not None:
        return Judgement(whole.reason, whole.clean, whole.word, tuple(parts)) if whole.reason.kept else whole
    head = words[-1] if body[-1].reason is not Reason.KEPT else know.noun(words[-1])
    reason = Reason.NAME if is_name or all(part.reason is Reason.NAME for part in body) else Reason.KEPT
    meant = [part.text for part in body if part.reason is not Reason.COLOUR] or words
    clean = capitalised(" ".join(words)) if is_name else " ".join([*words[:-1], head])
    return Judgement(reason, clean, " ".join(meant), tuple(parts))


def _reason(word: str, know: Knowledge) -> Reason:
    """What a word beside others is; UNKNOWN for what isn't known."""
    glued = key(word)
    reason = know.lists.reasons.get(glued)
    if reason is not None and glued not in know.lists.camera_first:
        return reason
    entry = know.supplement.get(glued)
    if entry is not None:
        return Reason.NAME if entry.kind is Kind.NAME else Reason.KEPT
    if reason is not None:
        return reason
    if word in know.lists.given_names:
        return Reason.NAME
    if word.isdigit():
        return Reason.NUMBER
    if know.is_word(word):
        if know.noun(word) in know.lists.reasons:
            return know.lists.reasons[know.noun(word)]
        return Reason.NAME if know.is_name(word) else Reason.KEPT
    pattern = know.pattern(glued)
    if pattern is not None:
        return know.lists.patterns[pattern].reason
    if glued in know.vocabulary.joined:
        return Reason.KEPT
    return Reason.FOREIGN if glued in know.lists.languages else Reason.UNKNOWN


def _is_known(word: str, know: Knowledge) -> bool:
    return know.is_word(word) or know.supplement.get(word) is not None or word in know.vocabulary.joined


def _is_spam(parts: Sequence[Part]) -> bool:
    """An award: "diamond class photographer", "a big fave"."""
    texts = {part.text for part in parts}
    praised = any(part.reason in _PRAISING for part in parts) or texts & _PRAISED
    return bool(praised and texts & _AWARD_WORDS)


def _shared_reason(parts: Sequence[Part]) -> Reason:
    """Of words that are all dropped, the most telling reason, the later word's among equals."""
    order = (Reason.SPAM, Reason.CAMERA, Reason.TECHNIQUE, Reason.PICTURE_TYPE, Reason.FOREIGN, Reason.COLOUR,
             Reason.PRAISE, Reason.NUMBER, Reason.STOP_WORD)  # fmt: skip
    return min((part.reason for part in parts), key=lambda reason: order.index(reason) if reason in order else 99)


def _dropped(reason: Reason, parts: Sequence[Part]) -> Judgement:
    return Judgement(reason, " ".join(part.text for part in parts), "", tuple(parts))
