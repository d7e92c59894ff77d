"""`penchant fit`, and what the other commands make of its file."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from options import shows
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli

TAGS = ("snow; river", "castle; church", "tabby; kitten", "pizza; cheese")


@pytest.fixture(scope="module")
def album(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four pictures of four people; everybody tags three themes, and one picture has no tags."""
    folder = tmp_path_factory.mktemp("album")
    with (folder / "album.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["user_id", "photo_id", "path", "tags", "event", "all"])
        for i, path in enumerate(sorted(pictures.iterdir())):
            tags = "" if i == 23 else TAGS[(i + i // 6) % 4]
            table.writerow([f"user{i // 6}", f"p{i}", path, tags, f"event{i % 8 // 2}", "same"])
    return folder / "album.csv"


@pytest.fixture(scope="module")
def nobody(album: Path) -> Path:
    """The same pictures of one person, not named."""
    target = album.with_name("nobody.csv")
    with album.open(encoding="utf-8", newline="") as file, target.open("w", encoding="utf-8", newline="") as other:
        rows = list(csv.DictReader(file))
        table = csv.DictWriter(other, ["photo_id", "path", "tags", "event"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    return target


@shows("fit -o", "fit --output", "fit --json", "fit --show", "fit -q", "fit --quiet")
def test_what_was_learned_is_kept_with_its_datasheet_and_used(
    cli: Cli, album: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")
    file = tmp_path / "mine.calibration"
    outcome = cli("fit", album, "-o", file)
    assert outcome.code == 0, outcome.err
    assert "Learned from 23 tagged pictures of 4 people.\n1 more has no tag with a domain.\n" in outcome.out
    assert "F1@5 on 4 users that it had not seen, 4 folds (95 %):" in outcome.out
    assert "made 2026-01-02" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "23 pictures are few" in outcome.err
    assert f"--generaliser calibrated:{file}" in outcome.err
    shown = cli("fit", "--show", file)
    assert (shown.code, shown.err) == (0, "")
    assert outcome.out.startswith(shown.out)
    sheet = cli("fit", "--show", file, "--json").json
    assert (sheet["schema_version"], sheet["photos"], sheet["users"], sheet["without_tags"]) == (1, 23, 4, 1)
    assert set(sheet["scores"]) == {"before", "after", "constant", "after - before", "after - constant"}
    assert [table["name"] for table in sheet["tables"]] == ["album.csv"]
    again = cli("fit", album, "--output", tmp_path / "again", "--json", "--quiet")
    assert (again.code, again.err) == (0, "")
    assert {**again.json, "file": ""} == {**sheet, "file": ""}, "the same photos give the same file"

    usual = cli("profile", pictures, "--json", "-q").json
    profile = cli("profile", pictures, "--json", "-q", "--generaliser", f"calibrated:{file}").json
    assert profile["generaliser"] == "calibrated"
    assert {domain["code"] for domain in profile["domains"]} > {domain["code"] for domain in usual["domains"]} & {
        "FOOD_AND_DRINK", "ANIMALS"
    }  # fmt: skip
    assert profile["domains"][0]["evidence"][0]["label"]
    assert cli("profile", pictures, "--generaliser", f"calibrated:{file}", "--top-k", "3").code == 2
    words = [cli("domains", "tabby", "--json", *with_).json for with_ in ((), ("--generaliser", f"calibrated:{file}"))]
    assert words[0]["domains"] == words[1]["domains"], "of words it says what the ontology says"


def test_refusals(cli: Cli, album: Path, pictures: Path, tmp_path: Path) -> None:
    table = tmp_path / "photos.parquet"
    cli("classify", pictures / "000.jpg", "-o", table, "-q")
    bare = tmp_path / "bare.csv"
    bare.write_text(f"path,tags\n{pictures / '000.jpg'},\n{pictures / '001.jpg'},\n")
    vague = tmp_path / "vague.csv"
    vague.write_text(f"path,tags\n{pictures / '000.jpg'},awesome; nikon\n")
    file = tmp_path / "f"
    for arguments, code, said in (
        (("fit", album), 2, "-o FILE"),
        (("fit", "-o", file), 2, "no source given"),
        (("fit", tmp_path / "absent.csv", "-o", file), 1, "absent.csv"),
        (("fit", album, "-o", "-"), 2, "name a file"),
        (("fit", album, "-o", table), 2, "exists and is no calibration"),
        (("fit", album, "-o", pictures / "000.jpg"), 2, "is something else"),
        (("fit", bare, "-o", file), 2, "no picture has tags"),
        (("fit", vague, "-o", file), 2, "none of 1 pictures' tags has a domain"),
        (("fit", album, "-o", file, "--generaliser", "babelnet"), 2, "starts from ontology or paper"),
        (("fit", album, "-o", file, "--group", "flavour"), 1, "has no column called flavour"),
        (("fit", album, "-o", file, "--group", "all"), 2, "nothing is left to learn from"),
        (("fit", album, "-o", file, "--retry-failed"), 2, "--run DIR"),
        (("fit", "--show", file), 2, "there is no calibration"),
        (("fit", album, "--show", file), 2, "--show only reads"),
        (("profile", pictures, "--generaliser", f"calibrated:{table}"), 2, "is a table, but not a calibration"),
    ):
        outcome = cli(*arguments)
        assert (outcome.code, outcome.out) == (code, ""), arguments
        assert said in outcome.err
        assert outcome.err.count("\n") == 1
        assert not file.exists()


@shows("fit --group", "fit --folds", "fit --seed")
def test_groups_make_a_test_possible(cli: Cli, nobody: Path, tmp_path: Path) -> None:
    plain = cli("fit", nobody, "-o", tmp_path / "a")
    assert plain.code == 0
    assert "Not tested" in plain.out
    assert "--group COLUMN" in plain.err
    grouped = cli("fit", nobody, "-o", tmp_path / "b", "--group", "event", "--json", "-q").json
    assert (grouped["groups"], grouped["group_column"], grouped["folds"], grouped["scored"]) == (
        4,
        "event",
        4,
        "groups",
    )
    two = cli("fit", nobody, "-o", tmp_path / "c", "--group", "event", "--folds", "2", "--json", "-q").json
    assert two["folds"] == 2
    assert cli("fit", nobody, "-o", tmp_path / "c", "--folds", "1").code == 2
    others = [
        cli("fit", nobody, "-o", tmp_path / "d", "--group", "event", "--folds", "2", "--json", "-q", "--seed", n).json
        for n in ("1", "2", "3", "4")
    ]
    assert {other["seed"] for other in others} == {1, 2, 3, 4}
    assert len({json.dumps(other["scores"]) for other in others}) > 1


@shows("fit --generaliser", "fit --taxonomy")
def test_what_it_starts_from(cli: Cli, album: Path, pictures: Path, tmp_path: Path) -> None:
    usual = cli("fit", album, "-o", tmp_path / "a", "--json", "-q").json
    paper = cli("fit", album, "-o", tmp_path / "b", "--generaliser", "paper", "--json", "-q").json
    assert (usual["generaliser"], paper["generaliser"]) == ("ontology", "paper")
    assert usual["sha256"] != paper["sha256"]
    other = cli("fit", album, "-o", tmp_path / "c", "--taxonomy", "interests-tier1", "--json", "-q").json
    assert other["taxonomy"] == "interests-tier1"
    assert "PETS" in other["domains"]
    assert "PETS" not in usual["domains"]
    profile = cli("profile", pictures, "--json", "-q", "--generaliser", f"calibrated:{tmp_path / 'c'}").json
    assert profile["taxonomy"] == "interests-tier1", "the file knows its taxonomy"


@shows("fit --model", "fit --fact")
def test_the_model_is_remembered(cli: Cli, album: Path, pictures: Path, tmp_path: Path) -> None:
    from penchant.recognition import find_model

    row, path = find_model("efficientnet-lite0-int8")
    own = tmp_path / "mine.onnx"
    shutil.copy(path, own)
    facts = (f"size={row.input.size}", "labels=imagenet-1k", "resize=400")
    given = [part for fact in facts for part in ("--fact", fact)]
    usual = cli("fit", album, "-o", tmp_path / "a", "--json", "-q").json
    other = cli("fit", album, "-o", tmp_path / "b", "--model", own, *given, "--json", "-q").json
    assert (usual["model"], other["model"]) == ("efficientnet-lite0-int8", "mine")
    assert usual["model_sha256"] == other["model_sha256"]
    assert usual["sha256"] != other["sha256"]


@shows("fit --run", "fit --retry-failed", "fit --threads", "fit --max-memory", "fit --max-pixels")
def test_a_run_and_limits(cli: Cli, album: Path, tmp_path: Path) -> None:
    table = tmp_path / "more.csv"
    large = tmp_path / "large.png"
    Image.new("L", (1500, 1000), 99).save(large)
    table.write_text(album.read_text(encoding="utf-8") + f"user0,large,{large},snow,event1,same\n", encoding="utf-8")
    run = tmp_path / "fit.run"
    limited = cli("fit", table, "-o", tmp_path / "a", "--run", run, "--max-pixels", "1", "--threads", "2")
    assert limited.code == 3
    assert "1 picture could not be used; the first:" in limited.err
    assert "--max-pixels" in limited.err
    assert {entry.name for entry in run.iterdir() if entry.is_dir()} == {"photos", "predictions"}
    assert cli("fit", run, "-o", tmp_path / "b", "--run", run, "--retry-failed", "-q").code == 0, "a run is a table too"
    assert cli("fit", table, "-o", tmp_path / "c", "--max-memory", "100").code == 2
    assert cli("fit", table, "-o", tmp_path / "c", "--threads", "0").code == 2
    refused = cli("fit", run, "-o", tmp_path / "c", "--group", "event")
    assert (refused.code, "name the table itself" in refused.err) == (2, True)


@shows("fit --fetch", "fit --keep-pictures", "fit --allow-private-addresses")
def test_pictures_at_addresses(cli: Cli, album: Path, pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("httpx")
    pytest.importorskip("protego")
    from picture_server import PictureServer

    target = tmp_path / "mine.calibration"
    with album.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with PictureServer() as server:
        for row in rows:
            row["url"] = server.put(f"/{row['photo_id']}.jpg", (pictures / row["path"]).read_bytes())
            row["path"] = ""
        remote = tmp_path / "remote.csv"
        with remote.open("w", encoding="utf-8", newline="") as other:
            table = csv.DictWriter(other, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
        unasked = cli("fit", remote, "-o", target)
        assert (unasked.code, server.log) == (2, [])
        assert "24 pictures are at addresses of 1 host (127.0.0.1), and nothing is fetched unasked" in unasked.err
        assert cli("fit", remote, "-o", target, "--fetch").code != 0
        assert server.log == []
        keep = ("--keep-pictures", tmp_path / "kept")
        fetched = cli("fit", remote, "-o", target, "--fetch", "--allow-private-addresses", *keep)
        assert fetched.code == 0
        assert fetched.err.startswith("penchant: asking 1 host (127.0.0.1) for 24 pictures\n")
        assert len(server.asked()) == 24
        server.log.clear()
        assert cli("fit", remote, "-o", target, *keep).code == 0
        assert server.log == []
