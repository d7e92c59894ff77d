"""A taxonomy: domains, and the anchors that tie them to WordNet, read from one TOML file that people edit.

    schema_version = 1
    name = "my-interests"
    title = "What our readers care about"
    source = "the newsroom's sections, 2024"

    [domains.MUSIC]
    name = "Music"
    anchors = [
        "music.n.01",
        "stage.n.03 * 0.5",  # also of another domain: weights are relative
    ]
    topics = ["singing.n.01"]  # what WordNet's topic pointers (;c) name

    [domains.FAITH]
    name = "Faith"
    sensitive = true
    anchors = ["religion.n.01"]

    [none]  # excluded: what lies below has no domain, unless an anchor nearer to it says otherwise
    anchors = ["entity.n.01"]
    topics = []

A synset is given by its readable name ("tabby.n.01") or as "n02123045". How anchors decide is `ontology`'s matter.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from penchant.errors import SemanticsError
from penchant.types import Domain

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "taxonomies"
"""The taxonomies that come with the package, each named as its file."""

DEFAULT = "babeldomains-34"

SCHEMA_VERSION = 1

_ANCHOR = re.compile(r"(?P<synset>\S+\.n\.\d{1,2}|n\d{8})(?:\s*\*\s*(?P<weight>\d+(?:\.\d+)?|\.\d+))?")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_TABLE = re.compile(r"\s*\[\s*([^\]\s]+)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z_]+)\s*=")
_TOKEN = re.compile(r"""\#.*|"((?:[^"\\]|\\.)*)"|'([^']*)'""")
_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A synset that names a domain.

    Attributes:
        synset: as the file writes it, "tabby.n.01" or "n02123045".
        domain: the code of the domain, or None for an exclusion.
        weight: relative to the same synset's weight in other domains.
        line: where the file has it, from 1.
    """

    synset: str
    domain: str | None
    weight: float
    line: int


@dataclass(frozen=True)
class Taxonomy:
    """Domains with their anchors, as a file gives them.

    Attributes:
        name: short, for file names and records ("babeldomains-34").
        path: the file.
        anchors: synsets whose kinds and instances belong to a domain.
        topics: synsets that WordNet's topic pointers name; what points there belongs to the domain.
    """

    name: str
    title: str
    source: str
    path: Path
    domains: tuple[Domain, ...]
    anchors: tuple[Anchor, ...]
    topics: tuple[Anchor, ...]

    @cached_property
    def by_code(self) -> dict[str, Domain]:
        """The domains by their codes."""
        return {domain.code: domain for domain in self.domains}


class _Section(msgspec.Struct, forbid_unknown_fields=True):
    anchors: list[str] = []
    topics: list[str] = []


class _Domain(_Section, forbid_unknown_fields=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    sensitive: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    schema_version: int
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: str = ""
    source: str = ""
    domains: Annotated[dict[str, dict[str, object]], msgspec.Meta(min_length=1)]
    none: dict[str, object] = {}


def shipped_taxonomies() -> tuple[str, ...]:
    """The names of the taxonomies that come with the package, sorted."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def find_taxonomy(name_or_path: str | Path | None = None) -> Path:
    """The file of a taxonomy: of a shipped one by its name, of any other by its path.

    A name comes first: `./interests-tier1.toml` is a file, `interests-tier1` the one in the package.
    """
    name = str(name_or_path or DEFAULT)
    return SHIPPED / f"{name}.toml" if name in shipped_taxonomies() else Path(name)


def load_taxonomy(name_or_path: str | Path | None = None) -> Taxonomy:
    """Read a taxonomy: a shipped one by its name, by default the 34 BabelDomains, or any TOML file.

    Raises:
        SemanticsError: it can't be read or is wrong; the message names the file and the line.
    """
    path = find_taxonomy(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SemanticsError(
            f"the taxonomy {path} can't be read: {error.strerror or error} "
            f"(the names of those in the package: {', '.join(shipped_taxonomies())})"
        ) from error
    except UnicodeDecodeError as error:
        raise SemanticsError(f"the taxonomy {path} is not UTF-8 text (byte {error.start})") from error
    return parse_taxonomy(text, path)


def parse_taxonomy(text: str, path: Path) -> Taxonomy:
    """Parse and validate the text of a taxonomy file; whether synsets exist is for `ontology` and `check`.

    Raises:
        SemanticsError: as `load_taxonomy`.
    """
    places = _Places(text)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else len(text.splitlines())
        problem = _LINE.sub("", str(error)).strip()
        raise SemanticsError(f"{path}, line {line}: not valid TOML: {problem}") from error
    file = _convert(raw, _File, path, places, "")
    if file.schema_version != SCHEMA_VERSION:
        raise SemanticsError(
            f"{path}, line {places.key('', 'schema_version')}: schema_version is {file.schema_version}, "
            f"this version of Penchant reads {SCHEMA_VERSION}"
        )
    for code in file.domains:
        if not _CODE.fullmatch(code):
            line = places.table(f"domains.{code}")
            raise SemanticsError(f"{path}, line {line}: the code {code!r} of a domain must be capitals, digits and _")
    domains = {code: _convert(table, _Domain, path, places, f"domains.{code}") for code, table in file.domains.items()}
    sections: list[tuple[str, str | None, _Section]] = [
        (f"domains.{code}", code, domain) for code, domain in domains.items()
    ]
    sections.append(("none", None, _convert(file.none, _Section, path, places, "none")))
    anchors = [a for table, code, s in sections for a in _anchors(path, places, table, "anchors", code, s.anchors)]
    topics = [a for table, code, s in sections for a in _anchors(path, places, table, "topics", code, s.topics)]
    _refuse_contradictions(path, anchors)
    _refuse_contradictions(path, topics)
    return Taxonomy(
        name=file.name,
        title=file.title,
        source=file.source,
        path=path,
        domains=tuple(Domain(code, d.name, d.sensitive) for code, d in domains.items()),
        anchors=tuple(anchors),
        topics=tuple(topics),
    )


_T = TypeVar("_T")


def _convert(raw: object, kind: type[_T], path: Path, places: _Places, table: str) -> _T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        problem, _, where = str(error).partition(" - at ")
        # the key is the path's ("$.anchors[3]"), or the message names it ("unknown field `sensible`")
        key = re.search(r"\$\.(\w+)", where) or re.search(r"`(\w+)`", problem)
        line = places.key(table, key[1] if key else "")
        raise SemanticsError(f"{path}, line {line}: {problem}") from error


def _anchors(path: Path, places: _Places, table: str, key: str, code: str | None, entries: list[str]) -> list[Anchor]:
    anchors = []
    for entry in entries:
        line = places.entry(table, key, entry)
        match = _ANCHOR.fullmatch(entry.strip())
        if match is None:
            raise SemanticsError(
                f"{path}, line {line}: {entry!r} is not a synset: "
                'write "tabby.n.01", "n02123045" or, with a weight, "tabby.n.01 * 0.5"'
            )
        weight = float(match["weight"] or 1)
        if weight <= 0:
            raise SemanticsError(f"{path}, line {line}: the weight of {entry!r} must be above 0")
        anchors.append(Anchor(match["synset"], code, weight, line))
    return anchors


def _refuse_contradictions(path: Path, anchors: list[Anchor]) -> None:
    seen: dict[str, dict[str | None, Anchor]] = defaultdict(dict)
    for anchor in anchors:
        others = seen[anchor.synset]
        if anchor.domain in others:
            first = others[anchor.domain].line
            raise SemanticsError(f"{path}, line {anchor.line}: {anchor.synset} is there twice (see line {first})")
        if others and (anchor.domain is None or None in others):
            first = next(iter(others.values())).line
            raise SemanticsError(
                f"{path}, line {anchor.line}: {anchor.synset} is both in a domain and excluded (see line {first})"
            )
        others[anchor.domain] = anchor


class _Places:
    """Where the lines of the file have its tables, keys and strings: TOML parsers don't tell."""

    def __init__(self, text: str) -> None:
        self._tables: dict[str, int] = {}
        self._keys: dict[tuple[str, str], int] = {}
        self._entries: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        table = key = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _TABLE.match(line):
                table, key = header[1].replace('"', ""), ""
                self._tables.setdefault(table, number)
                continue
            if begun := _KEY.match(line):
                key = begun[1]
                self._keys.setdefault((table, key), number)
            for token in _TOKEN.finditer(line):
                entry = token[1] if token[1] is not None else token[2]
                if entry is not None:
                    self._entries[table, key, entry].append(number)

    def table(self, table: str) -> int:
        return self._tables.get(table, 1)

    def entry(self, table: str, key: str, entry: str) -> int:
        """The next place of a string; asking again gives the one after it."""
        lines = self._entries.get((table, key, entry), [])
        return lines.pop(0) if lines else self.key(table, key)

    def key(self, table: str, key: str) -> int:
        return self._keys.get((table, key), self.table(table))
