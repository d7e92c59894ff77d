"""What tables and figures show, whatever it came from: a method of this experiment, a baseline, a network of 2018."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from penchant.report.experiment.numbers import decimals
from penchant.results import BASELINES, Measure

if TYPE_CHECKING:
    from penchant.results import ExperimentResult, MethodResult, PublishedColumn, Scores


class Kind(StrEnum):
    """What an entry stands for."""

    METHOD = "method"
    BASELINE = "baseline"
    PUBLISHED = "2018 study"


@dataclass(frozen=True, slots=True)
class Entry:
    """One column of Table 1, one line of Figure 4, one row of the scores.

    Attributes:
        name: as it was given, not yet escaped.
        kind: what it is.
        reference: the reference that a method or a baseline was measured against; "" for the study's.
        beside: where several references have a baseline of this name, what tells them apart; else "".
        counts: how many users had 0, 1, … k matches; expected values may be fractions.
        f1: its mean over the users.
        mean_matches, mean_f1: as Table 1 prints them.
        matches: the mean number of matches, with its interval.
        scores: all measures, where they are known.
    """

    name: str
    kind: Kind
    reference: str
    counts: tuple[float, ...]
    matches: Measure
    f1: Measure
    mean_matches: str
    mean_f1: str
    scores: Scores | None
    beside: str = ""

    @property
    def users(self) -> float:
        """The users counted."""
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """The counts as parts of the users."""
        return tuple(count / self.users if self.users else 0.0 for count in self.counts)

    @property
    def label(self) -> str:
        """The name with what it is, unlike any other entry's."""
        if self.kind is Kind.METHOD:
            return self.name
        if self.kind is Kind.PUBLISHED:
            return f"{self.name} (2018)"
        return f"baseline: {self.name} ({self.beside})" if self.beside else f"baseline: {self.name}"


@dataclass(frozen=True, slots=True)
class Group:
    """The methods that were measured against one reference, and what one gets there without knowing the person."""

    reference: str
    methods: tuple[Entry, ...]
    baselines: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class View:
    """An experiment, in the order in which the report shows it.

    Attributes:
        groups: by reference, the main method's first.
        published: the study's networks; empty where its k is another, as then nothing can be compared.
    """

    groups: tuple[Group, ...]
    published: tuple[Entry, ...]

    @property
    def methods(self) -> tuple[Entry, ...]:
        """All methods."""
        return tuple(entry for group in self.groups for entry in group.methods)

    @property
    def baselines(self) -> tuple[Entry, ...]:
        """All baselines, of all references."""
        return tuple(entry for group in self.groups for entry in group.baselines)

    @property
    def constants(self) -> tuple[Entry, ...]:
        """The constant baseline of each reference."""
        return tuple(entry for entry in self.baselines if entry.name == BASELINES[0])

    @property
    def own(self) -> tuple[Entry, ...]:
        """What was measured here: each reference's methods, then its baselines."""
        return tuple(entry for group in self.groups for entry in (*group.methods, *group.baselines))


def view(result: ExperimentResult) -> View:
    """What there is to show."""
    by_reference: dict[str, list[MethodResult]] = {}
    for method in result.methods:
        by_reference.setdefault(method.reference, []).append(method)
    groups = tuple(
        _group(reference, methods, k=result.k, beside=beside)
        for (reference, methods), beside in zip(by_reference.items(), _told_apart(by_reference), strict=True)
    )
    published = result.published
    comparable = published.k == result.k
    return View(groups, tuple(_published(column) for column in published.columns) if comparable else ())


def _told_apart(by_reference: dict[str, list[MethodResult]]) -> list[str]:
    """A short name for each of several references: the protocol of its methods, where that tells them apart."""
    if len(by_reference) == 1:
        return [""]
    protocols = [{method.protocol for method in methods} for methods in by_reference.values()]
    short = [protocol for names in protocols if len(names) == 1 for protocol in names]
    return short if len(set(short)) == len(by_reference) else list(by_reference)


def _group(reference: str, methods: list[MethodResult], *, k: int, beside: str) -> Group:
    baselines = methods[0].baselines
    ordered = [
        *(name for name in BASELINES if name in baselines),
        *(name for name in baselines if name not in BASELINES),
    ]
    return Group(
        reference,
        tuple(_entry(method.name, Kind.METHOD, reference, method, k=k) for method in methods),
        tuple(replace(_entry(name, Kind.BASELINE, reference, baselines[name], k=k), beside=beside) for name in ordered),
    )


def _entry(name: str, kind: Kind, reference: str, scores: Scores, *, k: int) -> Entry:
    return Entry(
        name=name,
        kind=kind,
        reference=reference,
        counts=tuple(float(scores.matches.get(str(number), 0)) for number in range(k + 1)),
        matches=scores.matches_at_k,
        f1=scores.f1_at_k,
        mean_matches=decimals(scores.mean_matches, 2),
        mean_f1=decimals(scores.f1_at_k.mean, 4),
        scores=scores,
    )


def _published(column: PublishedColumn) -> Entry:
    users = sum(column.matches)
    return Entry(
        name=column.network,
        kind=Kind.PUBLISHED,
        reference="",
        counts=tuple(float(count) for count in column.matches),
        matches=Measure(float(column.mean_matches), None, None, users, 0),
        f1=Measure(float(column.mean_f1), None, None, users, 0),
        mean_matches=column.mean_matches,
        mean_f1=column.mean_f1,
        scores=None,
    )
