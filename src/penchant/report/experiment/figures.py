"""The figures as files: Figure 4 of the 2018 study for these data, the scores, and the domains."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from penchant.report.experiment.canvas import COLOURS, DASHES, INK, LIGHT, MARKERS, QUIET, drawable, rendered
from penchant.report.experiment.numbers import decimals
from penchant.report.experiment.view import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from penchant.report.experiment.view import Entry, View
    from penchant.results import DomainRow

LINES = 6  # a panel: more can't be told apart
DOMAINS = 40  # what fits on a page


class Drawing(NamedTuple):
    """A figure's two files."""

    svg: bytes
    png: bytes


def figure_4(methods: Sequence[Entry], baselines: Sequence[Entry], paper: Sequence[Entry]) -> Drawing:
    """The share of users with 0, 1, … k matches, a line a method, the study's five networks in light beside.

    Shares, not counts, so that populations of different size can lie in one figure. Where there are more methods than
    can be told apart they take several panels of the same scale.
    """
    panels = [methods[start : start + LINES] for start in range(0, len(methods), LINES)] or [methods]

    def draw(figure: Figure) -> None:
        grid = figure.subplots(len(panels), 1, sharex=True, sharey=True, squeeze=False)
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            _match_lines(axes, panel, baselines, paper)
        grid[-1, 0].set_xlabel("Matches between the predicted and the reference domains")

    legend_lines = max(len(panel) for panel in panels) + len(baselines) + bool(paper)
    height = len(panels) * (3.3 + 0.2 * ((legend_lines + 1) // 2))
    return Drawing(*rendered(draw, title="Users by number of matches", height=height))


def _match_lines(axes: Axes, methods: Sequence[Entry], baselines: Sequence[Entry], paper: Sequence[Entry]) -> None:
    for number, entry in enumerate(paper):
        label = f"the 2018 study's {len(paper)} networks ({entry.users:,.0f} users)" if not number else None
        axes.plot(_percents(entry), color=LIGHT, linewidth=1, zorder=1, label=label)
    for number, entry in enumerate(methods):
        axes.plot(
            _percents(entry),
            color=COLOURS[number],
            linestyle=DASHES[number],
            marker=MARKERS[number],
            markeredgecolor="white",
            markeredgewidth=0.6,
            label=drawable(entry.name),
            zorder=3,
            clip_on=False,
        )
    for number, entry in enumerate(baselines):
        axes.plot(
            _percents(entry),
            color=QUIET,
            linewidth=1.1,
            linestyle=DASHES[-1 - number % 3],
            marker=("x", "+", "1", "|")[number % 4],
            markersize=6,
            clip_on=False,
            label=drawable(entry.label),
            zorder=2,
        )
    everyone = {round(entry.users) for entry in (*methods, *baselines)}
    axes.set_ylabel(f"Share of the {everyone.pop():,} users" if len(everyone) == 1 else "Share of the users")
    axes.set_xticks(range(max((len(entry.counts) for entry in (*methods, *baselines)), default=1)))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:.0f} %")
    axes.grid(axis="y")
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        first = bool(paper)
        axes.legend(
            [*handles[first:], *handles[:first]],
            [*labels[first:], *labels[:first]],
            loc="upper center",
            bbox_to_anchor=(0.5, -0.16),
            ncols=2,
            columnspacing=2.5,
        )


def _percents(entry: Entry) -> list[float]:
    return [100 * share for share in entry.shares]


def scores(view: View, *, k: int) -> Drawing:
    """Mean F1@k of all methods, baselines and the study's networks, with their intervals.

    The constant of each reference is drawn through the methods that it belongs to.
    """
    rows: list[Entry | str] = []
    spans: list[tuple[float, int, int]] = []
    for group in view.groups:
        rows += [f"by the reference “{group.reference}”"] * (len(view.groups) > 1)
        start = len(rows)
        rows += [*group.methods, *group.baselines]
        constant = next((entry.f1.mean for entry in group.baselines if entry in view.constants), None)
        if constant is not None:
            spans.append((constant, start, len(rows)))
    rows += ["the 2018 study: other people, other pictures", *view.published] if view.published else []

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for constant, start, end in spans:
            axes.vlines(constant, start - 0.6, end - 0.4, color=QUIET, linewidth=1, linestyle=DASHES[2], zorder=1)
        for place, row in enumerate(rows):
            if isinstance(row, str):
                axes.annotate(drawable(row, longest=60), (0.01, place), va="center", color=QUIET, fontstyle="italic")
            else:
                _score(axes, row, place)
        axes.set_yticks(
            [place for place, row in enumerate(rows) if not isinstance(row, str)],
            [drawable(_plain(row)) for row in rows if not isinstance(row, str)],
        )
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xlabel(f"Mean F1@{k} with its 95 % interval; dotted: the constant baseline")
        axes.tick_params(axis="y", length=0, pad=8)
        axes.grid(axis="x")

    return Drawing(*rendered(draw, title=f"Mean F1@{k}", height=1.1 + 0.27 * max(len(rows), 1)))


def _plain(entry: Entry) -> str:
    return f"baseline: {entry.name}" if entry.kind is Kind.BASELINE else entry.name


def _score(axes: Axes, entry: Entry, place: int) -> None:
    number, (marker, face, colour) = entry.f1, _DOTS[entry.kind]
    if number.mean is None:
        return
    if number.low is not None and number.high is not None:
        axes.plot([number.low, number.high], [place, place], color=colour, linewidth=1.6, zorder=2)
    _dot(axes, number.mean, place, marker=marker, colour=colour, face=face)
    axes.annotate(
        decimals(number.mean, 3),
        (1, place),
        xycoords=("axes fraction", "data"),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
    )


_DOTS = {
    Kind.METHOD: ("o", COLOURS[0], COLOURS[0]),
    Kind.BASELINE: ("D", "white", INK),
    Kind.PUBLISHED: ("s", LIGHT, LIGHT),
}


def domains(rows: Sequence[DomainRow], *, users: float, method: str) -> Drawing:
    """How many users have each domain among their first k: in the reference, and as a method predicts.

    Of a taxonomy with many domains the first forty of the rows; domains.csv has them all.
    """
    rows = rows[:DOMAINS]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, row in enumerate(rows):
            said, seen = (100 * count / users if users else 0 for count in (row.reference_users, row.predicted_users))
            axes.plot([said, seen], [place, place], color=LIGHT, linewidth=2, zorder=1)
            first = not place
            _dot(axes, said, place, marker="D", colour=INK, face="white", label="in the reference" * first)
            _dot(axes, seen, place, marker="o", colour=COLOURS[0], label=f"predicted by {drawable(method)}" * first)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1 + (len(method) < 24), handlelength=1.2)
        axes.set_yticks(range(len(rows)), [drawable(row.name) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter("{x:.0f} %")
        axes.set_xlabel("Users who have it among their first domains")
        axes.tick_params(axis="y", length=0, pad=8)
        axes.grid(axis="x")

    return Drawing(*rendered(draw, title="Users by domain", height=1.1 + 0.24 * max(len(rows), 1)))


def _dot(axes: Axes, x: float, y: int, *, marker: str, colour: str, face: str | None = None, label: str = "") -> None:
    """A point that isn't cut where it lies on the frame."""
    axes.plot(
        x,
        y,
        marker=marker,
        color=colour,
        markerfacecolor=face or colour,
        markersize=6.2,
        linestyle="none",
        clip_on=False,
        zorder=3,
        label=label or "_",
    )
