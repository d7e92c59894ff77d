"""What the other tags of a bag decide: words that are a camera and a thing, and words of two languages.

- A word of the list `camera_or_thing` (canon, olympus, film) is about the photograph, unless nothing else in the bag is
  a camera and the domains of its ordinary meaning are those of the others (canon, church, choir).
- A word of the list `things` (leaf, rebel, raw) is a thing, unless one of its companions stands beside it (leaf,
  mamiya) and the others don't speak for the thing.
- A word that English shares with another language is foreign when the bag has at least `FOREIGN_WITNESSES` words that
  are of that language only (strand, zee, wolken), or when the person's language is given.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from penchant.semantics.disambiguation import support
from penchant.semantics.tags.text import key
from penchant.semantics.tags.values import CleanTag, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from penchant.semantics.tags.lists import WordLists
    from penchant.types import DomainWeights

FOREIGN_WITNESSES = 2
SUPPORTED = 0.3
"""From this support on, the company speaks for the thing."""

COMMON = 12
"""An English word that WordNet's texts have at least this often stays English, unless others outnumber English ones."""


def ambiguous(tag: CleanTag, lists: WordLists) -> bool:
    """Whether the company of a tag could change what it is."""
    glued = key(tag.word)
    return glued in lists.camera_first or glued in lists.thing_first or (tag.kept and glued in lists.languages)


def by_cameras(
    cleaned: Sequence[CleanTag],
    lists: WordLists,
    *,
    meaning: Callable[[str], DomainWeights],
    context: Callable[[CleanTag], Mapping[str, float]],
) -> list[CleanTag]:
    """Decide the words that are a camera and a thing.

    Args:
        cleaned: the bag, each judged alone.
        lists: the word lists.
        meaning: the domains of a word's ordinary meanings.
        context: what the others of the bag speak for.
    """
    keys = {key(tag.word) for tag in cleaned}
    cameras = {
        key(tag.word)
        for tag in cleaned
        if tag.reason in {Reason.CAMERA, Reason.TECHNIQUE} and key(tag.word) not in lists.camera_first
    }
    decided = []
    for tag in cleaned:
        glued = key(tag.word)
        camera_alone = glued in lists.camera_first and not tag.kept and not cameras
        thing_alone = tag.kept and bool(lists.thing_first.get(glued, frozenset()) & keys)
        spoken_for = (camera_alone or thing_alone) and support(meaning(tag.word), context(tag)) >= SUPPORTED
        if camera_alone and spoken_for:
            decided.append(replace(tag, clean=tag.word, kept=True, reason=Reason.KEPT, step="company"))
        elif thing_alone and not spoken_for:
            decided.append(replace(tag, clean="", kept=False, reason=Reason.CAMERA, step="company"))
        else:
            decided.append(tag)
    return decided


def by_language(
    cleaned: Sequence[CleanTag], lists: WordLists, *, frequency: Callable[[str], int], languages: Collection[str] = ()
) -> list[CleanTag]:
    """Decide the words that English shares with the language of the bag.

    Args:
        cleaned: the bag.
        lists: the word lists.
        frequency: how often WordNet's texts have a word.
        languages: those that the person is known to write, beside English.
    """
    witnesses: Counter[str] = Counter()
    english = 0
    for tag in {key(tag.word): tag for tag in cleaned}.values():
        spoken = lists.languages.get(key(tag.word), frozenset())
        if tag.reason is Reason.FOREIGN:
            witnesses.update(spoken or tag.hint.split())
        english += tag.reason is Reason.KEPT and not spoken
    found = {language for language, count in witnesses.items() if count >= FOREIGN_WITNESSES} | set(languages)
    if not found:
        return list(cleaned)
    decided = []
    for tag in cleaned:
        spoken = lists.languages.get(key(tag.word), frozenset()) & found
        outnumbered = any(witnesses[language] > english for language in spoken)
        if tag.reason is Reason.KEPT and spoken and (outnumbered or frequency(tag.word) < COMMON):
            hint = " ".join(sorted(spoken))
            decided.append(replace(tag, clean="", kept=False, reason=Reason.FOREIGN, step="company", hint=hint))
        else:
            decided.append(tag)
    return decided
