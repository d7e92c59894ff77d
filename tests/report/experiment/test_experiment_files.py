"""The files of an experiment's report: tables, LaTeX, figures, and how they come into the folder."""

from __future__ import annotations

import csv
import io
import re
import shutil
import struct
import subprocess
import sys
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring
from experiment_samples import (
    HOSTILE,
    crowd,
    domain_rows,
    hostile,
    lonely,
    of_the_paper,
    usual,
)
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import MissingExtraError, StorageError
from penchant.evaluation import paper
from penchant.report.experiment import CONTENTS, PAGE, figures, report_files, require_figures, write_report
from penchant.report.experiment.canvas import rendered
from penchant.report.experiment.escapes import csv_text, latex
from penchant.report.experiment.numbers import count, decimals, interval, p_value, percent
from penchant.report.experiment.table1 import table_1_latex
from penchant.report.experiment.view import view
from penchant.storage import atomic_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penchant.results import ExperimentResult

SITUATIONS = {"usual": usual, "hostile": hostile, "lonely": lonely, "crowd": crowd, "of the paper": of_the_paper}
FIGURES = ("figure4", "scores", "domains")


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, bytes]]:
    return {name: report_files(situation()) for name, situation in SITUATIONS.items()}


@pytest.fixture(params=SITUATIONS)
def files(request: pytest.FixtureRequest, made: dict[str, dict[str, bytes]]) -> dict[str, bytes]:
    return made[request.param]


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_every_file_is_made_and_described(files: dict[str, bytes]) -> None:
    others = {"metrics.json", "profiles.parquet", "excluded.csv"}
    assert {*files} == {*CONTENTS, PAGE} - others
    assert list(files)[-1] == PAGE
    assert all(files.values())


def test_table_1_holds_the_papers_numbers(made: dict[str, dict[str, bytes]]) -> None:
    table = rows_of(made["of the paper"]["table1.csv"])
    assert [row["matches"] for row in table[:6]] == list("012345")
    for network in paper.TABLE_1:
        for name in (network.network, f"{network.network} (2018)"):
            assert [int(row[f"{name} n"]) for row in table[:6]] == list(network.counts)
            shares = [float(row[f"{name} n/N"]) for row in table[:6]]
            assert shares == pytest.approx([n / 300 for n in network.counts], rel=1e-5, abs=1e-9)
        means = {row["matches"]: row[f"{network.network} n"] for row in table[6:]}
        assert f"{float(means['mean matches']):.2f}" == network.mean_matches
        assert f"{float(means['mean F1']):.4f}" == network.mean_f1
    latex_table = made["of the paper"]["table1.tex"].decode()
    for network in paper.TABLE_1:
        assert latex_table.count(rf"\multicolumn{{2}}{{c}}{{{network.mean_f1}}}") == 2
        assert latex_table.count(rf"\multicolumn{{2}}{{c}}{{{network.mean_matches}}}") >= 2


def test_table_1_as_a_page_of_its_own(made: dict[str, dict[str, bytes]]) -> None:
    of_the_paper = made["of the paper"]["table1.html"].decode()
    for network in paper.TABLE_1:
        assert f'<th scope="col" colspan="2">{network.network} (2018)</th>' in of_the_paper
        assert of_the_paper.count(f'<td colspan="2">{network.mean_f1}') == 2  # these data are the study's own counts
    assert '<tr><th scope="row">5</th>' in of_the_paper
    assert "<small>0.69" in made["usual"]["table1.html"].decode()
    assert "<script" not in made["hostile"]["table1.html"].decode()


def test_table_1_has_baselines_and_intervals(made: dict[str, dict[str, bytes]]) -> None:
    table = rows_of(made["usual"]["table1.csv"])
    names = table[0].keys()
    assert {"default n", "default n/N", "baseline: constant (default) n", "baseline: constant (paper) n"} <= names
    rows = {row["matches"]: row for row in table}
    assert float(rows["mean F1 low"]["default n"]) == pytest.approx(0.6913, abs=1e-3)
    assert rows["mean F1 low"]["AlexNet (2018) n"] == ""
    assert rows["mean F1"]["default n/N"] == ""


def test_expected_counts_keep_their_fractions(made: dict[str, dict[str, bytes]]) -> None:
    table = rows_of(made["crowd"]["table1.csv"])
    assert table[2]["method 0 n"] == "130.5"
    assert "AlexNet (2018) n" not in table[0]  # of another k
    assert "130.5 & 0.4350" in made["crowd"]["table1.tex"].decode()


def test_methods_have_every_measure(made: dict[str, dict[str, bytes]]) -> None:
    rows = {row["name"] + row["reference"]: row for row in rows_of(made["usual"]["methods.csv"])}
    default = rows["defaulttags, default"]
    assert default["kind"] == "method"
    assert default["model"] == "efficientnet-lite0-int8"
    assert [float(default[f"matches_{n}"]) for n in range(6)] == [0, 3, 27, 95, 135, 40]
    assert float(default["domain_spearman_mean"]) == pytest.approx(0.35)
    assert float(default["f1_at_k_low"]) < float(default["f1_at_k_mean"]) < float(default["f1_at_k_high"])
    assert default["f1_at_k_n"] == "300"
    assert rows["constanttags, paper"]["kind"] == "baseline"
    assert rows["AlexNet"]["kind"] == "2018 study"
    assert rows["AlexNet"]["domain_spearman_mean"] == ""


def test_domains_and_comparisons_are_tables(made: dict[str, dict[str, bytes]]) -> None:
    domains = rows_of(made["usual"]["domains.csv"])
    assert len(domains) == 4 * 14
    never = next(row for row in domains if row["code"] == "METEOROLOGY")
    assert (never["predicted_users"], never["precision"], never["note"]) == ("0", "0", "never predicted: counted as 0")
    nobody = next(row for row in domains if row["code"] == "MUSIC")
    assert (nobody["precision"], nobody["auc"]) == ("", "")
    tests = rows_of(made["usual"]["comparisons.csv"])
    assert len(tests) == 8
    assert (tests[3]["a"], tests[3]["difference"], tests[3]["reference"]) == (
        "paper/bvlc-googlenet",
        "-0.17",
        "tags, paper",
    )
    assert tests[-1]["p"] == ""


def test_no_cell_is_a_formula_or_breaks_a_line(made: dict[str, dict[str, bytes]]) -> None:
    for name, content in made["hostile"].items():
        if name.endswith(".csv"):
            text = content.decode()
            lines = text.split("\r\n")
            assert len(lines) - 2 == len(rows_of(content))
            assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text.replace("\r\n", ""))
            assert all(row.keys() == rows_of(content)[0].keys() for row in rows_of(content))


@given(st.text(max_size=30))
def test_text_in_a_csv_comes_back_and_is_no_formula(name: str) -> None:
    content = csv_text(["name", "number"], [[name, -0.5]]).decode()
    (row,) = csv.DictReader(io.StringIO(content, newline=""))
    assert row["number"] == "-0.5"
    assert not row["name"].lstrip().startswith(tuple("=+-@\t\r＝＋－＠"))
    if name.isascii() and name.isprintable() and not name.lstrip().startswith(tuple("=+-@")):
        assert row["name"] == name


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r\n=1"])
def test_formulas_are_defused(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text(["name"], [[name]]).decode(), newline=""))
    assert row["name"].startswith(("'", "\\"))


def test_numbers_that_are_none_are_empty_cells() -> None:
    assert csv_text(["a", "b", "c", "d"], [[None, float("nan"), 3, 0.1234567]]) == b"a,b,c,d\r\n,,3,0.123457\r\n"


@given(st.text(max_size=30))
def test_latex_has_no_live_character_of_a_name(name: str) -> None:
    escaped = latex(name)
    assert escaped.isascii()
    assert "--" not in escaped
    balance = 0
    for token in re.findall(r"\\[A-Za-z]+|\\.|[{}$&#%_^~\n]", escaped):
        balance += {"{": 1, "}": -1}.get(token, 0)
        assert balance >= 0
        assert token not in {"&", "#", "%", "_", "^", "\n"}
    assert balance == 0


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a_b & 100 %", r"a\_b \& 100 \%"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("naïve Šibenik é", r"na\"{\i}ve \v {S}ibenik \'{e}"),
        ("猫", r"\texttt{U+732B}"),
        ("−0.12 ± 3", r"$-$0.12 $\pm$ 3"),
        ("a--b", "a-{}-b"),
    ],
)
def test_latex_writes_names_as_they_are_read(name: str, escaped: str) -> None:
    assert latex(name) == escaped


def test_the_latex_table_is_whole(files: dict[str, bytes]) -> None:
    text = files["table1.tex"].decode()
    assert text.isascii()
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") >= 1
    assert text.count(r"\label{tab:penchant-matches}") == 1
    for body in re.findall(r"\\begin\{tabular\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        columns = len(re.match(r"\{l(r+)\}", body).group(1))  # type: ignore[union-attr]
        assert columns <= 10
        for line in body.splitlines():
            if line.endswith(r"\\"):
                cells = re.split(r"(?<!\\)&", line.removesuffix(r"\\"))
                spans = (re.match(r"\s*\\multicolumn\{(\d+)\}", cell) for cell in cells)
                assert sum(int(span[1]) if span else 1 for span in spans) == columns + 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("package", ["", r"\usepackage{booktabs}"])
def test_latex_takes_the_table(files: dict[str, bytes], package: str, tmp_path: Path) -> None:
    (tmp_path / "table1.tex").write_bytes(files["table1.tex"])
    (tmp_path / "all.tex").write_text(
        rf"\documentclass{{article}}{package}\begin{{document}}\input{{table1}}\end{{document}}"
    )
    command = ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "too large" not in done.stdout


def test_figures_are_what_they_say(files: dict[str, bytes]) -> None:
    for name in FIGURES:
        png = files[f"{name}.png"]
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", png[16:24])
        assert width == 1980  # 6.6 inches at 300 dots
        assert 500 < height < 6000
        svg = fromstring(files[f"{name}.svg"])
        assert isinstance(svg, ElementTree.Element)
        assert svg.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(svg.attrib["width"].removesuffix("pt")) == pytest.approx(6.6 * 72)
        text = files[f"{name}.svg"].decode()
        assert "<script" not in text
        assert "dc:date" not in text
        assert not re.findall(r'(?:href|src)="(?!#)', text)


def test_the_same_result_gives_the_same_bytes(made: dict[str, dict[str, bytes]]) -> None:
    assert report_files(usual()) == made["usual"]


def test_settings_of_the_users_change_no_figure(made: dict[str, dict[str, bytes]]) -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "none", "axes.facecolor": "red", "savefig.dpi": 20}):
        before = dict(matplotlib.rcParams)
        again = report_files(lonely())
        assert dict(matplotlib.rcParams) == before
    assert again == made["lonely"]


def test_figures_are_made_without_pyplot() -> None:
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from experiment_samples import lonely\nfrom penchant.report.experiment import report_files\n"
        "report_files(lonely()); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, *sys.path], check=True)


def test_what_figures_show_differs_in_grey() -> None:
    from penchant.report.experiment.canvas import COLOURS, DASHES, MARKERS
    from penchant.report.experiment.figures import LINES

    assert len(set(COLOURS)) == len(set(MARKERS)) == len(set(map(str, DASHES))) == LINES


def test_a_missing_library_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for call in (require_figures, lambda: write_report(tmp_path / "report", usual(), opener=atomic_file)):
        with pytest.raises(MissingExtraError, match=r"pip install 'penchant\[experiment\]'"):
            call()
    assert not (tmp_path / "report").exists()


def test_the_folder_holds_what_its_page_lists(tmp_path: Path) -> None:
    folder = tmp_path / "a new" / "report"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_bytes(b"{}")
    (folder / "stranger.txt").write_bytes(b"not mine")
    written = write_report(folder, usual(), opener=atomic_file)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()} - {
        "metrics.json",
        "stranger.txt",
    }
    page = (folder / PAGE).read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#]+)"', page)
    assert "metrics.json" in links
    assert "excluded.csv" not in links
    assert all((folder / link).is_file() for link in links)
    assert "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" in page  # SHA-256 of {}


def test_a_report_that_cant_be_finished_leaves_whole_files(made: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    first = dict.fromkeys(CONTENTS, b"of an earlier report")
    for name, content in first.items():
        (tmp_path / name).write_bytes(content)

    with pytest.raises(StorageError, match="the cable was pulled"):
        write_report(tmp_path, usual(), opener=_failing_at("domains.csv"))
    for path in tmp_path.iterdir():
        assert path.read_bytes() in (first[path.name], made["usual"].get(path.name))
    assert not (tmp_path / PAGE).exists()


def _failing_at(name: str) -> Callable[[Path], AbstractContextManager[BinaryIO]]:
    @contextmanager
    def opener(path: Path) -> Iterator[BinaryIO]:
        with atomic_file(path) as file:
            yield file
            if path.name == name:
                raise OSError("the cable was pulled")

    return opener


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(2.135, 2, "2.14"), (0.45666667, 4, "0.4567"), (-0.0004, 3, "0.000"), (-0.25, 1, "−0.3"), (None, 2, "–")],
)
def test_decimals_round_half_up(value: float | None, digits: int, text: str) -> None:
    assert decimals(value, digits) == text


def test_numbers_in_words() -> None:
    assert decimals(0.1, 2, sign=True) == "+0.10"
    assert interval(0.1, 0.2, 2) == "0.10 to 0.20"
    assert interval(None, 0.2, 2) == interval(0.5, 0.5, 2) == ""
    assert [count(1234.0), count(25.607)] == ["1,234", "25.6"]
    assert [p_value(0.0004), p_value(0.0312), p_value(None)] == ["<0.001", "0.031", "–"]
    assert percent(0.4767) == "47.7 %"


def test_methods_beyond_a_page_go_on_on_the_next(made: dict[str, dict[str, bytes]]) -> None:
    text = table_1_latex(view(crowd()), k=3).decode()
    assert text.count(r"\begin{tabular}") == 3  # five methods, three methods, four baselines
    assert made["usual"]["table1.tex"].decode().count(r"\caption{Continued.}") == 1


def _names(shown: ExperimentResult) -> list[str]:
    return [entry.label for entry in (*view(shown).own, *view(shown).published)]


def test_no_two_columns_have_one_name() -> None:
    for situation in SITUATIONS.values():
        names = _names(situation())
        assert len(names) == len(set(names))
    assert HOSTILE in _names(hostile())


def test_a_taxonomy_of_any_size_can_be_drawn() -> None:
    row = domain_rows()[0]
    many = tuple(replace(row, code=f"D{n}", name=f"domain {n}", reference_users=n) for n in range(1, 1500))
    drawing = figures.domains(many, users=2000, method="default")
    assert struct.unpack(">II", drawing.png[16:24])[1] < 4000
    tall = rendered(lambda figure: figure.clear(), title="a tower", height=150)
    assert struct.unpack(">II", tall[1][16:24])[1] == 30_000
