"""From a word as people write it to the lemma that WordNet has: morphy, and tolerance of spelling.

The rules are WordNet's own (`morphy(7WN)`): a form may be a lemma itself; the exception list of its part of speech
says what else it comes from, or else the first rule of detachment whose result is a lemma. In a collocation the words
are treated one by one. On top of that come the ways in which people join words: "ice cream", "ice-cream", "ice_cream"
and "icecream" are one word, and so are "café" and "cafe".
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "n": (
        ("s", ""),
        ("ses", "s"),
        ("xes", "x"),
        ("zes", "z"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("men", "man"),
        ("ies", "y"),
    ),
    "v": (
        ("s", ""),
        ("ies", "y"),
        ("es", "e"),
        ("es", ""),
        ("ed", "e"),
        ("ed", ""),
        ("ing", "e"),
        ("ing", ""),
    ),
    "a": (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    "r": (),
}
"""Endings and what takes their place, by part of speech, in the order in which they are tried."""

_ENDINGS = {
    pos: tuple({suffix for suffix, _ in rules}) + (("ful",) if pos == "n" else ()) for pos, rules in RULES.items()
}
"""In what ends whatever `detached` takes apart: the rules' suffixes, and -ful."""

_SEPARATOR = re.compile(r"[\s_]+")
_JOINT = re.compile(r"[_-]")


def normalise(word: str) -> str:
    """Lower case, compatibility characters unified, words joined by single underscores."""
    plain = word.lower()
    if word.isascii():
        if word.isalnum():
            return plain
    else:
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())
    return _SEPARATOR.sub("_", plain.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")).strip("_")


def variants(word: str) -> Iterator[str]:
    """The spellings under which a lexicon may have a word, most literal first, each once."""
    return spellings(normalise(word))


def spellings(literal: str) -> Iterator[str]:
    """As `variants`, of what `normalise` gave."""
    if literal.isascii() and "_" not in literal and "-" not in literal:
        if literal:
            yield literal
        return
    seen = []
    accented = [literal]
    if not literal.isascii():
        accented.append("".join(c for c in unicodedata.normalize("NFD", literal) if not unicodedata.combining(c)))
    for spelling in accented:
        for joint in (None, "_", "-", ""):
            variant = spelling if joint is None else _JOINT.sub(joint, spelling)
            if variant and variant not in seen:
                seen.append(variant)
                yield variant


def inflects(word: str, pos: str) -> bool:
    """Whether a spelling ends as a regular inflection does; if not, it is a lemma or nothing."""
    return word.endswith(_ENDINGS[pos])


def lemmatise(
    word: str, pos: str, *, exceptions: Mapping[str, tuple[str, ...]], known: Callable[[str], bool]
) -> tuple[str, ...]:
    """The lemmas of one spelling as a part of speech (n, v, a, r), by WordNet's morphy; () if there are none.

    A form that is a lemma itself comes first, and what it may be a form of comes after it: "glasses" are spectacles,
    or several of glass.

    Args:
        word: as `normalise` or `variants` leave it.
        exceptions: WordNet's list for that part of speech.
        known: whether a spelling is a lemma of that part of speech.
    """
    listed = exceptions.get(word, ())
    if listed or inflects(word, pos):
        base = next(filter(known, detached(word, pos)), None) if not listed else None
        candidates = dict.fromkeys([word, *listed, *([base] if base else [])])
        found = tuple(filter(known, candidates))
    else:
        found = (word,) if known(word) else ()
    if found or ("_" not in word and "-" not in word):
        return found
    joints = _JOINT.findall(word)
    parts = _JOINT.split(word)
    bases = [_base(part, pos, exceptions) for part in parts]
    last = [[part] for part in parts[:-1]] + [bases[-1]]
    first = [bases[0]] + [[part] for part in parts[1:]]
    for choice in (last, first, bases):
        for collocation in _joined(choice, joints):
            if known(collocation):
                return (collocation,)
    return ()


def detached(word: str, pos: str) -> Iterator[str]:
    """What a spelling would be without the endings that it may have, known or not."""
    ending = ""
    if pos == "n":
        if word.endswith("ful"):  # boxesful -> boxful
            word, ending = word[:-3], "ful"
        elif word.endswith("ss") or len(word) <= 2:
            return
    for suffix, replacement in RULES[pos]:
        if word.endswith(suffix) and len(word) > len(suffix):
            yield word.removesuffix(suffix) + replacement + ending


def _base(part: str, pos: str, exceptions: Mapping[str, tuple[str, ...]]) -> list[str]:
    """What one word of a collocation may come from, itself included."""
    return list(dict.fromkeys([part, *exceptions.get(part, ()), *detached(part, pos)]))


def _joined(choices: list[list[str]], joints: list[str]) -> Iterator[str]:
    if len(choices) > 6:  # no collocation of WordNet that inflects is longer; keeps odd input cheap
        return
    begun = [""]
    for words, joint in zip(choices, [*joints, ""], strict=True):
        begun = [start + word + joint for start in begun for word in words]
    yield from begun


def parse_exceptions(raw: bytes) -> dict[str, tuple[str, ...]]:
    """WordNet's exception list: one inflected form and its lemmas a line ("axes ax axis")."""
    entries = (line.split() for line in raw.decode("ascii").splitlines())
    return {entry[0]: tuple(entry[1:]) for entry in entries if entry}
