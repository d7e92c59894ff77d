"""The paper's Table 1 comes out of its own counts, to the last printed digit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from penchant.errors import UsageError
from penchant.evaluation import metrics as m
from penchant.evaluation import paper

NETWORKS = pytest.mark.parametrize("result", paper.TABLE_1, ids=lambda result: result.network)


@NETWORKS
def test_the_printed_means_come_from_the_counts(result: paper.PaperResult) -> None:
    assert sum(result.counts) == paper.USERS
    assert len(result.counts) == paper.K + 1
    assert paper.printed(paper.mean_matches(result.counts), 2) == result.mean_matches
    assert paper.printed(paper.mean_f1(result.counts), 4) == result.mean_f1


@NETWORKS
def test_the_measures_give_the_printed_means(result: paper.PaperResult) -> None:
    # 300 users whose five predicted domains share 0, 1, … 5 with their five reference domains.
    shared = np.repeat(np.arange(6), result.counts)
    reference = np.tile([1.0] * 5 + [0.0] * 5, (300, 1))
    place = np.arange(10)
    predicted = ((place >= 5 - shared[:, None]) & (place < 10 - shared[:, None])).astype(float)
    found = m.matches(predicted, reference)
    assert found.counts.tolist() == list(result.counts)
    assert f"{found.mean:.2f}" == result.mean_matches
    assert f"{m.f1_at_k(predicted, reference).mean:.4f}" == result.mean_f1


def test_the_paper_rounds() -> None:
    def truncated(value: Fraction, digits: int) -> str:
        return paper.printed(value - Fraction(1, 2 * 10**digits), digits)

    matches = {r.network: truncated(paper.mean_matches(r.counts), 2) for r in paper.TABLE_1}
    f1 = {r.network: truncated(paper.mean_f1(r.counts), 4) for r in paper.TABLE_1}
    assert {n: v for n, v in matches.items() if v not in {r.mean_matches for r in paper.TABLE_1 if r.network == n}} == {
        "VGG16": "2.13"
    }
    assert {n: v for n, v in f1.items() if v not in {r.mean_f1 for r in paper.TABLE_1 if r.network == n}} == {
        "AlexNet": "0.4566"
    }


def test_printing() -> None:
    assert paper.printed(Fraction(685, 300), 2) == "2.28"
    assert paper.printed(Fraction(1, 200), 2) == "0.01"
    assert paper.printed(Fraction(1999, 1000), 2) == "2.00"


@pytest.mark.parametrize("counts", [(), (3,), (0, 0), (2, -1)])
def test_what_is_no_distribution(counts: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="distribution of matches"):
        paper.mean_f1(counts)
