"""Where the marks of the page's own charts stand: in percent of the drawing, so that text keeps its size on a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report.experiment.figures import LINES
from penchant.report.experiment.numbers import decimals, interval
from penchant.report.experiment.view import Kind
from penchant.report.wording import percent, visible
from penchant.results import BASELINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.report.experiment.view import Entry, View
    from penchant.results import DomainRow

_LEFT, _WIDTH = 9.0, 87.0  # the scale's numbers stand left of the first point


@dataclass(frozen=True, slots=True)
class Line:
    """One line of Figure 4.

    Attributes:
        style: which marker, dash and colour, as the page names them.
        points: x and y in percent.
        text: its numbers, for who can't see it.
    """

    name: str
    style: str
    points: tuple[tuple[float, float], ...]
    mean_f1: str
    text: str

    @property
    def segments(self) -> tuple[tuple[float, float, float, float], ...]:
        """From each point to the next."""
        return tuple((*a, *b) for a, b in zip(self.points, self.points[1:], strict=False))


@dataclass(frozen=True, slots=True)
class LineChart:
    """A panel: its lines, the marks of its scales (place in percent, text), and the study's lines behind."""

    lines: tuple[Line, ...]
    published: tuple[Line, ...]
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]


def line_charts(view: View, *, k: int) -> tuple[LineChart, ...]:
    """Figure 4 in panels of at most six methods, all of one scale."""
    everything = (*view.methods, *view.constants, *view.published)
    highest = max((share for entry in everything for share in entry.shares), default=0.0)
    step = 0.1 if highest <= 0.6 else 0.2
    top = step * max(-(-highest // step), 1)
    rows = tuple((_place(mark * step / top), f"{100 * mark * step:.0f} %") for mark in range(round(top / step) + 1))
    columns = tuple((_column(number, k), str(number)) for number in range(k + 1))
    published = tuple(_line(entry, "study", k=k, top=top) for entry in view.published)
    constants = tuple(
        _line(entry, f"constant-{min(number, 1)}", k=k, top=top) for number, entry in enumerate(view.constants)
    )
    return tuple(
        LineChart(
            (
                *(
                    _line(entry, f"s{number}", k=k, top=top)
                    for number, entry in enumerate(view.methods[start : start + LINES])
                ),
                *constants,
            ),
            published,
            rows,
            columns,
        )
        for start in range(0, len(view.methods), LINES)
    )


def _line(entry: Entry, style: str, *, k: int, top: float) -> Line:
    points = tuple((_column(number, k), _place(share / top)) for number, share in enumerate(entry.shares))
    numbers = ", ".join(f"{number}: {percent(share)}" for number, share in enumerate(entry.shares))
    return Line(visible(entry.label), style, points, entry.mean_f1, f"{visible(entry.label)} – {numbers}")


def _column(number: int, k: int) -> float:
    return round(_LEFT + _WIDTH * number / max(k, 1), 2)


def _place(height: float) -> float:
    return round(100 - 100 * height, 2)


@dataclass(frozen=True, slots=True)
class Dot:
    """One row of the chart of scores; lengths in percent."""

    name: str
    kind: Kind
    value: str
    ends: str
    at: float | None
    low: float | None
    high: float | None
    constant: float | None


def dots(view: View) -> tuple[tuple[str, tuple[Dot, ...]], ...]:
    """Mean F1@k in groups: each reference's methods and baselines, then the study's networks."""
    groups = []
    for group in view.groups:
        constant = next((entry.f1.mean for entry in group.baselines if entry.name == BASELINES[0]), None)
        title = "" if len(view.groups) == 1 else f"Against the reference “{visible(group.reference)}”"
        rows = tuple(_dot(entry, constant) for entry in (*group.methods, *group.baselines))
        groups.append((title, rows))
    if view.published:
        title = "The 2018 study: other people, other pictures"
        groups.append((title, tuple(_dot(entry, None) for entry in view.published)))
    return tuple(groups)


def _dot(entry: Entry, constant: float | None) -> Dot:
    f1 = entry.f1
    ranged = f1.low is not None and f1.high is not None
    return Dot(
        name=visible(entry.name),
        kind=entry.kind,
        value=entry.mean_f1 if entry.kind is Kind.PUBLISHED else decimals(f1.mean, 3),
        ends=interval(f1.low, f1.high, 3),
        at=_along(f1.mean),
        low=_along(f1.low) if ranged else None,
        high=_along(f1.high) if ranged else None,
        constant=_along(constant),
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of the chart of domains: how many users have it, and how many are predicted it; in percent."""

    name: str
    sensitive: bool
    said: float
    seen: float
    said_text: str
    seen_text: str

    @property
    def ends(self) -> tuple[float, float]:
        """The bar between them."""
        return min(self.said, self.seen), abs(self.said - self.seen)


def pairs(rows: Sequence[DomainRow], *, users: float) -> tuple[Pair, ...]:
    """The domains that anybody has or is predicted, the commonest of the references first."""
    made = []
    for row in common_first(rows):
        said, seen = (min(count / users, 1.0) if users else 0.0 for count in (row.reference_users, row.predicted_users))
        made.append(
            Pair(
                name=visible(row.name),
                sensitive=row.sensitive,
                said=round(100 * said, 2),
                seen=round(100 * seen, 2),
                said_text=percent(said),
                seen_text=percent(seen),
            )
        )
    return tuple(made)


def common_first(rows: Sequence[DomainRow]) -> list[DomainRow]:
    """The domains that anybody has or is predicted, the commonest of the references first."""
    used = (row for row in rows if row.reference_users or row.predicted_users)
    return sorted(used, key=lambda row: (-row.reference_users, -row.predicted_users, row.code))


def _along(value: float | None) -> float | None:
    return None if value is None else round(100 * min(max(value, 0.0), 1.0), 2)
