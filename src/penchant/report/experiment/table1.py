"""Table 1 of the 2018 study for these data, its own numbers beside it: as CSV, as LaTeX and as HTML."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from penchant.report.experiment.escapes import csv_text, latex
from penchant.report.experiment.numbers import count, decimals
from penchant.report.experiment.view import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.report.experiment.escapes import Cell
    from penchant.report.experiment.view import Entry, View
    from penchant.results import Measure

_SIDE_BY_SIDE = 5  # columns of two numbers each that fit between the margins
_BELOW = 3  # blocks that fit on a page
_LONGEST_LINE = 13


def table_1_csv(view: View) -> bytes:
    """A row for each number of matches; n and n/N of each method, each baseline, and each network of the study.

    Below, the means and the ends of their intervals stand in the columns of n; those of n/N are empty there.
    """
    entries = _columns(view)
    header = ["matches", *(f"{entry.label} {what}" for entry in entries for what in ("n", "n/N"))]
    rows: list[list[Cell]] = [
        [number, *(cell for entry in entries for cell in (_whole(entry.counts[number]), entry.shares[number]))]
        for number in range(len(entries[0].counts) if entries else 0)
    ]
    for name, pick in _MEANS:
        for what in ("", " low", " high"):
            values = [getattr(pick(entry), what.strip() or "mean") for entry in entries]
            rows.append([f"{name}{what}", *(cell for value in values for cell in (value, None))])
    return csv_text(header, rows)


def _matches(entry: Entry) -> Measure:
    return entry.matches


def _f1(entry: Entry) -> Measure:
    return entry.f1


_MEANS = (("mean matches", _matches), ("mean F1", _f1))


def _columns(view: View) -> tuple[Entry, ...]:
    return (*view.own, *view.published)


def _whole(value: float) -> int | float:
    return round(value) if abs(value - round(value)) < 1e-6 else value


def table_1_latex(view: View, *, k: int) -> bytes:
    r"""The table as LaTeX for \input: with booktabs it has its rules, without it \hline.

    At most five methods stand side by side; further ones follow below, and on further pages, so that it fits.
    """
    several = len(view.groups) > 1
    groups = [("Methods", view.methods), ("The 2018 study", view.published)]
    groups += [
        (f"Baselines by the reference “{g.reference}”" if several else "Baselines", g.baselines) for g in view.groups
    ]
    blocks = [
        (title, entries[start : start + _SIDE_BY_SIDE])
        for title, entries in groups
        for start in range(0, len(entries), _SIDE_BY_SIDE)
    ]
    lines = [
        "% Table 1 of the experiment. Use it by \\input{table1}; \\usepackage{booktabs} gives it better rules.",
        *(rf"\providecommand{{\{rule}}}{{\hline}}" for rule in ("toprule", "midrule", "bottomrule")),
    ]
    for start in range(0, len(blocks), _BELOW):
        lines += [r"\begin{table}[htbp]", r"\centering", r"\footnotesize", r"\setlength{\tabcolsep}{3pt}"]
        if start:
            lines += [r"\addtocounter{table}{-1}", r"\caption{Continued.}"]
        else:
            lines += [
                rf"\caption{{Users by the number of matches between their predicted and reference first {k} domains.",
                r"Below the means: their 95\,\% intervals over users.}",
                r"\label{tab:penchant-matches}",
            ]
        for title, entries in blocks[start : start + _BELOW]:
            lines += [r"\par\medskip", *_block(title, entries)]
        lines.append(r"\end{table}")
    return "\n".join([*lines, ""]).encode()


def table_1_html(view: View, *, k: int) -> bytes:
    """The same as a small page of its own, whose table can be pasted into other documents."""
    entries = _columns(view)
    heads = "".join(f'<th scope="col" colspan="2">{escape(entry.label)}</th>' for entry in entries)
    lines = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">\n<title>Table 1</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<table>",
        f"<caption>Users by the number of matches between their predicted and reference first {k} domains. "
        "Below the means: their 95 % intervals over users.</caption>",
        f'<thead>\n<tr><th scope="col">Matches</th>{heads}</tr>',
        "<tr><td></td>" + '<th scope="col">n</th><th scope="col">n/N</th>' * len(entries) + "</tr>\n</thead>\n<tbody>",
    ]
    for number in range(len(entries[0].counts) if entries else 0):
        cells = "".join(
            f"<td>{count(entry.counts[number])}</td><td>{entry.shares[number]:.4f}</td>" for entry in entries
        )
        lines.append(f'<tr><th scope="row">{number}</th>{cells}</tr>')
    for name, printed, pick, digits in (("Mean matches", "mean_matches", _matches, 2), ("Mean F1", "mean_f1", _f1, 3)):
        means = "".join(
            f'<td colspan="2">{escape(getattr(entry, printed))}{_interval(pick(entry), digits)}</td>'
            for entry in entries
        )
        lines.append(f'<tr><th scope="row">{name}</th>{means}</tr>')
    return "\n".join([*lines, "</tbody>\n</table>\n</body>\n</html>", ""]).encode()


_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:1.5rem;overflow-x:auto}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}caption{text-align:left;padding-bottom:.75rem}"
    "th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #8886}small{display:block;opacity:.75}"
)


def _interval(measure: Measure, digits: int) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return f"<small>{decimals(measure.low, digits)} to {decimals(measure.high, digits)}</small>"


def _block(title: str, entries: Sequence[Entry]) -> list[str]:
    users = {round(entry.users) for entry in entries}
    whole = f"{latex(title)}, $N = {users.pop()}$" if len(users) == 1 else latex(title)
    names = [rf"\multicolumn{{2}}{{c}}{{{_stacked(entry.name)}}}" for entry in entries]
    lines = [
        rf"\begin{{tabular}}{{l{'rr' * len(entries)}}}",
        r"\toprule",
        rf"\multicolumn{{{1 + 2 * len(entries)}}}{{l}}{{\textbf{{{whole}}}}} \\",
        " & ".join(["Matches", *names]) + r" \\",
        " & ".join(["", *(["$n$", "$n/N$"] * len(entries))]) + r" \\",
        r"\midrule",
    ]
    for number in range(len(entries[0].counts)):
        cells = [cell for entry in entries for cell in (count(entry.counts[number]), f"{entry.shares[number]:.4f}")]
        lines.append(" & ".join([str(number), *cells]) + r" \\")
    lines.append(r"\midrule")
    for name, printed, pick in (("Mean matches", "mean_matches", _matches), ("Mean F1", "mean_f1", _f1)):
        lines.append(" & ".join([name, *(_pair(latex(getattr(entry, printed))) for entry in entries)]) + r" \\")
        if any(entry.kind is not Kind.PUBLISHED for entry in entries):
            digits = 2 if pick is _matches else 3
            lines.append(" & ".join(["", *(_pair(_ends(pick(entry), digits)) for entry in entries)]) + r" \\")
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _pair(text: str) -> str:
    return rf"\multicolumn{{2}}{{c}}{{{text}}}"


def _ends(measure: Measure, digits: int) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return rf"\scriptsize [{latex(decimals(measure.low, digits))}, {latex(decimals(measure.high, digits))}]"


def _stacked(name: str) -> str:
    """A long name in several lines, broken where its parts end, so that the columns stay narrow."""
    lines = [""]
    for part in re.findall(r"[^\s/\-_:,]*[\s/\-_:,]*", name):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > _LONGEST_LINE:
            lines.append("")
        lines[-1] += part
    stacked = r" \\{} ".join(latex(line.strip()) for line in lines if line.strip())
    return rf"\shortstack{{{stacked}}}" if len(lines) > 1 else stacked
