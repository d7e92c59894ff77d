"""The rows of the catalogue that ships."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from penchant.recognition import load_catalogue, load_labels

if TYPE_CHECKING:
    from penchant.recognition.facts import ModelRow

ROWS = load_catalogue().models


def test_the_networks_of_the_study_are_there_and_their_small_versions() -> None:
    names = {row.name for row in ROWS}
    assert {"alexnet", "vgg16", "vgg19", "googlenet", "resnet50"} <= names
    assert {"alexnet-int8", "vgg16-int8", "googlenet-int8", "resnet50-int8"} <= names
    assert len(names) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_row_is_complete(row: ModelRow) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", row.name)
    assert row.title
    assert row.licence
    assert row.source.startswith("https://")
    assert load_labels(row.labels).classes
    assert row.input.size is not None
    assert row.input.resize is not None
    known = row.sha256 is not None and re.fullmatch(r"[0-9a-f]{64}", row.sha256) and row.bytes is not None
    if row.trust == "published":
        assert known
    else:
        assert not known
        assert row.about_bytes
        assert row.remote is not None
        assert re.fullmatch(r"[0-9a-f]{40}", row.remote.revision), "what is trusted on first use stays what it is"
    assert len({row.sha256 for row in ROWS if row.sha256}) == sum(row.sha256 is not None for row in ROWS)
