"""What holds of any tags."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.semantics.tags import Reason, TagReader, clean_tags, understand_tags

WORDS = [
    "bass",
    "river",
    "rod",
    "guitar",
    "stage",
    "canon",
    "church",
    "eos",
    "50mm",
    "leaf",
    "tree",
    "mamiya",
    "strand",
    "zee",
    "wolken",
    "apple",
    "macbook",
    "D700",
    "blue",
    "goldengatebridge",
    "awesome",
    "cup",
    "of",
    "coffee",
    "sunset_beach",
    "rocks",
    "jaguar",
    "zoo",
    "2007",
    "geo:lat=1",
    "photographers",
    "Cats",
    "wedding",
    "red",
    "wine",
    "macroflower",
    "foodporn",
    "mouse",
    "london2012",
    "fiore",
    "sol",
    "mer",
]
TAGS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "M", "Z"]), max_size=20),
)
READER = TagReader.load()


@given(TAGS)
@settings(max_examples=300)
def test_cleaning_is_total_and_idempotent(tag: str) -> None:
    found = READER.cleaner.clean(tag)
    again = READER.cleaner.clean(found.clean)
    assert again.clean == found.clean
    assert found.kept == found.reason.kept == bool(found.clean)
    if found.kept:
        assert again.kept


@given(TAGS)
@settings(max_examples=200)
def test_weights_sum_to_one_or_there_are_none(tag: str) -> None:
    found = READER.read(tag)
    for weights in (
        [weight for _, weight in found.domains],
        [sense.weight for sense in found.senses],
        *([weight for _, weight in sense.domains] for sense in found.senses),
    ):
        assert not weights or sum(weights) == pytest.approx(1)
    assert [weight for _, weight in found.domains] == sorted((weight for _, weight in found.domains), reverse=True)
    assert found.clean.kept or not found.senses


@given(st.lists(TAGS, max_size=8), st.randoms())
@settings(max_examples=100)
def test_the_order_of_a_bag_does_not_matter(tags: list[str], random: object) -> None:
    shuffled = list(tags)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = READER.read_bag(tags), READER.read_bag(shuffled)
    assert first.domains == second.domains
    assert {tag.clean.tag: tag for tag in first.tags} == {tag.clean.tag: tag for tag in second.tags}
    assert [tag.clean.tag for tag in first.tags] == tags


@given(st.sampled_from(WORDS))
def test_a_bag_of_one_is_the_tag_alone(tag: str) -> None:
    assert READER.read_bag([tag]).tags == (READER.read(tag),)


def test_the_library_calls() -> None:
    assert [tag.reason for tag in clean_tags(["castle", "nikon"])] == [Reason.KEPT, Reason.CAMERA]
    assert understand_tags(["castle", "ruin"]).domains[0][0] == "ART_ARCHITECTURE_AND_ARCHAEOLOGY"
    assert clean_tags([]) == ()
    assert understand_tags([]).domains == ()
