"""The lists and patterns by which tags are dropped, read from the package's `data/tags/*.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from penchant.errors import SemanticsError
from penchant.semantics.tags.text import key
from penchant.semantics.tags.values import Reason

EMBEDDED = Path(__file__).resolve().parents[2] / "data" / "tags"
"""The folder of the lists that come with the package."""

FILES = ("photograph.toml", "words.toml", "foreign.toml", "people.toml")
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape of tags: matched against a whole tag without spaces, hyphens and underscores."""

    name: str
    reason: Reason
    regex: re.Pattern[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True)
class WordLists:
    """All lists; their words are keys as `text.key` makes them.

    Attributes:
        reasons: why a word is dropped.
        camera_first: words about the photograph unless their company says that they are things.
        thing_first: things, unless one of these stands beside them.
        languages: the languages other than English that have a word.
        foreign_alone: words that English has too, but that are more likely foreign.
        given_names: of people.
        patterns: in the order in which they are tried.
        any_pattern: matches what one of the patterns matches; `place` says which.
        endings: per language, the look of its words.
    """

    reasons: dict[str, Reason]
    camera_first: frozenset[str]
    thing_first: dict[str, frozenset[str]]
    languages: dict[str, frozenset[str]]
    foreign_alone: frozenset[str]
    given_names: frozenset[str]
    patterns: tuple[Pattern, ...]
    any_pattern: re.Pattern[str]
    endings: tuple[tuple[str, re.Pattern[str]], ...]

    @staticmethod
    def place(match: re.Match[str]) -> int:
        """Which of the patterns made `any_pattern` match."""
        return int((match.lastgroup or "").removeprefix("place"))


class _Pattern(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    reason: Reason
    regex: str
    examples: list[str] = []
    not_: list[str] = msgspec.field(name="not", default_factory=list)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: int
    words: dict[str, str] = {}
    things: dict[str, str] = {}
    patterns: list[_Pattern] = []
    alone: str = ""
    languages: dict[str, str] = {}
    endings: dict[str, str] = {}
    given: str = ""


@cache
def load_lists(folder: Path = EMBEDDED) -> WordLists:
    """Read the lists of a folder, by default those in the package.

    Raises:
        SemanticsError: a file can't be read or is wrong; the message names it.
    """
    files = [_read(folder / name) for name in FILES]
    camera_first: set[str] = set()
    reasons: dict[str, Reason] = {}
    for file in files:
        for name, words in file.words.items():
            if name == "camera_or_thing":
                camera_first.update(_keys(words))
                continue
            reason = Reason(name)
            for word in _keys(words):
                reasons.setdefault(word, reason)
    languages: dict[str, set[str]] = {}
    for file in files:
        for language, words in file.languages.items():
            for word in _keys(words):
                languages.setdefault(word, set()).add(language)
    for word in sorted(camera_first):
        reasons.setdefault(word, Reason.TECHNIQUE)
    patterns = tuple(_pattern(pattern) for file in files for pattern in file.patterns)
    return WordLists(
        reasons=reasons,
        camera_first=frozenset(camera_first),
        thing_first={key(word): frozenset(_keys(others)) for file in files for word, others in file.things.items()},
        languages={word: frozenset(found) for word, found in languages.items()},
        foreign_alone=frozenset(word for file in files for word in _keys(file.alone)),
        given_names=frozenset(word for file in files for word in _keys(file.given)),
        patterns=patterns,
        any_pattern=re.compile(
            "|".join(f"(?P<place{place}>{pattern.regex.pattern})" for place, pattern in enumerate(patterns))
        ),
        endings=tuple((name, re.compile(regex)) for file in files for name, regex in file.endings.items()),
    )


def _read(path: Path) -> _File:
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        file = msgspec.convert(raw, _File)
        for name in file.words:
            if name != "camera_or_thing":
                Reason(name)
    except OSError as error:
        raise SemanticsError(f"the list of tag words {path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise SemanticsError(f"the list of tag words {path} is wrong: {error}") from error
    if file.schema_version != SCHEMA_VERSION:
        raise SemanticsError(f"the list of tag words {path} has the schema version {file.schema_version}, not 1")
    return file


def _keys(words: str) -> list[str]:
    return [key(word) for word in words.split()]


def _pattern(pattern: _Pattern) -> Pattern:
    try:
        regex = re.compile(pattern.regex)
    except re.error as error:
        raise SemanticsError(f"the pattern of tags {pattern.name!r} is wrong: {error}") from error
    return Pattern(pattern.name, pattern.reason, regex, tuple(pattern.examples), tuple(pattern.not_))
