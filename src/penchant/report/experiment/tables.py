"""The other tables as CSV: every measure of every method, the domains, and the comparisons with their tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.report.experiment.escapes import csv_text
from penchant.report.experiment.measures import MEASURES, measure_of
from penchant.report.experiment.view import Kind

if TYPE_CHECKING:
    from penchant.report.experiment.escapes import Cell
    from penchant.report.experiment.view import View
    from penchant.results import ExperimentResult


def methods_csv(result: ExperimentResult, view: View) -> bytes:
    """One row a method, a baseline or a network of the study; for each measure its mean, its interval, and its n."""
    methods = {method.name: method for method in result.methods}
    header = ["name", "kind", "protocol", "model", "generaliser", "aggregation", "reference", "users", "photos"]
    header += [f"matches_{number}" for number in range(result.k + 1)]
    header += [f"{measure.field}_{part}" for measure in MEASURES for part in ("mean", "low", "high", "n", "undefined")]
    rows: list[list[Cell]] = []
    for entry in (*view.own, *view.published):
        method = methods[entry.name] if entry.kind is Kind.METHOD else None
        row: list[Cell] = [entry.name, entry.kind.value]
        row += [method.protocol, method.model, method.generaliser, method.aggregation] if method else [None] * 4
        row += [entry.reference or None, round(entry.users), method.photos if method else None]
        row += list(entry.counts)
        for measure in MEASURES:
            found = measure_of(entry, measure.field)
            row += [found.mean, found.low, found.high, found.n, found.undefined] if found else [None] * 5
        rows.append(row)
    return csv_text(header, rows)


_DOMAIN_FIELDS = (
    *("reference_users", "predicted_users", "reference_share", "predicted_share"),
    *("precision", "recall", "auc", "spearman"),
)


def domains_csv(result: ExperimentResult) -> bytes:
    """One row a method and domain."""
    header = ("method", "code", "name", "sensitive", *_DOMAIN_FIELDS, "note")
    rows = (
        (
            *(method.name, row.code, row.name, _yes(row.sensitive)),
            *(getattr(row, field) for field in _DOMAIN_FIELDS),
            row.note,
        )
        for method in result.methods
        for row in method.domains
    )
    return csv_text(header, rows)


def comparisons_csv(result: ExperimentResult) -> bytes:
    """One row a test."""
    header = ("a", "b", "measure", "reference", "difference", "low", "high", "p", "p_holm", "exact", "n")
    rows = (
        (
            *(test.a, test.b, test.measure, test.reference, test.difference, test.low, test.high, test.p, test.p_holm),
            *(_yes(test.exact), test.n),
        )
        for test in result.comparisons
    )
    return csv_text(header, rows)


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"
