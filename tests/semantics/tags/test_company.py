"""What the other tags decide."""

from __future__ import annotations

import pytest

from penchant.semantics.tags import Reason, TagReader, UnderstoodTag


def first(reader: TagReader, *tags: str) -> UnderstoodTag:
    return reader.read_bag(tags).tags[0]


@pytest.mark.parametrize(
    ("tags", "domain"),
    [
        (("bass", "river", "rod"), "ANIMALS"),
        (("bass", "guitar", "stage"), "MUSIC"),
        (("crane", "bird", "lake"), "ANIMALS"),
        (("crane", "building", "harbour"), "ENGINEERING_AND_TECHNOLOGY"),
        (("jaguar", "zoo", "cat"), "ANIMALS"),
        (("jaguar", "car", "engine"), "TRANSPORT_AND_TRAVEL"),
        (("mouse", "keyboard", "computer"), "COMPUTING"),
        (("mouse", "cat", "cheese"), "ANIMALS"),
        (("apple", "macbook", "computer"), "COMPUTING"),
        (("apple", "pie", "cinnamon"), "FOOD_AND_DRINK"),
        (("rock", "granite", "cliff"), "GEOLOGY_AND_GEOPHYSICS"),
        (("rock", "concert", "guitar"), "MUSIC"),
        (("bat", "baseball", "pitcher"), "SPORT_AND_RECREATION"),
    ],
)
def test_senses(reader: TagReader, tags: tuple[str, ...], domain: str) -> None:
    found = first(reader, *tags)
    assert found.domains[0][0] == domain
    assert len(found.senses) > 1


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (("canon",), Reason.CAMERA),
        (("canon", "church", "choir"), Reason.KEPT),
        (("canon", "eos", "50mm"), Reason.CAMERA),
        (("canon", "church", "eos"), Reason.CAMERA),
        (("leaf",), Reason.KEPT),
        (("leaf", "tree"), Reason.KEPT),
        (("leaf", "mamiya", "aptus"), Reason.CAMERA),
        (("leaf", "mamiya", "tree", "plant"), Reason.KEPT),
        (("olympus", "mountain", "greece"), Reason.KEPT),
        (("olympus", "e510"), Reason.CAMERA),
        (("strand", "zee", "wolken"), Reason.FOREIGN),
        (("boot", "boat", "harbour"), Reason.KEPT),
        (("pane", "fiore", "cielo", "nuvole"), Reason.FOREIGN),
    ],
)
def test_reasons(reader: TagReader, tags: tuple[str, ...], reason: Reason) -> None:
    assert first(reader, *tags).clean.reason is reason


def test_a_known_language_decides_without_witnesses(reader: TagReader) -> None:
    assert reader.clean_bag(["pane"])[0].kept
    assert reader.clean_bag(["pane"], languages=["it"])[0].reason is Reason.FOREIGN


def test_people_have_no_domains(reader: TagReader) -> None:
    assert reader.read("John").domains == ()


def test_the_domains_of_a_bag_are_those_of_its_tags(reader: TagReader) -> None:
    domains = dict(reader.read_bag(["guitar", "drums", "castle"]).domains)
    assert domains["MUSIC"] == pytest.approx(2 / 3, abs=0.1)
