"""Quantiles of beta distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.profiles.beta import beta_quantiles

PARAMETERS = st.floats(-2, 8).map(lambda power: 10**power)


@given(st.lists(st.tuples(PARAMETERS, PARAMETERS), min_size=1, max_size=5))
def test_they_are_scipys(parameters: list[tuple[float, float]]) -> None:
    stats = pytest.importorskip("scipy.stats", reason="SciPy comes with the extra demo")
    a, b = np.array(parameters).T
    found = beta_quantiles(a, b, [0.025, 0.5, 0.975])
    exact = stats.beta.ppf([0.025, 0.5, 0.975], a[:, None], b[:, None])
    width = exact[:, 2:] - exact[:, :1]
    assert (np.abs(found - exact) <= 1e-3 * width + 1e-12).all()


@given(st.lists(st.tuples(PARAMETERS, PARAMETERS), min_size=1, max_size=5))
def test_laws(parameters: list[tuple[float, float]]) -> None:
    a, b = np.array(parameters).T
    found = beta_quantiles(a, b, [0.01, 0.3, 0.5, 0.9])
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found, axis=1) >= 0).all()
    mirrored = 1 - beta_quantiles(b, a, [0.99, 0.7, 0.5, 0.1])
    assert found == pytest.approx(mirrored, abs=1e-3)


def test_known_ones() -> None:
    one = np.array([1.0])
    assert beta_quantiles(one, one, [0.1, 0.5, 0.9])[0] == pytest.approx([0.1, 0.5, 0.9], abs=1e-3)
    # Beta(a, 1) has the quantile p^(1/a)
    assert beta_quantiles(3 * one, one, [0.2])[0, 0] == pytest.approx(0.2 ** (1 / 3), abs=1e-3)
    assert beta_quantiles(0.01 * one, one, [0.5])[0, 0] == pytest.approx(0.5**100, rel=0.05)
