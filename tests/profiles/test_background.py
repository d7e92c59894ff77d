"""The background that shares are compared with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DOMAINS, MATRIX, Row, predictions_of, profile_of

from penchant.errors import UsageError
from penchant.profiles import domain_background, label_background, profile_background
from penchant.recognition import load_labels
from penchant.report import profile_document
from penchant.types import Aggregation, LabelSet


@pytest.mark.parametrize("aggregation", list(Aggregation))
def test_the_shipped_background_fits_its_label_set(aggregation: Aggregation) -> None:
    labels = load_labels("imagenet-1k")
    background = label_background(labels, aggregation)
    assert background is not None
    assert background.shape == (len(labels.classes),)
    assert background.sum() == pytest.approx(1)
    assert background.min() >= 0


def test_a_label_set_of_ones_own_has_none() -> None:
    assert label_background(LabelSet("nobody-knows", ()), Aggregation.MASS) is None


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6))
def test_domain_backgrounds_are_shares_above_zero(weights: list[float]) -> None:
    background = domain_background(np.array(weights), MATRIX)
    assert background.sum() == pytest.approx(1)
    assert background.min() > 0


def test_a_profile_can_be_the_background_of_another() -> None:
    population = profile_of(predictions_of([Row("1", ((0, 0.75),)), Row("2", ((5, 0.25),))]))
    background = profile_background(profile_document(population), DOMAINS)
    assert background == pytest.approx(0.98 * np.array([0.75, 0, 0, 0.25]) + 0.02 / 4)
    person = profile_of(predictions_of([Row("3", ((0, 0.5),))]), background=background)
    assert person.domains[0].lift == pytest.approx(1 / background[0])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not a profile"),
        ({"domains": None}, "not a profile"),
        ({"domains": [{"code": "ANIMALS"}]}, "not a profile"),
        ({"domains": [{"code": "ANIMALS", "share": "many"}]}, "not a profile"),
        ({"domains": [{"code": "ANIMALS", "share": -0.5}]}, "not between 0 and 1"),
        ({"domains": [{"code": "ANIMALS", "share": float("nan")}]}, "not between 0 and 1"),
        ({"domains": [{"code": "FOOTWEAR", "share": 0.5}]}, "FOOTWEAR"),
    ],
)
def test_what_is_no_profile_is_no_background(document: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        profile_background(document, DOMAINS)
