"""The report's folder: what is in it, and how it is written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from penchant.report.experiment import figures, table1, tables
from penchant.report.experiment.charts import common_first
from penchant.report.experiment.page import ListedFile, render_page
from penchant.report.experiment.view import view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from penchant.results import ExperimentResult

    Opener: TypeAlias = Callable[[Path], AbstractContextManager[BinaryIO]]

PAGE = "index.html"
CONTENTS = {
    "metrics.json": "every number of this report, for programs",
    "table1.csv": "Table 1: users by number of matches",
    "table1.tex": "Table 1 for LaTeX",
    "table1.html": "Table 1 as a small page, to be pasted elsewhere",
    "methods.csv": "every measure of every method and baseline, with its interval",
    "domains.csv": "the domains, for each method",
    "comparisons.csv": "the differences between methods, with their tests",
    "figure4.svg": "Figure 4, for print",
    "figure4.png": "Figure 4, as a picture",
    "scores.svg": "mean F1 of all methods and baselines, for print",
    "scores.png": "the same as a picture",
    "domains.svg": "users by domain, for print",
    "domains.png": "the same as a picture",
    "profiles.parquet": "each user's predicted and reference profile",
    "excluded.csv": "what was left out, one by one, and why",
}
"""The files that a report's folder may hold beside its page, in the order in which the page lists them."""


def report_files(result: ExperimentResult, *, beside: Sequence[ListedFile] = ()) -> dict[str, bytes]:
    """The report as files by name, the page last. The same result gives the same bytes.

    Args:
        result: the experiment.
        beside: files that others have put into the folder, for the page to list.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    shown = view(result)
    main = result.methods[0]
    drawings = {
        "figure4": figures.figure_4(shown.methods, shown.constants, shown.published),
        "scores": figures.scores(shown, k=result.k),
        "domains": figures.domains(common_first(main.domains), users=main.users, method=main.name),
    }
    made = {
        "table1.csv": table1.table_1_csv(shown),
        "table1.tex": table1.table_1_latex(shown, k=result.k),
        "table1.html": table1.table_1_html(shown, k=result.k),
        "methods.csv": tables.methods_csv(result, shown),
        "domains.csv": tables.domains_csv(result),
        "comparisons.csv": tables.comparisons_csv(result),
    }
    for name, drawing in drawings.items():
        made |= {f"{name}.svg": drawing.svg, f"{name}.png": drawing.png}
    listed = {file.name: file for file in (*beside, *_listed(made))}
    order = [name for name in CONTENTS if name in listed]
    order += [name for name in listed if name not in CONTENTS]
    made[PAGE] = render_page(result, shown, files=[listed[name] for name in order]).encode()
    return made


def write_report(folder: Path, result: ExperimentResult, *, opener: Opener) -> tuple[Path, ...]:
    """Writes the report into the folder, the page last, and gives the files' paths.

    `metrics.json`, `profiles.parquet` and `excluded.csv`, where they are there already, are listed on the page with
    their hashes, so call this last. Nothing is written before everything is made.

    Args:
        folder: made where it isn't there.
        result: the experiment.
        opener: opens a file that appears when it is complete (`penchant.storage.atomic_file`).

    Raises:
        MissingExtraError: matplotlib is not installed.
        StorageError: as the opener.
    """
    beside = [
        _beside(folder / name, what)
        for name, what in CONTENTS.items()
        if name in _OF_OTHERS and (folder / name).is_file()
    ]
    written = []
    for name, content in report_files(result, beside=beside).items():
        path = folder / name
        with opener(path) as file:
            file.write(content)
        written.append(path)
    return tuple(written)


_OF_OTHERS = ("metrics.json", "profiles.parquet", "excluded.csv")


def _listed(made: Mapping[str, bytes]) -> list[ListedFile]:
    return [
        ListedFile(name, CONTENTS[name], len(content), hashlib.sha256(content).hexdigest())
        for name, content in made.items()
    ]


def _beside(path: Path, what: str) -> ListedFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return ListedFile(path.name, what, path.stat().st_size, digest.hexdigest())
