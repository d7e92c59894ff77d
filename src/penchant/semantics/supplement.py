"""What WordNet 3.0 lacks: words that people tag, with their meanings, read from `data/lexicon/supplement.toml`.

The file's head explains its form. Meanings are synsets wherever one fits, so that the supplement serves any taxonomy;
a meaning that is a domain's code is passed over by a taxonomy that lacks the domain.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from penchant.errors import SemanticsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EMBEDDED = Path(__file__).resolve().parent.parent / "data" / "lexicon" / "supplement.toml"
"""The supplement that comes with the package."""

SCHEMA_VERSION = 1

_MEANING = re.compile(r"(?P<target>\S+)(?:\s*\*\s*(?P<weight>\d*\.?\d+))?")
_GLUE = re.compile(r"[\W_]+")


class Kind(StrEnum):
    """What a word of the supplement is."""

    WORD = "word"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One of a word's meanings. Either `synset` (a readable name, "car.n.01") or `domain` (a code) is given.

    Attributes:
        weight: this meaning's part of the entry; an entry's weights sum to 1.
    """

    synset: str | None
    domain: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the supplement.

    Attributes:
        word: as the file writes it, with spaces.
        share: how much of the word's uses have these meanings; WordNet's senses have the rest, if there are any.
        group: the name of the group that has it.
    """

    word: str
    kind: Kind
    share: float
    meanings: tuple[Meaning, ...]
    group: str


class Supplement:
    """Words with meanings. Case, accents, spaces, hyphens and underscores don't matter to look one up."""

    def __init__(self, entries: tuple[Entry, ...], sources: dict[str, str]) -> None:
        self.entries = entries
        self.sources = sources
        self._found: dict[str, Entry] = {}
        for entry in entries:
            self._found.setdefault(supplement_key(entry.word), entry)

    @classmethod
    def load(cls, path: Path | None = None) -> Supplement:
        """Read a supplement, by default the one in the package.

        Raises:
            SemanticsError: it can't be read or is wrong; the message names the file.
        """
        return _load(path or EMBEDDED)

    def find(self, word: str) -> Entry | None:
        """The entry of a word, or None."""
        return self._found.get(word) or self._found.get(supplement_key(word))

    def get(self, key: str) -> Entry | None:
        """As `find`, for what is already a key."""
        return self._found.get(key)

    def keys(self) -> Collection[str]:
        """Of all entries."""
        return self._found.keys()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self._found)


def supplement_key(word: str) -> str:
    """Letters and digits alone, in lower case, without accents."""
    if word.isascii():
        return word.lower() if word.isalnum() else _GLUE.sub("", word.lower())
    folded = unicodedata.normalize("NFKC", word).casefold()
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    return _GLUE.sub("", folded)


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    source: Annotated[str, msgspec.Meta(min_length=1)]
    words: dict[str, str]
    kind: Kind = Kind.WORD
    share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: int
    groups: list[_Group]


@cache
def _load(path: Path) -> Supplement:
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise SemanticsError(f"the supplement {path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SemanticsError(f"the supplement {path} is wrong: {error}") from error
    if file.schema_version != SCHEMA_VERSION:
        raise SemanticsError(f"the supplement {path} has the schema version {file.schema_version}, not 1")
    entries = []
    for group in file.groups:
        for text, words in group.words.items():
            meanings = _meanings(text, path)
            entries += [
                Entry(word.replace("_", " "), group.kind, group.share, meanings, group.name) for word in words.split()
            ]
    return Supplement(tuple(entries), {group.name: group.source for group in file.groups})


def _meanings(text: str, path: Path) -> tuple[Meaning, ...]:
    found = []
    for part in text.split("+"):
        match = _MEANING.fullmatch(part.strip())
        if not match:
            raise SemanticsError(f"the supplement {path} has a meaning that can't be read: {part.strip()!r}")
        target, weight = match["target"], float(match["weight"] or 1)
        is_synset = ".n." in target
        found.append((target if is_synset else None, None if is_synset else target, weight))
    total = sum(weight for _, _, weight in found)
    return tuple(Meaning(synset, domain, weight / total) for synset, domain, weight in found)
