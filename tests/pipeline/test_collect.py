"""Sources together, and what a failing one costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest import draw_pictures
from workers import many_photos

import penchant
from penchant.errors import SourceError, UsageError
from penchant.pipeline import Recipe, Worker, collect, shown_path
from penchant.sources.folder import RUN_MARKER
from penchant.storage import open_run
from penchant.storage.run import MARKER
from penchant.types import Photo

if TYPE_CHECKING:
    from pathlib import Path


def test_a_source_that_cannot_be_read_costs_only_itself(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "thing.zip").write_bytes(b"PK\3\4 but no more")
    collected = collect([str(tmp_path / "absent"), str(pictures), str(tmp_path / "thing.zip")])
    assert len(collected.listing.photos) == 24
    assert len(collected.listing.failures) == 2


def test_a_run_inside_a_source_is_passed_over(tmp_path: Path) -> None:
    assert RUN_MARKER == MARKER
    draw_pictures(tmp_path, 2)
    before = collect([str(tmp_path)])
    with open_run(tmp_path / "me.run") as run:
        run.keep_photos(many_photos(3))
    assert collect([str(tmp_path)]) == before


def test_a_photo_of_two_sources_counts_once(pictures: Path) -> None:
    collected = collect([str(pictures), str(pictures / "000.jpg"), str(pictures)])
    assert len(collected.listing.photos) == 24
    assert collected.listing.failures == ()


def test_a_run_gives_its_photos_and_what_it_knows(tmp_path: Path) -> None:
    with open_run(tmp_path / "a.run") as run:
        run.keep_photos(many_photos(3))
    collected = collect([str(tmp_path / "a.run")])
    assert [photo.photo_id for photo in collected.listing.photos] == ["00000", "00001", "00002"]
    assert [run.path for run in collected.known] == [tmp_path / "a.run"]


def test_places_are_shown_with_their_archive() -> None:
    assert shown_path(Photo("a", "b.zip", member="c\udcff.jpg")) == "b.zip/c\\xff.jpg"
    assert shown_path(Photo("a", "b.jpg")) == "b.jpg"


def test_what_decides_a_prediction_and_what_decides_a_failure_are_named_apart() -> None:
    from penchant.recognition import PixelLimits

    recipes = (Recipe(), Recipe(pixel_limits=PixelLimits(full=10)), Recipe(max_memory_mib=500))
    workers = [Worker(recipe) for recipe in recipes]
    assert len({worker.recipe_key for worker in workers}) == 1
    assert len({worker.circumstances for worker in workers}) == 3


def test_the_library_in_three_lines(pictures: Path) -> None:
    profile = penchant.profile(pictures)
    assert profile.photos.used == 24
    assert profile.domains[0].share > 0
    predictions, labels = penchant.classify(pictures, threads=1)
    assert len(predictions) == 24
    assert labels.classes[int(predictions.label[0, 0])].synset


def test_the_librarys_errors(pictures: Path, tmp_path: Path) -> None:
    for sources in ((), (tmp_path,), (tmp_path / "absent",)):
        with pytest.raises(SourceError, match="no photos found"):
            penchant.profile(*sources)
    with pytest.raises(UsageError, match="no aggregation 'sum'; there are mass, count"):
        penchant.profile(pictures, aggregation="sum")
    draw_pictures(tmp_path, 2)
    (tmp_path / "two.csv").write_text("user_id,path\nann,000.jpg\nbob,001.jpg\n")
    with pytest.raises(UsageError, match="2 people; give those of one"):
        penchant.profile(tmp_path / "two.csv")
