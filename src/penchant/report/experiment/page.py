"""The report as one HTML page for a reader who knows neither the study nor the library: no network, no script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report.experiment import charts, numbers, story
from penchant.report.experiment.measures import MEASURES, TELLING_APART, measure_name, measure_of
from penchant.report.experiment.view import Kind, View
from penchant.report.wording import counted, visible
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jinja2 import Environment

    from penchant.report.experiment.view import Entry
    from penchant.results import ComparisonResult, DomainRow, ExperimentResult, MethodResult, Plain

_CHARTED = 12
_NARROW = 2  # decimals where two differences are compared by eye
_DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of the folder, for the page's list.

    Attributes:
        name: the link; files lie beside the page.
        what: what it holds.
        size: in bytes.
        sha256: of its bytes, in hexadecimal.
    """

    name: str
    what: str
    size: int
    sha256: str


def render_page(result: ExperimentResult, view: View, *, files: Sequence[ListedFile]) -> str:
    """The page.

    Args:
        result: the experiment.
        view: the same, as tables and figures show it.
        files: what lies beside the page.
    """
    stands = story.standings(result)
    main = result.methods[0]
    pairs = charts.pairs(main.domains, users=main.users)
    command = result.provenance.get("command")
    return (
        _environment(result.k)
        .get_template("experiment.html.j2")
        .render(
            result=result,
            headline=story.headline(stands),
            verdict=story.verdict(result),
            conclusions=story.conclusions(result, stands),
            view=view,
            sides=_sides(view),
            panels=charts.line_charts(view, k=result.k),
            dots=charts.dots(view),
            pairs=[part for part in (pairs[:_CHARTED], pairs[_CHARTED:]) if part],
            measures=[measure for measure in MEASURES if any(measure_of(entry, measure.field) for entry in view.own)],
            apart=_telling_apart(view),
            tests=_tests(result),
            domains=[(visible(method.name), _domain_cells(method)) for method in result.methods],
            excluded=[(_spaced(reason), count) for reason, count in result.excluded.items() if count],
            tags=[(visible(name), [(_spaced(k), n) for k, n in steps.items()]) for name, steps in _tags(result)],
            command=visible(command) if isinstance(command, str) else _command(result),
            provenance=[(key, value) for key, value in _flat(result.provenance) if value],
            version=__version__,
            files=files,
            file_names={file.name for file in files},
        )
    )


def _sides(view: View) -> list[tuple[str, tuple[Entry, ...]]]:
    """The parts of Table 1, each with its columns."""
    several = len(view.groups) > 1
    sides = [
        (
            f"These data, by the reference “{visible(group.reference)}”" if several else "These data",
            (*group.methods, *group.baselines),
        )
        for group in view.groups
    ]
    users = view.published[0].users if view.published else 0
    return [*sides, (f"The 2018 study, {users:,.0f} users", view.published)] if view.published else sides


@dataclass(frozen=True, slots=True)
class _Test:
    """A row of the comparisons."""

    a: str
    b: str
    difference: str
    interval: str
    p: str
    verdict: str


def _tests(result: ExperimentResult) -> list[tuple[str, list[_Test]]]:
    """By measure and reference, F1 first, then as they come."""
    several = len({test.reference for test in result.comparisons}) > 1
    groups: dict[tuple[str, str], list[_Test]] = {}
    for test in sorted(result.comparisons, key=lambda test: test.measure != "f1_at_k"):
        groups.setdefault((test.measure, test.reference), []).append(_test(test))
    return [
        (
            visible(measure_name(measure, k=result.k) + (f", by the reference “{reference}”" if several else "")),
            rows,
        )
        for (measure, reference), rows in groups.items()
    ]


def _test(test: ComparisonResult) -> _Test:
    if test.p_holm is None or test.difference is None:
        verdict = "no test"
    elif not test.beyond_chance:
        verdict = "not told apart"
    else:
        verdict = f"{visible(test.a if test.difference > 0 else test.b)} is better"
    return _Test(
        visible(test.a),
        visible(test.b),
        numbers.decimals(test.difference, 3, sign=True),
        numbers.interval(test.low, test.high, 3, sign=True),
        numbers.p_value(test.p_holm),
        verdict,
    )


def _telling_apart(view: View) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """For each measure that treating everybody alike can't win: its name, what that gives, and each method's value."""
    rows = []
    fair = {measure.field: measure.fair for measure in MEASURES}
    for field in TELLING_APART:
        found = [(entry, measure_of(entry, field)) for entry in view.methods]
        if all(measure is None or measure.mean is None for _, measure in found):
            continue
        alike = (measure_of(entry, field) for entry in view.constants)
        bars = [measure.mean for measure in alike if measure] or [fair[field]]
        bar = " / ".join(numbers.decimals(value, _NARROW) for value in bars)
        rows.append((field, bar, [(visible(entry.name), numbers.ranged(measure)) for entry, measure in found]))
    return rows


def _domain_cells(method: MethodResult) -> list[tuple[DomainRow, list[str]]]:
    return [
        (
            row,
            [
                numbers.count(row.reference_users),
                numbers.count(row.predicted_users),
                *(numbers.decimals(value, _NARROW) for value in (row.precision, row.recall, row.auc, row.spearman)),
            ],
        )
        for row in (*charts.common_first(method.domains), *_unused(method))
    ]


def _unused(method: MethodResult) -> Iterator[DomainRow]:
    return (row for row in method.domains if not row.reference_users and not row.predicted_users)


def _tags(result: ExperimentResult) -> list[tuple[str, dict[str, int]]]:
    """By protocol what became of the tags, the reasons for dropping them largest first."""
    ordered = []
    for name, steps in result.reference_tags.items():
        kept = {step: count for step, count in steps.items() if not step.startswith(_DROPPED)}
        gone = {step: count for step, count in steps.items() if step.startswith(_DROPPED) and count}
        ordered.append((name, {**kept, **dict(sorted(gone.items(), key=lambda item: (-item[1], item[0])))}))
    return ordered


def _flat(values: Plain, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Nested facts as rows, their names joined, "" where nothing is known; the command stands on its own."""
    if isinstance(values, dict):
        for key, value in values.items():
            if path or key != "command":
                yield from _flat(value, (*path, _spaced(key)))
    elif isinstance(values, list) and any(isinstance(value, dict) for value in values):
        for number, value in enumerate(values, start=1):
            yield from _flat(value, (*path, str(number)))
    elif isinstance(values, list):
        yield " › ".join(path), ", ".join(_plain(value) for value in values)
    else:
        yield " › ".join(path), _plain(values)


def _command(result: ExperimentResult) -> str:
    """The command as far as it is known: with the tables, whose options the provenance lists."""
    known = result.provenance.get("tables")
    names = [table.get("name") for table in known if isinstance(table, dict)] if isinstance(known, list) else []
    tables = [visible(name) for name in names if isinstance(name, str)] or ["TABLE"]
    return " ".join(["penchant experiment", *tables])


def _plain(value: Plain) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else visible(str(value))


def _spaced(key: str) -> str:
    return visible(key).replace("_", " ")


def _environment(k: int) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("penchant", "data/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        counted=counted,
        visible=visible,
        count=numbers.count,
        decimals=numbers.decimals,
        ranged=numbers.ranged,
        share=lambda value: numbers.percent(value).replace(" ", "\N{NO-BREAK SPACE}"),
        breakable=_breakable,
        bytes=_bytes,
    )
    environment.globals.update(
        interval=numbers.interval,
        measure_of=measure_of,
        measure_name=lambda field: measure_name(field, k=k),
        kinds=Kind,
    )
    return environment


def _breakable(name: str) -> str:
    """A name that may go on in the next line after / - _ and the like, safe for HTML."""
    from markupsafe import Markup, escape

    parts = re.split(r"(?<=[/_:\-])(?=\w)", visible(name))
    return Markup("<wbr>").join(escape(part) for part in parts)


def _bytes(size: int) -> str:
    """A size as people read it: "812 bytes", "54 kB", "1.2 MB"."""
    if size < 1_000:
        return counted(size, "byte")
    return f"{size / 1_000:,.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:,.1f} MB"
