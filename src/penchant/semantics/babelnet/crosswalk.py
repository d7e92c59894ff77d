"""From the domains of whatever version of BabelNet to the 34: a file of rules, and a report of what they left open.

The rules and their reasons are in `data/crosswalks/babelnet.toml`.
"""

from __future__ import annotations

import re
import threading
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from penchant.errors import SemanticsError
from penchant.semantics.ontology import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from penchant.types import DomainWeights

EMBEDDED = Path(__file__).resolve().parent.parent.parent / "data" / "crosswalks" / "babelnet.toml"
"""The crosswalk that comes with the package."""

SCHEMA_VERSION = 1

_VERSION = re.compile(r"v(\d+)")
_JOINTS = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one of BabelNet's names.

    Attributes:
        targets: the domains it can mean; hypernyms decide between several.
        otherwise: the domains to split it between where they can't; () drops it.
        since: the number of the service's version from which on the rule holds.
    """

    targets: tuple[str, ...]
    otherwise: tuple[str, ...]
    since: int = 0


@dataclass(slots=True)
class CrosswalkReport:
    """What the crosswalk met that it could not simply translate; for each name, how many synsets.

    Attributes:
        decided: several domains could be meant, and hypernyms decided.
        split: several could be meant, nothing decided, and the weight was split between them.
        dropped: there is nothing like it among the 34.
        unknown: the crosswalk has never heard of it, and it was left out.
    """

    decided: Counter[str] = field(default_factory=Counter)
    split: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, counts: Counter[str], name: str) -> None:
        """Counts a name, from any thread."""
        with self._lock:
            counts[name] += 1

    def __str__(self) -> str:
        """One line; empty where there is nothing that a user should know."""
        parts = []
        for counts, what in (
            (self.split, "ambiguous and split"),
            (self.unknown, "unknown and left out"),
            (self.dropped, "without a counterpart and left out"),
        ):
            if counts:
                names = [f"{name} ({count:,})" for name, count in counts.most_common(5)]
                more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
                parts.append(f"{what}: {', '.join(names)}{more}")
        return "; ".join(parts)


class Crosswalk:
    """The rules for one version of the service.

    Args:
        rules: by BabelNet's name.
        domains: the codes of the 34.
        service: the service's version ("v9"); what isn't a version is taken for the newest.
    """

    def __init__(self, rules: Mapping[str, Rule], domains: Collection[str], *, service: str) -> None:
        match = _VERSION.fullmatch(service)
        version = int(match[1]) if match else None
        self._rules = {name: rule for name, rule in rules.items() if version is None or version >= rule.since}
        self._domains = frozenset(domains)

    def __call__(
        self,
        named: Iterable[tuple[str, float]],
        hypernyms: Callable[[], DomainWeights],
        report: CrosswalkReport,
    ) -> DomainWeights:
        """The domains of a synset among the 34, their weights normalised; () for none.

        Args:
            named: BabelNet's names with their numbers.
            hypernyms: gives the domains that the ontology finds for the synset; () where it can't say.
            report: told what could not simply be translated.
        """
        weights: dict[str, float] = defaultdict(float)
        for name, weight in named:
            if weight > 0:
                for code, part in self._meaning(_code(name), hypernyms, report):
                    weights[code] += weight * part
        return normalised(weights)

    def _meaning(
        self, name: str, hypernyms: Callable[[], DomainWeights], report: CrosswalkReport
    ) -> Iterable[tuple[str, float]]:
        rule = self._rules.get(name)
        if rule is None:
            if name in self._domains:
                return [(name, 1.0)]
            report.add(report.unknown, name)
            return []
        if len(rule.targets) == 1:
            return [(rule.targets[0], 1.0)]
        found = normalised({code: weight for code, weight in hypernyms() if code in rule.targets})
        if found:
            report.add(report.decided, name)
            return found
        report.add(report.split if rule.otherwise else report.dropped, name)
        return [(code, 1 / len(rule.otherwise)) for code in rule.otherwise]


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    to: str | None = None
    one_of: list[str] | None = None
    otherwise: list[str] | None = None
    drop: bool = False
    since: str = "v0"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: int
    domains: dict[str, _Rule]
    source: str = ""


def load_crosswalk(domains: Collection[str], *, service: str, path: Path | None = None) -> Crosswalk:
    """Read a crosswalk file, by default the one in the package.

    Args:
        domains: the codes that it may lead to.
        service: the version of the service whose names are to be read ("v9").
        path: the file.

    Raises:
        SemanticsError: it can't be read or is wrong.
    """
    path = path or EMBEDDED
    try:
        file = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as error:
        raise SemanticsError(f"the crosswalk {path} can't be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SemanticsError(f"the crosswalk {path} is wrong: {error}") from error
    if file.schema_version != SCHEMA_VERSION:
        raise SemanticsError(f"the crosswalk {path} has schema_version {file.schema_version}; {SCHEMA_VERSION} is read")
    rules = {name: _rule(rule, f"{path}, domains.{name}", domains) for name, rule in file.domains.items()}
    return Crosswalk(rules, domains, service=service)


def _rule(raw: _Rule, where: str, domains: Collection[str]) -> Rule:
    if (raw.to is not None) + (raw.one_of is not None) + raw.drop != 1:
        raise SemanticsError(f"{where}: give one of to, one_of and drop")
    if raw.otherwise is not None and raw.one_of is None:
        raise SemanticsError(f"{where}: otherwise goes with one_of")
    targets = tuple([raw.to] if raw.to is not None else raw.one_of or [])
    if len(set(targets)) < len(targets) or (raw.one_of is not None and len(targets) < 2):
        raise SemanticsError(f"{where}: one_of needs two different domains or more")
    otherwise = targets if raw.otherwise is None else tuple(raw.otherwise)
    unknown = [code for code in (*targets, *otherwise) if code not in domains]
    if unknown:
        raise SemanticsError(f"{where}: there is no domain {unknown[0]!r} to lead to")
    since = _VERSION.fullmatch(raw.since)
    if since is None:
        raise SemanticsError(f"{where}: since is {raw.since!r}, and should be a version of the service, like 'v6'")
    return Rule(targets, otherwise, int(since[1]))


def _code(name: str) -> str:
    """BabelNet's codes as they are, its titles ("Art, architecture, and archaeology") as codes."""
    return _JOINTS.sub("_", name.upper()).strip("_")
