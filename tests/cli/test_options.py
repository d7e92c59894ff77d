"""Every option shows its effect. The lists at the end make sure that none is forgotten."""

from __future__ import annotations

import csv
import importlib
import json
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babelnet_server import KEY, BabelNetServer
from command_tree import COMMANDS
from conftest import draw_pictures
from hub_server import HubServer
from options import SHOWN, shows
from recognition.networks import network

from penchant.report import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cli, Outcome

ELSEWHERE = {
    (command, option)  # they need a service of BabelNet's, which tests/semantics makes
    for command in ("profile", "domains")
    for option in ("--babelnet-key", "--babelnet-cache", "--max-requests")
}


def domains_of(outcome: Outcome) -> list[str]:
    return [domain["code"] for domain in outcome.json["domains"]]


@shows("profile --json", "profile -q", "profile --quiet")
@pytest.mark.parametrize("form", [("--json",), ("--json", "-"), ("--json=-",), ("--json", "-q"), ("--quiet", "--json")])
def test_json_goes_to_standard_output(cli: Cli, pictures: Path, form: tuple[str, ...]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    outcome = cli("profile", pictures, *form)
    assert (outcome.code, outcome.err) == (0, "")
    jsonschema.validate(outcome.json, json_schema("profile"))
    assert outcome.json["photos"] == {"total": 24, "used": 24, "failed": 0, "duplicates": 0}
    assert outcome.out.count("\n") == 1


def test_json_before_a_folder_takes_the_folder_for_a_source(cli: Cli, pictures: Path) -> None:
    assert cli("profile", "--json", pictures).json["photos"]["total"] == 24


def test_json_to_a_file_leaves_the_table_on_standard_output(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    absent = cli("profile", pictures, "--json", tmp_path / "new" / "me.json")
    assert (absent.code, absent.out) == (2, "")
    assert f"there is no folder {tmp_path}/new" in absent.err
    target = tmp_path / "me.json"
    outcome = cli("profile", pictures, "--json", target)
    assert (outcome.code, outcome.err) == (0, "")
    assert "What 24 pictures say." in outcome.out
    assert target.read_text() == cli("profile", pictures, "--json").out
    assert cli("profile", pictures, "--json", target).code == 0, "and replaces it the next time"


def test_no_option_overwrites_what_it_has_not_written(cli: Cli, tmp_path: Path) -> None:
    first, second = draw_pictures(tmp_path, 2)
    before = first.read_bytes()
    for command, option in (("profile", "--json"), ("profile", "--html")):
        outcome = cli(command, option, first, second)
        assert outcome.code == 2
        assert outcome.err == (
            f"penchant: {option} {first}: that file exists and is something else; name another, or remove it\n"
        )
        assert cli(command, second, f"{option}={tmp_path}").code == 2, "a folder"
        assert cli(command, second, f"{option}=").code == 2, "an empty name"
    table = tmp_path / "mine.csv"
    table.write_text("path\n000.jpg\n")
    assert cli("classify", table, "-o", table).code == 2
    assert (first.read_bytes(), table.read_text()) == (before, "path\n000.jpg\n")


@shows("profile --html")
def test_a_page(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    target = tmp_path / "me.html"
    outcome = cli("profile", pictures, "--html", target)
    assert outcome.code == 0
    assert outcome.err == f"The page is in {target}\n"
    page = target.read_text()
    assert page.lower().startswith("<!doctype html>")
    assert "data:image/jpeg;base64," in page
    assert cli("profile", pictures, "--html", target, "--quiet").err == ""
    assert cli("profile", pictures, "--html", "-").out.lower().startswith("<!doctype html>")
    assert cli("profile", pictures, "--html", "-", "--json", "-").code == 2


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it was asked to show; gives the file that it writes to."""
    import webbrowser

    record = tmp_path / "shown.txt"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{record}"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", str(script))
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # it reads BROWSER once
    monkeypatch.setattr(webbrowser, "_browsers", {})
    return record


@shows("profile --open", "demo --open", "demo --html")
@pytest.mark.skipif(os.name == "nt", reason="the browser is a shell script")
def test_open_shows_the_page(
    cli: Cli, pictures: Path, tmp_path: Path, browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("profile", pictures, "--html", "a page.html", "--open").code == 0
    assert browser.read_text() == (tmp_path / "a page.html").as_uri()
    assert cli("profile", pictures, "--open").code == 0
    assert browser.read_text() == (tmp_path / "penchant-profile.html").as_uri()
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    assert cli("demo", "--html", "demo.html", "--open").code == 0
    assert browser.read_text() == (tmp_path / "demo.html").as_uri()


def test_open_without_a_browser_says_what_to_do(
    cli: Cli, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    outcome = cli("profile", pictures, "--html", tmp_path / "a.html", "--open")
    assert outcome.code == 0
    assert f"No browser could be started; open {tmp_path / 'a.html'} by hand." in outcome.err


@shows("profile --top")
def test_top(cli: Cli, pictures: Path) -> None:
    few = cli("profile", pictures, "--top", "1").out
    many = cli("profile", pictures, "--top", "30").out
    ranks = [[int(line.split()[0]) for line in text.splitlines() if line[:3].strip().isdigit()] for text in (few, many)]
    assert ranks[0] == [1]
    assert ranks[1][:3] == [1, 2, 3]
    assert f"--top {len(ranks[1])} shows all" in few
    assert cli("profile", pictures, "--top", "0").code == 2


@shows("profile --evidence", "demo --evidence")
def test_evidence_names_pictures(cli: Cli, pictures: Path) -> None:
    assert ".jpg" not in cli("profile", pictures).out
    assert ".jpg" in cli("profile", pictures, "--evidence", "1").out
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    assert "chelsea" in cli("demo").out
    assert "chelsea" not in cli("demo", "--evidence", "0").out


def test_evidence_may_be_more_than_is_kept_otherwise(cli: Cli, pictures: Path) -> None:
    def most(*options: str) -> int:
        domains = cli("profile", pictures, "--json", "--min-confidence", "0", "--top-k", "10", *options).json["domains"]
        return max(len(domain["evidence"]) for domain in domains)

    assert most() == 12
    assert most("--evidence", "20") > 12


@shows("profile --failures")
def test_failures_are_listed(cli: Cli, mixed: Path) -> None:
    short, long = cli("profile", mixed), cli("profile", mixed, "--failures")
    assert (short.code, long.code) == (3, 3)
    assert "broken.jpg" not in short.out
    assert "--failures lists them" in short.out
    assert "broken.jpg: truncated" in long.out


@shows("profile --sort")
def test_sort(cli: Cli, pictures: Path) -> None:
    by_share = cli("profile", pictures, "--json").json["domains"]
    by_lift = cli("profile", pictures, "--json", "--sort", "lift").json["domains"]
    lifts = [domain["lift"] for domain in by_lift]
    assert lifts == sorted(lifts, reverse=True)
    assert [d["code"] for d in by_share] != [d["code"] for d in by_lift]
    assert cli("profile", pictures, "--sort", "size").err == "penchant: --sort 'size': write share or lift\n"


TWO_DOMAINS = """
schema_version = 1
name = "two"
title = "What people made, and what they found"
source = "a test"

[domains.MADE]
name = "Things people made"
sensitive = true
anchors = ["artifact.n.01"]

[domains.FOUND]
name = "Things people found"
anchors = ["natural_object.n.01", "organism.n.01", "geological_formation.n.01"]
"""


@pytest.fixture
def own_taxonomy(tmp_path: Path) -> Path:
    """Two domains: things that people made (sensitive here), and all else."""
    path = tmp_path / "two.toml"
    path.write_text(TWO_DOMAINS)
    return path


@shows("profile --taxonomy", "profile --hide-sensitive", "domains --taxonomy")
def test_a_taxonomy_of_ones_own_and_hidden_domains(cli: Cli, pictures: Path, own_taxonomy: Path) -> None:
    outcome = cli("profile", pictures, "--json", "--taxonomy", own_taxonomy)
    assert outcome.code == 0, outcome.err
    assert outcome.json["taxonomy"] == "two"
    assert set(domains_of(outcome)) <= {"MADE", "FOUND"}
    assert "MADE" in domains_of(outcome)
    hidden = cli("profile", pictures, "--json", "--taxonomy", own_taxonomy, "--hide-sensitive")
    assert "MADE" not in domains_of(hidden)
    word = cli("domains", "castle", "--json", "--taxonomy", own_taxonomy)
    assert word.json["domains"][0]["code"] == "MADE"
    for command in (("profile", pictures), ("domains", "castle")):
        outcome = cli(*command, "--taxonomy", own_taxonomy.with_name("absent.toml"))
        assert outcome.code in {1, 2}
        assert "absent.toml" in outcome.err


@shows("profile --generaliser", "domains --generaliser")
def test_another_generaliser(cli: Cli, pictures: Path) -> None:
    usual = cli("profile", pictures, "--json").json
    paper = cli("profile", pictures, "--json", "--generaliser", "paper")
    assert paper.code == 0, paper.err
    assert (usual["generaliser"], paper.json["generaliser"]) == ("ontology", "paper")
    assert paper.json["domains"] != usual["domains"]
    assert cli("domains", "crane", "--generaliser", "paper").out != cli("domains", "crane").out
    for command in ("profile", "domains"):
        wrong = cli(command, pictures, "--generaliser", "oracle")
        assert wrong.code == 2, wrong.err
        assert "oracle" in wrong.err


@shows("profile --min-photos")
def test_min_photos(cli: Cli, pictures: Path) -> None:
    for least, enough in (("24", True), ("25", False)):
        assert cli("profile", pictures, "--json", "--min-photos", least).json["sufficient"] is enough
    assert "Not enough evidence" in cli("profile", pictures, "--min-photos", "25").out


@shows("profile --aggregation", "profile --top-k", "profile --min-confidence")
def test_ways_to_add_up(cli: Cli, pictures: Path) -> None:
    count = cli("profile", pictures, "--json", "--aggregation", "count").json
    mass = cli("profile", pictures, "--json").json
    assert (count["aggregation"], mass["aggregation"]) == ("count", "mass")
    assert [d["share"] for d in count["domains"]] != [d["share"] for d in mass["domains"]]
    one = cli("profile", pictures, "--json", "--top-k", "1").json
    assert sum(d["photos"] for d in one["domains"]) < sum(d["photos"] for d in mass["domains"])
    assert one["provenance"]["top_k"] == "1"
    for least, domains in (("0", None), ("1", [])):
        outcome = cli("profile", pictures, "--json", "--min-confidence", least)
        assert outcome.code == 0, outcome.err
        if domains is None:
            assert len(outcome.json["domains"]) > len(mass["domains"])
        else:
            assert outcome.json["domains"] == domains
    for wrong in ("-0.1", "1.5", "nan", "much"):
        assert cli("profile", pictures, f"--min-confidence={wrong}").code == 2
    assert cli("profile", pictures, "--aggregation", "sum").code == 2


@shows("profile --background")
def test_a_background_of_ones_own(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    me = tmp_path / "me.json"
    usual = cli("profile", pictures, "--json", me).out
    compared = cli("profile", pictures, "--json", "--background", me)
    assert usual
    for domain in compared.json["domains"]:
        assert domain["lift"] == pytest.approx(domain["share"] / (0.98 * domain["share"] + 0.02 / 34), rel=1e-4)
    for name, content in (("absent.json", None), ("text.json", "hello"), ("list.json", "[]"), ("lines.json", "{}\n{}")):
        wrong = tmp_path / name
        if content is not None:
            wrong.write_text(content)
        outcome = cli("profile", pictures, "--background", wrong)
        assert outcome.code == 2
        assert outcome.err.startswith("penchant: ")
        assert outcome.err.count("\n") == 1


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """A table of three people's pictures; the first has three, the others two."""
    draw_pictures(tmp_path, 7)
    table = tmp_path / "family.csv"
    users = ["zoë", "ann", "bob", "zoë", "ann", "bob", "ann"]
    rows = [f"{user},{i:03}.jpg,{i}" for i, user in enumerate(users)]
    table.write_text("user_id,path,photo_id\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return table


@shows("profile --user")
def test_several_people_have_a_profile_each(cli: Cli, family: Path, tmp_path: Path) -> None:
    outcome = cli("profile", family, "--json")
    assert [(line["user_id"], line["photos"]["used"]) for line in outcome.lines] == [("ann", 3), ("bob", 2), ("zoë", 2)]
    text = cli("profile", family).out
    assert text.index("ann: what 3 pictures say") < text.index("zoë: what 2 pictures say")
    assert cli("profile", family, "--json", "--user", "zoë").json["user_id"] == "zoë"
    nobody = cli("profile", family, "--user", "eve")
    assert (nobody.code, nobody.err) == (2, "penchant: --user 'eve' has no photos; there are ann, bob, zoë\n")
    page = cli("profile", family, "--html", tmp_path / "all.html", "--run", tmp_path / "r")
    assert (page.code, page.out) == (2, "")
    assert page.err == "penchant: --html shows one person, and there are 3: choose one with --user\n"
    assert not (tmp_path / "r").exists(), "it is said before any work is done"
    assert cli("profile", family, "--html", tmp_path / "ann.html", "--user", "ann").code == 0


def own_model(tmp_path: Path, *, labels: str = "imagenet-1k") -> Path:
    """The embedded model as a file of the user's own, with its facts beside it."""
    from penchant.recognition import find_model

    row, path = find_model("efficientnet-lite0-int8")
    own = tmp_path / "my model.onnx"
    shutil.copy(path, own)
    own.with_suffix(".toml").write_text(
        f'labels = "{labels}"\n[input]\nsize = {row.input.size}\nresize = {row.input.resize}\n'
    )
    return own


@shows("profile --model", "profile --fact", "classify --model", "classify --fact")
def test_a_model_of_ones_own(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    usual = cli("profile", pictures, "--json").json
    model = own_model(tmp_path)
    outcome = cli("profile", pictures, "--json", "--model", model)
    assert outcome.code == 0, outcome.err
    assert outcome.json["model"] == {**usual["model"], "name": "my model"}
    assert outcome.json["domains"] == usual["domains"]
    cropped = cli("profile", pictures, "--json", "--model", model, "--fact", "resize=400", "--fact", "name=near")
    assert cropped.json["model"]["name"] == "near"
    assert cropped.json["domains"] != usual["domains"]
    lines = [
        cli("classify", pictures, "--json", "--model", model, *facts).lines for facts in ((), ("--fact", "resize=400"))
    ]
    assert lines[0] != lines[1]
    for arguments, code in (
        (("--model", "resnet-9000"), 1),
        (("--model", tmp_path / "absent.onnx"), 1),
        (("--fact", "size=224"), 2),
        (("--model", model, "--fact", "colour=red"), 2),
    ):
        wrong = cli("profile", pictures, *arguments)
        assert (wrong.code, wrong.out) == (code, "")
        assert wrong.err.startswith("penchant: ")


def test_sorting_by_lift_needs_a_background(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    from penchant.recognition import labels

    own = tmp_path / "mine.tsv"
    source = Path(labels.__file__).parent.parent / "data" / "labels" / "imagenet-1k.tsv"
    shutil.copy(source, own)
    model = own_model(tmp_path, labels="mine.tsv")
    outcome = cli("profile", pictures, "--json", "--model", model)
    assert outcome.code == 0, outcome.err
    assert {domain["lift"] for domain in outcome.json["domains"]} == {None}
    outcome = cli("profile", pictures, "--model", model, "--sort", "lift")
    assert outcome.code == 2
    assert "--background" in outcome.err


@shows("profile --threads", "classify --threads")
def test_threads(cli: Cli, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from penchant import executors

    made: list[int] = []

    class Noting(executors.ThreadExecutor):
        def __init__(self, threads: int) -> None:
            made.append(threads)
            super().__init__(threads)

    monkeypatch.setattr(executors, "ThreadExecutor", Noting)
    for command in ("profile", "classify"):
        outcomes = [cli(command, pictures, "--json", "--threads", n).out for n in ("1", "3")]
        assert outcomes[0] == outcomes[1]
        assert cli(command, pictures, "--threads", "0").code == 2
    assert made == [1, 3, 1, 3]


@shows("profile --max-memory", "profile --max-pixels", "classify --max-memory", "classify --max-pixels")
def test_limits(cli: Cli, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (1500, 1000), 99).save(tmp_path / "large.png")
    for command in ("profile", "classify"):
        assert cli(command, tmp_path, "--max-pixels", "2").code == 0
        refused = cli(command, tmp_path, "--max-pixels", "1", "--json")
        assert refused.code == 1
        assert "--max-pixels" in refused.out
        small = cli(command, tmp_path, "--max-memory", "100")
        assert (small.code, small.out) == (2, "")
        assert "at least" in small.err
        assert cli(command, tmp_path, "--max-memory", "400").code == 0


@shows(
    "profile --run", "profile --retry-failed", "classify --run", "classify --retry-failed", "classify -q",
    "classify --quiet",
)  # fmt: skip
@pytest.mark.parametrize("command", ["profile", "classify"])
def test_a_run_remembers_and_retry_failed_tries_again(cli: Cli, mixed: Path, tmp_path: Path, command: str) -> None:
    run = tmp_path / "me.run"
    broken = mixed / "broken.jpg"
    whole = draw_pictures(tmp_path / "one", 1, first=30)[0].read_bytes()
    broken.write_bytes(whole[:300] + b"\xff" * (len(whole) - 300))
    plain = cli(command, mixed, "--json")
    first = cli(command, mixed, "--json", "--run", run, "--quiet")
    assert (first.code, first.out) == (plain.code, plain.out)
    assert sorted(entry.name for entry in run.iterdir() if entry.is_dir()) == (
        ["photos", "predictions", "profile"] if command == "profile" else ["photos", "predictions"]
    )
    # A picture that is mended without a trace (same size, same time) is only seen again when asked for.
    again = cli(command, mixed, "--json", "--run", run)
    assert (again.code, again.out) == (3, first.out)
    status = broken.stat()
    broken.write_bytes(whole)
    os.utime(broken, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert cli(command, mixed, "--json", "--run", run).out == first.out
    mended = cli(command, mixed, "--json", "--run", run, "--retry-failed")
    assert mended.code == 0
    assert mended.out == cli(command, mixed, "--json").out
    lonely = cli(command, mixed, "--retry-failed")
    assert (lonely.code, lonely.err) == (
        2, "penchant: --retry-failed goes with --run DIR, which remembers what failed\n"
    )  # fmt: skip


def test_a_run_follows_its_pictures(cli: Cli, tmp_path: Path) -> None:
    folder, run = tmp_path / "pictures", tmp_path / "me.run"
    draw_pictures(folder, 8)
    assert cli("profile", folder, "--run", run).code == 0
    (folder / "000.jpg").unlink()
    shutil.copy(folder / "002.jpg", folder / "001.jpg")
    draw_pictures(folder, 2, first=20)
    followed = cli("profile", folder, "--run", run, "--json")
    assert followed.json["photos"] == {"total": 9, "used": 8, "failed": 0, "duplicates": 1}
    assert followed.out == cli("profile", folder, "--json").out
    assert cli("profile", run, "--json").out == followed.out


@pytest.mark.parametrize("command", ["profile", "classify"])
def test_a_folder_that_is_no_run_is_left_alone(cli: Cli, pictures: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    outcome = cli(command, pictures, "--run", tmp_path)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        f"penchant: {tmp_path} is not empty and not a run's folder: give --run a new or an empty one\n"
    )
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_runs_are_sources(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw_pictures(tmp_path / "one", 6)
    draw_pictures(tmp_path / "two", 5, first=4)  # two pictures stand in both folders
    both = cli("profile", "one", "two", "--json").out
    cli("profile", "one", "--run", "a.run")
    cli("profile", "two", "--run", "b.run")
    assert cli("profile", "a.run", "b.run", "--json").out == both
    assert cli("profile", "b.run", "a.run", "one", "--json").out == both
    assert cli("profile", "a.run", "two", "--run", "c.run", "--json").out == both
    shutil.rmtree("one")
    shutil.rmtree("two")
    assert cli("profile", "a.run", "b.run", "--json").out == both, "no picture is needed again"
    monkeypatch.chdir("/")
    assert cli("profile", tmp_path / "c.run", "--json").out == both


def test_runs_whose_pictures_have_the_same_names_are_not_mixed_up(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, first in (("phone", 0), ("camera", 10)):
        draw_pictures(tmp_path / place, 3, first=first)
        for i, picture in enumerate(sorted((tmp_path / place).iterdir())):
            picture.rename(picture.with_name(f"IMG_{i}.jpg"))
        monkeypatch.chdir(tmp_path / place)
        assert cli("profile", ".", "--run", f"../{place}.run").code == 0
    monkeypatch.chdir(tmp_path)
    outcome = cli("profile", "phone.run", "camera.run", "--json")
    assert outcome.code == 3, "what can't be told apart is not dropped in silence"
    assert {failure["error"] for failure in outcome.json["failures"]} == {
        f"another picture has this photo_id already: {tmp_path}/phone/IMG_{i}.jpg" for i in range(3)
    }


def test_a_run_that_cannot_be_read_costs_only_itself(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    run = tmp_path / "future.run"
    run.mkdir()
    (run / "penchant-run.json").write_text('{"schema_version": 2}')
    outcome = cli("profile", pictures, run, "--json")
    assert outcome.code == 3
    assert "another version of penchant" in outcome.json["failures"][0]["error"]
    alone = cli("profile", run)
    assert (alone.code, alone.err.count("\n")) == (1, 1)
    assert "another version of penchant" in cli("profile", pictures, "--run", run).err


@shows("classify --json", "classify --labels")
def test_classify_json(cli: Cli, mixed: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    outcome = cli("classify", mixed, "--json")
    assert outcome.code == 3
    for line in outcome.lines:
        jsonschema.validate(line, json_schema("classify"))
    status = {os.path.basename(line["path"]): line["status"] for line in outcome.lines}  # noqa: PTH119
    assert status.pop("broken.jpg") == "failed"
    assert set(status.values()) == {"ok"}
    assert "letter.txt" not in status
    assert {len(line["labels"]) for line in outcome.lines} == {0, 5}
    more = cli("classify", mixed, "--json", "--labels", "7").lines
    assert {len(line["labels"]) for line in more} == {0, 7}
    assert [line["photo_id"] for line in outcome.lines] == [line["photo_id"] for line in more]
    text = cli("classify", mixed, "--labels", "1").out
    assert len(text.splitlines()) == 22
    assert "broken.jpg: (truncated" in text


@shows("classify --output", "classify -o")
def test_classify_writes_three_kinds_of_table(cli: Cli, mixed: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    lines = cli("classify", mixed, "--json").lines
    for suffix in (".jsonl", ".parquet", ".csv"):
        target = tmp_path / f"labels{suffix}"
        for _ in range(2):  # it may replace its own
            outcome = cli("classify", mixed, "-o", target)
            assert (outcome.code, outcome.out, outcome.err) == (3, "", "")
    assert [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()] == lines
    table = pq.read_table(tmp_path / "labels.parquet")
    assert [row["photo_id"] for row in table.to_pylist()] == [line["photo_id"] for line in lines]
    assert [len(row["labels"]) for row in table.to_pylist()] == [len(line["labels"]) for line in lines]
    with (tmp_path / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(max(1, len(line["labels"])) for line in lines)
    assert [row["error"] for row in rows if row["status"] == "failed"] == [
        line["error"] for line in lines if line["status"] == "failed"
    ]
    both = cli("classify", mixed, "--json", "--output", tmp_path / "too.jsonl")
    assert both.lines == lines
    wrong = cli("classify", mixed, "-o", "labels.xlsx")
    assert wrong.code == 2
    assert ".parquet, .csv, .jsonl" in wrong.err


@shows("domains --synset", "domains --json")
def test_domains(cli: Cli) -> None:
    outcome = cli("domains", "bass", "castle")
    assert outcome.code == 0
    assert "castle →" in outcome.out
    lines = cli("domains", "bass", "castle", "--json").lines
    assert [line["query"] for line in lines] == ["bass", "castle"]
    assert len(lines[0]["senses"]) > 1
    assert sum(weight["weight"] for weight in lines[0]["domains"]) == pytest.approx(1, abs=0.01)
    for name in ("n02123045", "tabby.n.01"):
        line = cli("domains", "--synset", name, "--json").json
        assert (line["query"], line["synset"], line["domains"][0]["code"]) == (name, "n02123045", "ANIMALS")
    assert cli("domains", "n02123045").code == 1, "without --synset it is a word, and not known"
    piped = cli("domains", "-", "--json", stdin=b"castle\n\nhot dog\r\n")
    assert [line["query"] for line in piped.lines] == ["castle", "hot dog"]
    assert cli("domains", "castle", "xyzzyx").code == 3
    assert cli("domains", "xyzzyx").code == 1
    assert cli("domains", "-", stdin=b"").code == 2


def test_a_failure_stands_with_its_owner(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    one, two = sorted(path for path in pictures.iterdir() if path.suffix == ".jpg")[:2]
    table = tmp_path / "people.csv"
    table.write_text(f"user_id,path\nanna,{one}\nbob,{two}\nbob,gone.jpg\n")
    outcome = cli("profile", table, "--json", "-")
    assert outcome.code == 3
    failed = {profile["user_id"]: [f["photo_id"] for f in profile["failures"]] for profile in outcome.lines}
    assert failed == {"anna": [], "bob": ["gone.jpg"]}
    assert cli("profile", table, "--json", "-", "--user", "anna").code == 0
    assert cli("profile", table, "--json", "-", "--user", "bob").code == 3


def test_evidence_is_ordered_by_the_share_it_shows(cli: Cli, pictures: Path) -> None:
    profile = cli("profile", pictures, "--json", "-").json
    for domain in profile["domains"]:
        shares = [evidence["share"] for evidence in domain["evidence"]]
        assert shares == sorted(shares, reverse=True)
        if domain["photos"] == len(shares):
            assert sum(shares) == pytest.approx(domain["share"], rel=1e-4)


@shows("domains --taxonomy", "tags --taxonomy")
def test_another_taxonomy(cli: Cli) -> None:
    line = cli("domains", "puppy", "--taxonomy", "interests-tier1", "--json").json
    assert line["domains"][0]["code"] == "PETS"
    (tag,) = cli("tags", "puppy", "--taxonomy", "interests-tier1", "--json").lines
    assert tag["domains"][0]["code"] == "PETS"


def test_a_word_of_the_supplement(cli: Cli) -> None:
    line = cli("domains", "selfie", "drone", "--json").lines
    assert [sense["path"][0].startswith("supplement: ") for sense in line[0]["senses"]] == [True]
    assert sum(sense["share"] for sense in line[1]["senses"]) == pytest.approx(1, abs=0.01)
    assert line[1]["domains"][0]["code"] == "TRANSPORT_AND_TRAVEL"


@shows("tags --json", "tags --alone", "tags --language")
def test_tags(cli: Cli) -> None:
    def first(*words: str) -> str:
        return str(cli("tags", *words, "--json").lines[0]["domains"][0]["code"])

    assert first("bass", "river", "rod") == "ANIMALS"
    assert first("bass", "guitar", "stage") == "MUSIC"
    assert first("bass", "river", "rod", "--alone") == first("bass")
    assert [line["kept"] for line in cli("tags", "pane", "--json").lines] == [True]
    assert cli("tags", "pane", "--language", "it", "--json").lines[0]["reason"] == "foreign"
    piped = cli("tags", "--json", "-", stdin=b"sunset\nD700\nbass; guitar; stage\n").lines
    assert [(line["tag"], line["kept"]) for line in piped[:2]] == [("sunset", True), ("D700", False)]
    assert {"tag", "clean", "kept", "reason", "senses", "domains"} <= set(piped[0])
    assert piped[2]["domains"][0]["code"] == "MUSIC"
    assert "dropped: camera" in cli("tags", "D700").out
    assert cli("tags", "-", stdin=b"").code == 2


@shows("models list --json")
def test_models_list(cli: Cli) -> None:
    shown = cli("models", "list").out
    assert re.search(r"efficientnet-lite0-int8 .* 5\.1 MB .* embedded", shown)
    assert re.search(r"googlenet  .* 28\.0 MB .* not fetched", shown)
    lines = cli("models", "list", "--json").lines
    assert (lines[0]["name"], lines[0]["state"], lines[0]["schema_version"]) == (
        "efficientnet-lite0-int8",
        "embedded",
        1,
    )
    assert len(lines[0]["sha256"]) == 64
    googlenet = next(line for line in lines if line["name"] == "googlenet")
    assert (googlenet["state"], googlenet["path"]) == ("not fetched", None)
    assert googlenet["remote"]["repo"] == "onnxmodelzoo/legacy_models"


@shows("models verify --json")
def test_models_verify(cli: Cli) -> None:
    good = cli("models", "verify")
    assert good.code == 0, good.err
    assert "efficientnet-lite0-int8: good" in good.out
    some = cli("models", "verify", "efficientnet-lite0-int8", "nobody")
    assert (some.code, some.err.count("\n")) == (3, 1)
    assert cli("models", "verify", "nobody").code == 1
    lines = cli("models", "verify", "--json", "efficientnet-lite0-int8", "nobody").lines
    assert [line["state"] for line in lines] == ["good", "failed"]
    assert (lines[0]["promised"], lines[0]["labels"], lines[0]["notes"]) == (True, "imagenet-1k", [])
    assert "no model named" in lines[1]["error"]


def test_a_model_that_was_not_fetched(cli: Cli, pictures: Path) -> None:
    for command in ("profile", "classify"):
        outcome = cli(command, pictures, "--model", "vgg16")
        assert (outcome.code, outcome.err) == (
            1, "penchant: the model vgg16 (553.4 MB) is not here yet: penchant models pull vgg16 fetches it\n"
        )  # fmt: skip
    assert cli("profile", pictures, "--model", "hf:x").code == 2


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with one small network, whose labels are not ImageNet's, and an empty store."""
    pytest.importorskip("httpx")
    monkeypatch.setenv("PENCHANT_MODELS", str(tmp_path / "models"))
    path = network(tmp_path / "tiny.onnx")
    config = {"id2label": {"0": "tabby, tabby cat", "1": "castle", "2": "pizza", "3": "xyzzyx"}}
    processor = {"size": 8, "resample": 2, "do_normalize": False, "do_rescale": False}
    with HubServer() as server:
        for name, data in (
            ("config.json", json.dumps(config).encode()),
            ("preprocessor_config.json", json.dumps(processor).encode()),
            ("model.onnx", path.read_bytes()),
        ):
            server.put("some-one/colours", name, data)
        yield server


@shows("models pull --mirror", "models pull --json", "models pull --quiet", "models pull -q")
def test_models_pull(cli: Cli, hub: HubServer, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "hf:some-one/colours"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    mirror = ("--mirror", hub.url)
    both = cli("models", "pull", name, "googlenet", *mirror)
    assert both.code == 3
    assert both.out.startswith(f"{name}: fetched, 0.0 MB, SHA-256 ")
    assert f"nobody has published the SHA-256 of {name}: it is trusted as it came" in both.err
    assert "googlenet-12.onnx is not there: try another mirror" in both.err
    again = cli("models", "pull", name, "efficientnet-lite0-int8", "--json")
    assert (again.code, again.err) == (0, "")
    assert [(line["name"], line["state"]) for line in again.lines] == [
        (name, "here already"), ("efficientnet-lite0-int8", "here already"),
    ]  # fmt: skip
    assert cli("models", "pull", "googlenet", *mirror, "--json").lines[0]["state"] == "failed"
    for loud in (True, False):
        shutil.rmtree(os.environ["PENCHANT_MODELS"])
        said = cli("models", "pull", name, *mirror, *([] if loud else ["-q"]))
        assert (said.code, bool(said.err)) == (0, loud)
    assert name in cli("models", "list").out
    listed = cli("models", "list", "--json").lines[-1]
    assert (listed["name"], listed["state"]) == (name, "here")
    verified = cli("models", "verify", name)
    assert (verified.code, verified.out) == (0, f"{name}: good (SHA-256 {listed['sha256']})\n")
    note = f"penchant: {name}: 1 of 4 labels have no synset: xyzzyx\n"
    assert verified.err == note
    profile = cli("profile", pictures, "--model", name, "--json")
    assert (profile.code, profile.err) == (0, note)
    assert profile.json["model"]["name"] == name
    assert set(domains_of(profile)) <= {"ANIMALS", "ART_ARCHITECTURE_AND_ARCHAEOLOGY", "FOOD_AND_DRINK"}
    line = cli("classify", pictures, "--model", name, "--json", "-q").lines[0]
    assert {label["name"]: label["synset"] for label in line["labels"]}["tabby"] == "n02123045"
    assert cli("models", "pull", name, "--mirror", "nonsense").code == 2


@shows("doctor --json")
def test_doctor(cli: Cli) -> None:
    from importlib.metadata import requires

    outcome = cli("doctor", "--json")
    assert outcome.code == 0, outcome.out
    assert outcome.json["schema_version"] == 1
    names = {check["what"] for check in outcome.json["checks"]}
    needed = [line for line in requires("penchant") or [] if "extra ==" not in line]
    assert {re.split(r"[<>=~!]", line)[0].strip().replace("-", ".") for line in needed} <= names
    assert "python" in cli("doctor").out


def test_doctor_says_how_to_mend(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from penchant.cli import doctor
    from penchant.errors import ModelError

    def broken() -> str:
        raise ModelError("the model is another")

    monkeypatch.setattr("penchant.cli.extras.find_spec", lambda _: None)
    monkeypatch.setattr(doctor, "_model", broken)
    monkeypatch.setenv("COLUMNS", "200")
    outcome = cli("doctor")
    assert outcome.code == 1
    assert "pip install 'penchant[heic]'" in outcome.out
    assert "the model is another; pip install --force-reinstall penchant" in outcome.out


@shows("demo --json")
def test_demo(cli: Cli) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("sklearn")
    outcome = cli("demo", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.json["photos"]["used"] == 8
    assert {"ANIMALS", "FOOD_AND_DRINK"} <= set(domains_of(outcome))
    assert "8 sample photos" in cli("demo").err


def test_demo_without_its_extra_says_how_to_get_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.cli.demo.find_spec", lambda _: None)
    outcome = cli("demo")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "penchant: The demo's sample photos needs an optional library: pip install 'penchant[demo]'\n"
    )


def test_sources_of_every_kind_and_names_from_standard_input(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    archive = tmp_path / "export.zip"
    names = sorted(pictures.iterdir())
    with zipfile.ZipFile(archive, "w") as file:
        for picture in names[:6]:
            file.write(picture, picture.name)
    odd = tmp_path / "line separator\u2028next\x85 line.jpg"
    shutil.copy(names[7], odd)
    stdin = "\n".join([str(archive), str(names[6]), str(odd), ""]).encode()
    assert cli("profile", "-", "--json", stdin=stdin).json["photos"]["used"] == 8
    broken = tmp_path / "two\nlines.jpg"
    shutil.copy(names[8], broken)
    stdin = b"\0".join(os.fsencode(path) for path in (names[6], broken)) + b"\0"
    assert cli("classify", "-", "--json", stdin=stdin).code == 0
    nothing = cli("profile", "-", stdin=b"\n")
    assert (nothing.code, nothing.err) == (
        2, "penchant: no source given: name a folder, a picture, an archive or a table\n"
    )  # fmt: skip


@shows("profile --generaliser", "domains --generaliser")
def test_generalisers(cli: Cli, pictures: Path) -> None:
    by_default = cli("domains", "crane", "--json").json
    by_paper = cli("domains", "crane", "--json", "--generaliser", "paper").json
    assert (by_default["generaliser"], by_paper["generaliser"]) == ("ontology", "paper")
    assert by_default["senses"] == by_paper["senses"]
    assert cli("domains", "crane", "--generaliser", "paper").out.partition("\n")[0].endswith("(by paper)")
    profiles = [cli("profile", pictures, "--json", "--generaliser", name).json for name in ("ontology", "paper")]
    assert [profile["generaliser"] for profile in profiles] == ["ontology", "paper"]
    assert profiles[0]["domains"] != profiles[1]["domains"]
    for command in (("domains", "crane"), ("profile", pictures)):
        wrong = cli(*command, "--generaliser", "x")
        known = "ontology, paper, babelnet, paper:babelnet or calibrated:FILE"
        assert (wrong.code, wrong.err) == (2, f"penchant: there is no generaliser 'x': write {known}\n")


@shows(
    "domains --babelnet-key", "domains --babelnet-cache", "domains --max-requests",
    "profile --babelnet-key", "profile --babelnet-cache", "profile --max-requests",
)  # fmt: skip
def test_babelnet(cli: Cli, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("httpx")
    monkeypatch.delenv("BABELNET_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing here"))
    monkeypatch.setenv("no_proxy", "*")
    for command in (("domains", "bass", "--json"), ("profile", pictures, "--json")):
        with BabelNetServer() as server:
            monkeypatch.setenv("PENCHANT_BABELNET_URL", server.url)
            cache = tmp_path / f"{command[0]}.sqlite"
            asked = (*command, "--generaliser", "babelnet", "--babelnet-cache", cache)
            no_key = cli(*asked)
            assert (no_key.code, server.log) == (2, [])
            assert "set BABELNET_KEY" in no_key.err
            refused = cli(*asked, "--babelnet-key", "somebody-elses-key")
            assert (refused.code, refused.out, len(server.log)) == (1, "", 1)
            assert refused.err.startswith("penchant: BabelNet refuses: the key is not valid, or its requests of today")
            limited = cli(*asked, "--babelnet-key", KEY, "--max-requests", "3")
            assert (limited.code, limited.out, len(server.log)) == (1, "", 4)
            assert limited.err.startswith("penchant: the limit of 3 requests to BabelNet is used up")
            further = cli(*asked, "--babelnet-key", KEY, "--max-requests", "2")
            assert len(server.log) == len(set(server.log)) + 1 == 6, "it goes on where it was"
            assert KEY not in "".join((no_key.err, refused.err, limited.err, further.err))
            assert KEY.encode() not in cache.read_bytes()
            if command[0] == "domains":
                assert further.code == 0
                assert further.json["generaliser"] == "babelnet"
                assert domains_of(further) == ["MUSIC", "ANIMALS", "FOOD_AND_DRINK"]
                assert [sense["share"] for sense in further.json["senses"]] == [0.5, 0.5, 0, 0]
                assert cli(*asked, "--max-requests", "0").json == further.json, "nothing is asked any more"


def test_every_option_is_shown() -> None:
    """Each option of each command stands above a test that shows its effect, here or in a test_options_….py beside."""
    for beside in sorted(Path(__file__).parent.glob("test_options_*.py")):
        importlib.import_module(beside.stem)
    options = {
        (" ".join(command.path), name) for command in COMMANDS for option in command.options for name in option[0]
    }
    assert options - SHOWN - ELSEWHERE == set()
    assert SHOWN - options == set(), "these options are gone"
