"""`penchant collect` on what lies on this machine: every option, and the way from an export to a profile."""

from __future__ import annotations

import csv
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from conftest import draw_pictures
from options import shows
from sources.exported import INSTAGRAM, TAKEOUT, YEAR, as_folder, as_zip, flickr_parts, flickr_photo, takeout
from sources.metadata import with_xmp, xmp
from sources.on_disk import IMAGE, LABEL, dataset, images, shards
from sources.pictures import picture

from penchant.sources import list_photos

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli


def keyworded(folder: Path, count: int = 24) -> Path:
    """Different pictures, each with a packet of Lightroom's keywords before all else."""
    for path in draw_pictures(folder, count):
        data = path.read_bytes()
        header = with_xmp(xmp(("beagle", "walk"), lightroom=("Animals|Dog|Beagle",)))
        segment = header[2 : 4 + int.from_bytes(header[4:6], "big")]
        path.write_bytes(data[:2] + segment + data[2:])
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@shows("collect files --output", "collect files -o")
@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
@pytest.mark.parametrize("form", [("collect",), ("collect", "files")])
def test_a_table_of_keyworded_pictures(cli: Cli, tmp_path: Path, suffix: str, form: tuple[str, ...]) -> None:
    folder = keyworded(tmp_path / "pictures", 3)
    target = tmp_path / f"table{suffix}"
    outcome = cli(*form, folder, "-o", target)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "Keywords in 3 of the pictures",
        "In all: 3 pictures, 3 with tags (12 in all, 4 different)",
        f"The table is {target}. Next: penchant profile {target}",
    ]
    found = rows(target)
    assert [row["path"] for row in found] == [f"pictures/{number:03}.jpg" for number in range(3)]
    tags = ["beagle", "walk", "Animals", "Dog"]
    assert found[0]["tags"] == (";".join(tags) if suffix == ".csv" else tags)
    assert found[0]["keywords"] == ("Animals|Dog|Beagle" if suffix == ".csv" else ["Animals|Dog|Beagle"])
    listed = list_photos(str(target)).photos
    assert [photo.tags for photo in listed] == [tuple(tags)] * 3
    assert [photo.path for photo in listed] == [str(path) for path in sorted(folder.iterdir())]
    assert cli(*form, folder, "--output", target).code == 0, "and it replaces its own table"


def test_without_a_table_it_only_says_what_is_there(cli: Cli, tmp_path: Path) -> None:
    folder = as_folder(tmp_path / YEAR, TAKEOUT)
    before = sorted(tmp_path.rglob("*"))
    outcome = cli("collect", folder)
    assert outcome.code == 3
    assert outcome.out.splitlines() == [
        "Google Takeout: 8 pictures, 7 with metadata",
        "In all: 8 pictures, 1 with tags (2 in all, 2 different)",
        "Passed over: 1 .json, 1 .mp4, 1 replaced by an edited copy",
        "No table was written: name one with -o photos.parquet",
    ]
    assert len(outcome.err.splitlines()) == 2
    assert sorted(tmp_path.rglob("*")) == before


def test_all_kinds_go_into_a_table_that_can_be_read_back(cli: Cli, tmp_path: Path) -> None:
    home = tmp_path / "home"
    flickr_parts(home / "flickr")
    as_folder(home / "takeout" / YEAR, TAKEOUT)
    as_zip(home / "insta.zip", INSTAGRAM)
    (home / "shards").mkdir()
    shards(home / "shards")
    dataset(home / "set", {"image": images((picture(), None)), "label": [1]}, {"image": IMAGE, "label": LABEL})
    given = {(photo.path, photo.member): photo for photo in list_photos(str(home)).photos}
    for suffix in (".parquet", ".csv", ".jsonl"):
        target = home / f"table{suffix}"
        outcome = cli("collect", home, "-o", target, "--json")
        assert outcome.code == 3
        assert outcome.json["photos"] == len(given)
        listing = list_photos(str(target))
        assert listing.failures == ()
        assert {(photo.path, photo.member) for photo in listing.photos} == set(given)
        for photo in listing.photos:
            before = given[photo.path, photo.member]
            assert (photo.tags, photo.licence) == (before.tags, before.licence)
            assert (photo.size, photo.stamp) == (before.size, before.stamp), "predictions of the one are the other's"
        shutil.move(home, tmp_path / "moved")
        assert list_photos(str(tmp_path / "moved" / target.name)).failures == (), "paths start at the table's folder"
        shutil.move(tmp_path / "moved", home)
        target.unlink()
        (home / "table-links.csv").unlink()


@shows("collect files --json", "collect files -q", "collect files --quiet")
def test_json_says_all(cli: Cli, tmp_path: Path) -> None:
    flickr_parts(tmp_path / "flickr")
    target = tmp_path / "t.parquet"
    outcome = cli("collect", tmp_path / "flickr", "-o", target, "--json")
    assert (outcome.code, outcome.err) == (3, "")
    document = outcome.json
    assert document["recognised"] == [{"name": "Flickr data export", "pictures": 3, "described": 2, "what": "metadata"}]
    assert (document["photos"], document["tagged"], document["tags"]) == (3, 2, {"all": 3, "different": 3})
    assert document["links"] == {"table": str(tmp_path / "t-links.csv"), "count": {"favourite": 3, "own": 1}}
    assert document["owner"] == "12345@N00"
    assert document["table"] == str(target)
    assert len(document["failures"]) == 2
    for quiet in ("-q", "--quiet"):
        assert cli("collect", tmp_path / "flickr", quiet).err == ""


def test_pictures_that_are_only_named_get_a_table_of_their_own(cli: Cli, tmp_path: Path) -> None:
    flickr_parts(tmp_path / "flickr")
    outcome = cli("collect", tmp_path / "flickr", "-o", tmp_path / "t.csv")
    assert "  3 favourites\n" in outcome.out
    assert "  1 picture of your own, not in these archives\n" in outcome.out
    assert "  Favourites come through the API: penchant collect flickr 12345@N00\n" in outcome.out
    found = rows(tmp_path / "t-links.csv")
    assert [(row["kind"], row["photo_id"]) for row in found] == [
        ("favourite", "555"), ("favourite", "556"), ("favourite", "557"), ("own", "16180339"),
    ]  # fmt: skip
    assert found[-1]["tags"] == "never downloaded"


@shows("collect files --user")
def test_a_name_for_the_person(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 2)
    cli("collect", folder, "-o", tmp_path / "t.parquet")
    assert [row["user_id"] for row in rows(tmp_path / "t.parquet")] == [None, None]
    cli("collect", folder, "-o", tmp_path / "t.parquet", "--user", "ann")
    assert [row["user_id"] for row in rows(tmp_path / "t.parquet")] == ["ann", "ann"]


@shows("collect files --reference")
def test_inferred_interests_become_a_reference(cli: Cli, tmp_path: Path) -> None:
    source = as_zip(tmp_path / "insta.zip", INSTAGRAM)
    target = tmp_path / "reference.csv"
    outcome = cli("collect", source, "--reference", target, "--user", 'Ann "A", B')
    assert "Interests that the service inferred, from 2 topics:\n  100% Animals\n" in outcome.out
    assert f"  written to {target}, for penchant experiment --reference" in outcome.out
    assert rows(target) == [{"user_id": 'Ann "A", B', "domain": "ANIMALS", "weight": "1.000000"}]
    assert cli("collect", source, "--json").json["topics"] == {
        "names": ["Perros y café", "Dogs"], "domains": [{"code": "ANIMALS", "weight": 1.0}], "table": None,
    }  # fmt: skip
    for arguments, message in (
        ((source, "--reference", target), "--reference goes with --user ID"),
        ((source, "--reference", tmp_path / "x.txt", "--user", "a"), "name a file that ends in .csv"),
    ):
        refused = cli("collect", *arguments)
        assert refused.code == 2
        assert message in refused.err


@shows("collect files --failures")
def test_what_was_left_out(cli: Cli, tmp_path: Path) -> None:
    folder = as_folder(
        tmp_path / "t",
        {
            "good.jpg": picture(),
            "good.jpg.supplemental-metadata.json": takeout("good.jpg"),
            **{f"{number}.jpg": picture() for number in range(12)},
        },
    )
    few = cli("collect", folder)
    assert few.code == 3
    assert len(few.err.splitlines()) == 11
    assert few.err.endswith("penchant: and 2 more; --failures lists them all\n")
    everything = cli("collect", folder, "--failures")
    assert len(everything.err.splitlines()) == 12
    assert f"penchant: {folder}/7.jpg: no metadata: no JSON file of the export belongs to it\n" in everything.err


def test_bad_input_costs_only_itself(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 2)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "half.zip").write_bytes(as_zip(tmp_path / "whole.zip", {"a.jpg": picture()}).read_bytes()[:-30])
    (folder / "000.xmp").write_bytes(b"<x:xmpmeta>subject")
    outcome = cli("collect", folder, tmp_path / "gone", "-o", tmp_path / "t.csv")
    assert outcome.code == 3
    lines = outcome.err.splitlines()
    assert len(lines) == 4
    assert any(line == f"penchant: {folder}/empty.jpg: empty file" for line in lines)
    assert any("half.zip" in line and "damaged or incomplete" in line for line in lines)
    assert any("000.xmp" in line and "not well-formed" in line for line in lines)
    assert any("there is no file or folder" in line for line in lines)
    assert len(rows(tmp_path / "t.csv")) == 2
    nothing = cli("collect", tmp_path / "gone")
    assert (nothing.code, nothing.out) == (1, "")


def test_a_half_downloaded_picture_is_named_and_kept(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 3)
    whole = (folder / "001.jpg").read_bytes()
    (folder / "001.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    outcome = cli("collect", folder, "-o", tmp_path / "t.csv")
    assert outcome.code == 3
    assert outcome.err == f"penchant: {folder}/001.jpg: the picture ends too early, as after an interrupted download\n"
    assert len(rows(tmp_path / "t.csv")) == 3, "what its keywords say is whole"


def test_takeouts_packed_otherwise_are_named_in_a_folder(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 1)
    for name in ("takeout-20260101T000000Z-001.tgz", "sources-1.0.tgz"):
        (folder / name).write_bytes(b"\x1f\x8b")
    outcome = cli("collect", folder)
    assert outcome.code == 3
    assert outcome.err == (
        f"penchant: {folder}/takeout-20260101T000000Z-001.tgz: packed in a way that can't be read in place; unpack it "
        "and give the folder instead\n"
    )
    assert "Passed over: 1 .tgz\n" in outcome.out


def test_names_that_are_not_utf_8(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 1)
    try:
        os.rename(os.fsencode(folder / "000.jpg"), os.fsencode(folder) + b"/caf\xe9.jpg")  # noqa: PTH104
    except OSError:
        pytest.skip("this system's names are always Unicode")
    refused = cli("collect", folder, "-o", tmp_path / "t.parquet")
    assert refused.code == 1
    assert "its name is not UTF-8, which a .parquet table can't hold" in refused.err
    assert cli("collect", folder, "-o", tmp_path / "t.jsonl").code == 0
    (photo,) = list_photos(str(tmp_path / "t.jsonl")).photos
    assert os.fsencode(photo.path) == os.fsencode(folder) + b"/caf\xe9.jpg"


def test_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "pictures", 1)
    (tmp_path / "mine.csv").write_text("path\nx.jpg\n")
    for target, message in (
        (tmp_path / "t.xlsx", "name a file that ends in .parquet, .csv, .jsonl"),
        (tmp_path / "no" / "t.csv", "there is no folder"),
        (tmp_path / "mine.csv", "that file exists and is something else"),
    ):
        outcome = cli("collect", folder, "-o", target)
        assert outcome.code == 2
        assert message in outcome.err
        assert "\n" not in outcome.err.strip()
    assert (tmp_path / "mine.csv").read_text() == "path\nx.jpg\n"


def test_a_tags_semicolon_does_not_split_it(cli: Cli, tmp_path: Path) -> None:
    as_folder(
        tmp_path / "f", {"photo_31415926.json": flickr_photo("31415926", "a;b", "c"), "x_31415926_o.jpg": picture()}
    )
    cli("collect", tmp_path / "f", "-o", tmp_path / "t.csv")
    assert list_photos(str(tmp_path / "t.csv")).photos[0].tags == ("a,b", "c")


def test_a_photographer_sees_words_against_pictures_by_one_command(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("profile", keyworded(tmp_path / "pictures"))
    assert outcome.code == 0
    assert "Words against pictures\n24 of 24 pictures have tags" in outcome.out
    assert "Clearly more in words:\n  Animals:" in outcome.out


@pytest.mark.parametrize("form", ["folder", "archive", "table"])
def test_an_export_is_profiled_directly(cli: Cli, tmp_path: Path, form: str) -> None:
    folder = keyworded(tmp_path / "pictures")
    for path in sorted(folder.iterdir()):
        (folder / f"{path.name}.supplemental-metadata.json").write_text(json.dumps(takeout(path.name)))
    source = folder
    if form == "archive":
        source = as_zip(tmp_path / "t.zip", {f"{YEAR}{path.name}": path.read_bytes() for path in folder.iterdir()})
    if form == "table":
        source = tmp_path / "t.parquet"
        cli("collect", folder, "-o", source)
    outcome = cli("profile", source, "--json")
    assert outcome.code == 0
    assert outcome.json["photos"]["used"] == 24
