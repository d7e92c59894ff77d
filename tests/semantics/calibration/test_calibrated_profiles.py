"""Profiles by a calibration keep the laws of all profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import BACKGROUND, DOMAINS, LABELS, MATRIX, MODEL, Row, cut, predictions_of, row_lists

from penchant.profiles import Meaning, ProfileOptions, build_profile, merge, select
from penchant.semantics.calibration import Transform

if TYPE_CHECKING:
    from penchant.types import Predictions, Profile

LEARNED = Meaning(
    "calibrated", "four", DOMAINS, 0.3 * MATRIX + 0.01 * np.arange(4), BACKGROUND, strength=Transform().strength
)


def profile_of(predictions: Predictions) -> Profile:
    return build_profile(predictions, label_set=LABELS, model=MODEL, meaning=LEARNED, options=ProfileOptions())


@given(row_lists(), st.data())
def test_parts_in_any_cut_and_order_make_the_whole_to_the_last_bit(rows: list[Row], data: st.DataObject) -> None:
    whole = predictions_of(rows)
    shuffled = select(whole, data.draw(st.permutations(range(len(whole)))))
    parts = cut(shuffled, data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    assert profile_of(merge(parts)) == profile_of(whole)


@given(row_lists())
def test_shares_sum_to_one_and_every_domain_has_its_labels(rows: list[Row]) -> None:
    profile = profile_of(predictions_of(rows))
    if profile.domains:
        assert sum(domain.share for domain in profile.domains) == pytest.approx(1)
    for domain in profile.domains:
        assert domain.evidence
        assert sum(part for _, part in domain.labels) == pytest.approx(1)
        assert domain.share_low <= domain.share <= domain.share_high
    assert profile.unassigned == 0


def test_a_photo_gives_its_labels_rows_times_their_strengths() -> None:
    profile = profile_of(predictions_of([Row("a", ((0, 0.5), (5, 0.0625)))]))
    given = 0.5**0.25 * LEARNED.matrix[0] + 0.5 * LEARNED.matrix[5]
    shares = {domain.code: domain.share for domain in profile.domains}
    assert shares == pytest.approx(
        {domain.code: each / given.sum() for domain, each in zip(DOMAINS, given, strict=True) if each > 0}, abs=1e-5
    )
