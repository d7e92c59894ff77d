"""Many bags at once say what each says alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.semantics.tags import TagReader
from penchant.semantics.tags.bulk import REASONS, read_bags

TAGS = (
    "bass", "river", "rod", "guitar", "crane", "bird", "construction", "canon", "church", "leaf", "mamiya", "raw",
    "strand", "zee", "wolken", "goldengatebridge", "London 2012", "kitten", "Kitten", "asdkjh", "D700", "red", "the",
    "mouse", "keyboard", "cheese", "turkey", "apple", "jaguar", "sky", "john smith", "", "paris", "bank",
)  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> TagReader:
    return TagReader.load()


@given(bags=st.lists(st.lists(st.sampled_from(TAGS), max_size=9), max_size=8))
@settings(max_examples=60)
def test_as_read_bag(reader: TagReader, bags: list[list[str]]) -> None:
    many = read_bags(reader, bags)
    codes = [domain.code for domain in reader.ontology.taxonomy.domains]
    assert many.domains.shape == (len(bags), len(codes))
    for row, bag in enumerate(bags):
        alone = reader.read_bag(bag)
        weights = dict(alone.domains)
        assert many.domains[row] == pytest.approx([weights.get(code, 0.0) for code in codes], abs=1e-9)
        reasons = [tag.clean.reason for tag in alone.tags]
        assert many.reasons[row].tolist() == [reasons.count(reason) for reason in REASONS]
        assert many.meaning[row] == sum(bool(tag.domains) for tag in alone.tags if tag.clean.kept)


def test_many_batches_and_progress(reader: TagReader, monkeypatch: pytest.MonkeyPatch) -> None:
    bags = [list(TAGS[place : place + 4]) for place in range(30)]
    whole = read_bags(reader, bags)
    told: list[int] = []
    monkeypatch.setattr("penchant.semantics.tags.bulk._BAGS", 7)
    cut = read_bags(reader, bags, on_progress=told.append)
    assert np.array_equal(whole.domains, cut.domains)
    assert told == [7, 14, 21, 28, 30]
