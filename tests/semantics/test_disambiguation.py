"""Senses by the company that words keep."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.semantics.disambiguation import WordSense, disambiguate, heard, support, weighed_by

CODES = ["ANIMALS", "MUSIC", "FOOD_AND_DRINK", "BIOLOGY", "GEOGRAPHY_AND_PLACES"]


def sense(synset: str, weight: float, domain: str | None) -> WordSense:
    return WordSense(synset, synset, weight, ((domain, 1.0),) if domain else ())


def test_the_company_decides() -> None:
    bass = (sense("tone", 0.8, "MUSIC"), sense("fish", 0.2, "ANIMALS"))
    fish = disambiguate({"bass": bass, "trout": (sense("trout", 1.0, "ANIMALS"),)})["bass"]
    tone = disambiguate({"bass": bass, "guitar": (sense("guitar", 1.0, "MUSIC"),)})["bass"]
    assert (fish[0].synset, tone[0].synset) == ("fish", "tone")
    assert len(fish) == len(tone) == 2  # the alternatives stay


def test_a_related_domain_helps_less_than_the_same() -> None:
    assert support((("ANIMALS", 1.0),), {"ANIMALS": 1.0}) == 1
    assert 0 < support((("ANIMALS", 1.0),), {"BIOLOGY": 1.0}) < 1
    assert support((("ANIMALS", 1.0),), {"MUSIC": 1.0}) == 0


def test_a_word_alone_keeps_its_priors() -> None:
    bass = (sense("tone", 0.8, "MUSIC"), sense("fish", 0.2, "ANIMALS"))
    assert disambiguate({"bass": bass})["bass"] == bass


def test_a_word_said_often_speaks_louder() -> None:
    bass = (sense("tone", 0.5, "MUSIC"), sense("fish", 0.5, "ANIMALS"))
    bag = {"bass": bass, "trout": (sense("t", 1.0, "ANIMALS"),), "guitar": (sense("g", 1.0, "MUSIC"),)}
    settled = disambiguate(bag, {"bass": 1, "trout": 1, "guitar": 9})["bass"]
    assert settled[0].synset == "tone"


@st.composite
def bags(draw: st.DrawFn) -> dict[str, tuple[WordSense, ...]]:
    bag = {}
    for word in draw(st.lists(st.text("abc", min_size=1, max_size=3), unique=True, max_size=6)):
        weights = draw(st.lists(st.floats(0.01, 1), min_size=1, max_size=4))
        bag[word] = tuple(
            sense(f"{word}{number}", weight / sum(weights), draw(st.sampled_from([*CODES, None])))
            for number, weight in enumerate(weights)
        )
    return bag


@given(bags())
def test_weights_sum_to_one_and_no_sense_is_lost(bag: dict[str, tuple[WordSense, ...]]) -> None:
    settled = disambiguate(bag)
    assert settled.keys() == bag.keys()
    for word, senses in settled.items():
        assert sum(s.weight for s in senses) == pytest.approx(1)
        assert {s.synset for s in senses} == {s.synset for s in bag[word]}
        assert all(0 < s.weight <= 1 + 1e-9 for s in senses)


@given(bags(), st.randoms())
def test_the_order_of_the_words_does_not_matter(bag: dict[str, tuple[WordSense, ...]], random: object) -> None:
    words = list(bag)
    random.shuffle(words)  # type: ignore[attr-defined]
    assert disambiguate({word: bag[word] for word in words}) == disambiguate(bag)


@given(bags())
def test_weighing_by_what_was_heard_is_the_first_round(bag: dict[str, tuple[WordSense, ...]]) -> None:
    settled = disambiguate(bag, rounds=1)
    for word, senses in bag.items():
        weights = weighed_by(senses, [heard(bag[other]) for other in bag if other != word])
        found = {s.synset: weight for s, weight in zip(senses, weights, strict=True)}
        assert found == pytest.approx({s.synset: s.weight for s in settled[word]}, abs=1e-9)
