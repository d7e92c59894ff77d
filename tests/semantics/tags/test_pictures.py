"""Words whose meaning under a picture is not the commonest one in texts."""

from __future__ import annotations

import pytest

from penchant.semantics.tags import TagReader


@pytest.fixture(scope="module")
def reader() -> TagReader:
    return TagReader.load()


@pytest.mark.parametrize(
    ("tag", "domain"),
    [
        ("van", "TRANSPORT_AND_TRAVEL"),
        ("rv", "TRANSPORT_AND_TRAVEL"),
        ("caravan", "TRANSPORT_AND_TRAVEL"),
        ("bmx", "SPORT_AND_RECREATION"),
        ("sticker", "MEDIA"),
        ("stamps", "MEDIA"),
        ("gloves", "TEXTILE_AND_CLOTHING"),
        ("nebula", "PHYSICS_AND_ASTRONOMY"),
        ("surgery", "HEALTH_AND_MEDICINE"),
        ("katana", "WARFARE_AND_DEFENSE"),
        ("ramadan", "RELIGION_MYSTICISM_AND_MYTHOLOGY"),
        ("falconry", "SPORT_AND_RECREATION"),
        ("public library", "EDUCATION"),
        ("mathematics department", "EDUCATION"),
    ],
)
def test_the_first_domain(reader: TagReader, tag: str, domain: str) -> None:
    assert reader.read(tag).domains[0][0] == domain
