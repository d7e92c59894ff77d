"""The check of a taxonomy: what it finds, and that the embedded one is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from penchant.semantics import Lexicon, Report, check_ontology, load_taxonomy, parse_taxonomy
from penchant.semantics.check import Kind

LEXICON = Lexicon.load()
TAXONOMY = """\
schema_version = 1
name = "faulty"
[domains.A]
name = "A"
anchors = [
    "animal.n.01",
    "dog.n.01",
    "cat.n.99",
    "vacation.n.01",
    "person.n.01 * 0.5",
]
topics = ["diversion.n.01"]
[domains.B]
name = "B"
anchors = [
    "holiday.n.01",
    "sport.n.01",
]
topics = ["military.n.01", "sport.n.01", "law.n.01"]
[domains.C]
name = "C"
anchors = ["law.n.01"]
"""


@pytest.fixture(scope="module")
def report() -> Report:
    return check_ontology(LEXICON, parse_taxonomy(TAXONOMY, Path("faulty.toml")), gaps=5)


def test_the_check_names_each_fault_with_its_line(report: Report) -> None:
    found = {(finding.kind, finding.line, finding.synset) for finding in report.findings}
    assert found == {
        (Kind.REDUNDANT, 7, "dog.n.01"),
        (Kind.UNRESOLVED, 8, "cat.n.99"),
        (Kind.REDUNDANT, 10, "person.n.01"),  # a weight beside no other
        (Kind.UNUSED, 12, "diversion.n.01"),
        (Kind.CONTRADICTION, 16, "holiday.n.01"),  # the same synset as vacation.n.01
        (Kind.REDUNDANT, 19, "sport.n.01"),
        (Kind.CONTRADICTION, 19, "law.n.01"),
    }
    unresolved = next(finding for finding in report.findings if finding.kind is Kind.UNRESOLVED)
    assert "cat.n.01" in unresolved.message  # what there is instead
    assert [finding.line for finding in report.findings] == sorted(finding.line for finding in report.findings)


def test_the_check_lists_the_largest_gaps(report: Report) -> None:
    assert len(report.gaps) == 5
    assert [gap.synsets for gap in report.gaps] == sorted((gap.synsets for gap in report.gaps), reverse=True)
    assert report.total == 82_115
    assert 0.1 < report.coverage < 0.5
    assert dict(report.by_domain)["A"] > 14_000


def test_the_report_is_readable(report: Report) -> None:
    text = report.text()
    assert "faulty.toml:8: unresolved: cat.n.99 is no noun synset of WordNet 3.0" in text
    assert "82,115 synsets have a domain" in text


def test_the_embedded_ontology_is_clean_and_covers_wordnet() -> None:
    report = check_ontology(LEXICON, load_taxonomy())
    assert report.findings == ()
    assert report.coverage > 0.9
    assert len(report.by_domain) == 34
