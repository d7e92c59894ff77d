"""The page of an experiment, read back with a parser of its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from experiment_samples import (
    ABOVE,
    BELOW,
    HOSTILE,
    baselines,
    comparison,
    crowd,
    hostile,
    lonely,
    method,
    of_the_paper,
    result,
    usual,
)

from penchant.evaluation import paper
from penchant.report.experiment import report_files
from penchant.report.experiment.page import ListedFile, render_page
from penchant.report.experiment.view import view

if TYPE_CHECKING:
    from penchant.results import ExperimentResult

VOID = {"meta", "img", "br", "link", "input", "hr", "col", "wbr"}
SITUATIONS = {
    "usual": usual(),
    "hostile": hostile(),
    "lonely": lonely(),
    "crowd": crowd(),
    "of the paper": of_the_paper(),
    "one domain": result(method("one", (200.0, 100.0), against=baselines(constant=(150, 150)))),
    "another reference": result(reference="truth.csv", ties="share"),
}
BESIDE = (
    ListedFile("metrics.json", "every number", 1_234_567, "ab" * 32),
    ListedFile("excluded.csv", "left out", 7, "cd" * 32),
)


class Page(HTMLParser):
    """Collects elements and the text of tables, and fails on tags that don't close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.tables: list[list[list[str]]] = []
        self.texts: dict[str, list[str]] = {}
        self._stack: list[str] = []
        self.feed(text)
        self.close()
        assert self._stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"an attribute stands twice in {tag}"
        self.elements.append((tag, attributes))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self._stack.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack, f"</{tag}> closes nothing"
        assert self._stack.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._stack):
            self.texts[tag][-1] += data
        if {"td", "th"} & set(self._stack):
            self.tables[-1][-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return [" ".join(text.split()) for text in self.texts.get(tag, [])]

    def column(self, name: str) -> list[str]:
        """The cells below the first heading of that name, in the first table that has it."""
        for rows in self.tables:
            heads = [" ".join(cell.split()) for cell in rows[0]]
            if name in heads and "Matches" in heads:
                return [" ".join(row[heads.index(name)].split()) for row in rows[1:]]
        raise AssertionError(f"no column {name}")


def page_of(shown: ExperimentResult) -> str:
    return render_page(shown, view(shown), files=BESIDE)


@pytest.fixture(params=SITUATIONS)
def text(request: pytest.FixtureRequest) -> str:
    return page_of(SITUATIONS[request.param])


def test_the_page_is_well_formed(text: str) -> None:
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    text.encode("utf-8")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        for reference in attributes.get("aria-labelledby", "").split():
            assert reference in ids
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids
        if tag == "section":
            assert attributes.get("aria-labelledby")


def test_nothing_is_fetched_and_nothing_runs(text: str) -> None:
    page = Page(text)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    links = {file.name for file in BESIDE}
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base", "img"}
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        assert attributes.get("href", "#").startswith("#") or attributes["href"] in links
    assert "url(" not in text
    assert "@import" not in text


def test_tables_and_figures_say_what_they_are(text: str) -> None:
    page = Page(text)
    assert len(page.texts["caption"]) == len(page.all("table"))
    assert all(caption for caption in page.text("caption"))
    assert all(head.get("scope") in ("col", "row") for head in page.all("th"))
    for svg in page.all("svg"):
        hidden = svg.get("aria-hidden") == "true"
        inner = "role" not in svg and not hidden
        assert hidden or inner or (svg["role"] == "img" and svg["aria-labelledby"])
    # What scrolls can be reached, and has a name.
    for box in page.all("div"):
        if "scroll" in box.get("class", ""):
            assert box["tabindex"] == "0"
            assert box["role"] == "region"
            assert box["aria-labelledby"]


def test_hostile_names_stay_text() -> None:
    text = page_of(hostile())
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    # It is there nevertheless, to be read: control characters as escapes.
    assert any(
        "\\u202e&amp;=1+1\\x1b\\n$\\input{/etc/passwd}$" in cell
        for rows in Page(text).tables
        for row in rows
        for cell in row
    )
    assert HOSTILE not in text


@pytest.mark.parametrize(
    ("methods", "says"),
    [
        ([("only", ABOVE, 0.1)], "Better than knowing nothing about the person"),
        ([("only", BELOW, -0.1)], "Worse than knowing nothing about the person"),
        ([("only", ABOVE, 0.001)], "Not shown to be better than knowing nothing about the person"),
        ([("only", BELOW, -0.001)], "Not shown to be better than knowing nothing about the person"),
        ([("a", ABOVE, 0.1), ("b", ABOVE, 0.1)], "Both methods are better than knowing nothing about the person"),
        ([("a", ABOVE, 0.1), ("b", BELOW, -0.1)], "1 of 2 methods is better than knowing nothing about the person"),
        ([(n, BELOW, -0.1) for n in "abc"], "All 3 methods are worse than knowing nothing about the person"),
        (
            [("a", BELOW, -0.1), ("b", ABOVE, 0.001)],
            "None of 2 methods is shown to be better than knowing nothing about the person",
        ),
    ],
)
def test_the_headline(methods: list[tuple[str, tuple[float, ...], float]], says: str) -> None:
    shown = result(
        *(method(name, counts) for name, counts, _ in methods),
        comparisons=tuple(comparison(name, "constant", difference) for name, _, difference in methods),
    )
    assert Page(page_of(shown)).text("h1") == [says]


def test_a_headline_needs_the_corrected_test_and_the_interval() -> None:
    unsure = comparison("only", "constant", 0.1, p=0.03)  # 0.09 when corrected
    assert unsure.p_holm is not None
    assert unsure.p_holm > 0.05
    shown = result(method("only", ABOVE), comparisons=(unsure,))
    assert Page(page_of(shown)).text("h1") == ["Not shown to be better than knowing nothing about the person"]


def test_a_test_against_another_reference_counts_for_no_headline() -> None:
    elsewhere = comparison("only", "constant", 0.1, reference="another")
    shown = result(method("only", ABOVE), comparisons=(elsewhere,))
    assert Page(page_of(shown)).text("h1") == ["Not shown to be better than knowing nothing about the person"]


def test_below_the_constant_is_said_at_once_if_and_only_if_it_is_so() -> None:
    below = page_of(result(method("good", ABOVE), method("bad", BELOW)))
    before = below[: below.index('<section aria-labelledby="done">')]
    notice = before[before.index('id="below"') :]
    assert "Below the constant baseline" in notice
    assert (
        notice.index("bad is below the constant baseline") < notice.index("</div>") < notice.index("good is not below")
    )
    assert before.count("bad is below") == 1

    above = page_of(result(method("good", ABOVE), method("better", ABOVE)))
    assert "Below the constant baseline" not in above
    assert 'id="below"' not in above


def test_the_papers_counts_give_the_papers_numbers() -> None:
    text = page_of(of_the_paper())
    page = Page(text)
    for row in paper.TABLE_1:
        cells = page.column(row.network)
        assert [cell.split()[0] for cell in cells[:6]] == [str(count) for count in row.counts]
        assert cells[6].split()[0] == row.mean_matches
        assert cells[7].split()[0] == row.mean_f1


def test_the_studys_numbers_stand_beside_unless_k_is_another() -> None:
    assert "The 2018 study, 300 users" in Page(page_of(usual())).text("caption")
    other = Page(page_of(crowd()))
    assert "The 2018 study, 300 users" not in other.text("caption")
    assert any("so its numbers can't stand beside these" in item for item in other.text("li"))


def test_many_methods_take_several_panels() -> None:
    page = Page(page_of(crowd()))
    assert len([figure for figure in page.all("figure") if figure.get("class") == "lines"]) == 2
    assert len([svg for svg in page.all("svg") if svg.get("role") == "img"]) == 2


def test_every_reference_has_its_own_constant() -> None:
    page = Page(page_of(usual()))
    assert "These data, by the reference “tags, paper”" in page.text("caption")
    assert "baseline: constant (default)" in page.text("span")
    assert "baseline: constant (paper)" in page.text("span")


def test_what_was_left_out_is_counted_and_linked() -> None:
    page = Page(page_of(usual()))
    left = next(rows for rows in page.tables if rows[0] == ["Reason", "How many"])
    assert left[1:] == [["users without tags", "4"], ["pictures that could not be read", "17"]]
    assert "excluded.csv" in {link["href"] for link in page.all("a")}
    assert "Nothing was left out." in page_of(lonely())


def test_what_follows_names_the_domains_that_are_never_predicted() -> None:
    items = Page(page_of(usual())).text("li")
    assert any("never of a prediction by “default”: Meteorology." in item for item in items)
    assert any(item.startswith("“default” tells people apart") for item in items)
    flat = Page(page_of(result(method("flat", ABOVE, apart=0.0)))).text("li")
    assert any(item.startswith("That “flat” tells people apart is not shown.") for item in flat)


def test_how_to_repeat_it() -> None:
    assert "penchant experiment photos.parquet -o report --seed 7" in Page(page_of(usual())).texts["pre"]
    known = result(provenance={"tables": [{"name": "my photos.parquet", "sha256": "ab"}, {"name": "b.csv"}]})
    assert Page(page_of(known)).texts["pre"] == ["penchant experiment my photos.parquet b.csv"]
    assert Page(page_of(lonely())).texts["pre"] == ["penchant experiment TABLE"]


def test_provenance_is_laid_flat() -> None:
    rows = [row for table in Page(page_of(usual())).tables for row in table]
    assert ["options › networks", "efficientnet-lite0-int8"] in rows
    assert ["models › efficientnet-lite0-int8 › sha256", "ab" * 32] in rows


def test_numbers_have_true_signs_and_undefined_ones_a_dash() -> None:
    page = Page(page_of(usual()))
    tests = next(rows for rows in page.tables if rows[0][:2] == ["Method", "Against"])
    assert ["default", "constant", "+0.060", "+0.040 to +0.080", "<0.001", "default is better"] in tests
    assert ["close", "constant", "+0.006", "−0.014 to +0.026", "1.000", "not told apart"] in tests
    assert ["default", "calibrated", "−0.040", "−0.060 to −0.020", "<0.001", "calibrated is better"] in tests
    assert not re.search(r">\s*(nan|None|inf)", page_of(lonely()), re.IGNORECASE)


def test_one_user_has_neither_intervals_nor_tests() -> None:
    page = Page(page_of(lonely()))
    assert page.text("h1") == ["Not shown to be better than knowing nothing about the person"]
    assert page.column("default")[6:] == ["2.00", "0.4000"]
    assert ["default", "constant", "–", "–", "–", "no test"] in [row for table in page.tables for row in table]


def test_the_page_lists_what_the_folder_holds() -> None:
    made = report_files(usual(), beside=BESIDE)
    links = {link["href"] for link in Page(made["index.html"].decode()).all("a") if not link["href"].startswith("#")}
    assert links == {*made, "metrics.json", "excluded.csv"} - {"index.html"}


def test_one_domain_is_no_domains() -> None:
    text = page_of(SITUATIONS["one domain"])
    assert "The heaviest domain is the user's" in text
    assert "1 domains" not in text
    assert "Who gives everybody the same 1 domain comes nearer" in text
