"""Whole experiments on made-up worlds, through the command line."""

from __future__ import annotations

import csv
import dataclasses
import json
import typing
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from experiment_worlds import World, make_world, rows_of

from penchant.report import json_schema
from penchant.results import ExperimentResult, Scores

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli, Outcome

pytest.importorskip("matplotlib")

MEASURES = [f.name for f in dataclasses.fields(Scores) if f.name not in {"matches", "mean_matches"}]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), rows_of(14, 40))


def metrics(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


def run(cli: Cli, world: World, out: Path, *options: object) -> Outcome:
    return cli("experiment", world.table, "--run", world.run, "-o", out, "-q", *map(str, options))


@pytest.fixture(scope="module")
def whole(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of both protocols with a calibration."""
    from penchant.cli import main

    out = tmp_path_factory.mktemp("report") / "new" / "report"
    out.parent.mkdir()
    with pytest.raises(SystemExit) as left:
        main(["experiment", str(world.table), "--run", str(world.run), "-o", str(out), "-q", "--bootstrap", "500"])
    assert left.value.code == 0
    return out


def test_metrics_are_what_the_schema_says(whole: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema("metrics")
    jsonschema.Draft202012Validator.check_schema(schema)
    found = metrics(whole)
    jsonschema.validate(found, schema)
    assert list(found)[:5] == ["schema_version", "k", "users", "photos", "reference"]
    broken = {**found, "methods": [{**found["methods"][0], "f1_at_k": 0.5}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_the_schema_names_every_field_of_the_values() -> None:
    schema = json_schema("metrics")
    seen = {"ExperimentResult": (ExperimentResult, schema)}
    import penchant.results as values

    for name, part in schema["$defs"].items():
        seen[name] = (getattr(values, name), part)
    for kind, part in seen.values():
        names = [field.name for field in dataclasses.fields(kind)]
        assert part["required"] == list(part["properties"]) == names


def test_every_method_and_baseline_has_every_measure(whole: Path) -> None:
    found = metrics(whole)
    assert [m["name"] for m in found["methods"]] == ["default", "default/ontology", "paper"]
    assert [m["generaliser"] for m in found["methods"]] == ["calibrated", "ontology", "paper"]
    assert [m["aggregation"] for m in found["methods"]] == ["mass", "mass", "count"]
    assert (found["users"], found["photos"], found["k"]) == (14, 560, 5)
    assert list(found["baselines"]) == ["constant", "random", "prior", "oracle"]
    assert found["baselines"] == found["methods"][0]["baselines"] != found["methods"][2]["baselines"]
    for scores in [*found["methods"], *found["baselines"].values()]:
        for name in MEASURES:
            measure = scores[name]
            assert measure["mean"] is not None, name
            assert measure["low"] <= measure["mean"] + 0.1, "a percentile interval may leave its mean, but not by much"
            assert measure["n"] + measure["undefined"] == (34 if name.startswith("domain") else 14)
        assert sum(scores["matches"].values()) == pytest.approx(14)
        assert scores["mean_matches"] == scores["matches_at_k"]["mean"]


def test_baselines_know_nothing_of_a_person(whole: Path) -> None:
    found = metrics(whole)["baselines"]
    for name in ("constant", "prior", "random"):
        assert found[name]["domain_spearman"] == {"mean": 0.0, "low": 0.0, "high": 0.0, "n": pytest.approx(10, abs=10),
                                                  "undefined": pytest.approx(24, abs=10)}  # fmt: skip
        assert found[name]["domain_auc"]["mean"] == 0.5
        assert found[name]["recommendation_auc"]["mean"] == pytest.approx(0.5, abs=0.1)
    assert found["oracle"]["f1_at_k"]["mean"] == found["oracle"]["domain_spearman"]["mean"] == 1
    assert found["random"]["f1_at_k"]["mean"] < 0.3 < found["constant"]["f1_at_k"]["mean"]


def test_comparisons_are_corrected_for_all_of_them(whole: Path) -> None:
    found = metrics(whole)["comparisons"]
    pairs = {(c["a"], c["b"]) for c in found}
    assert pairs == {
        ("default", "constant"), ("default/ontology", "constant"), ("default", "default/ontology"),
        ("paper", "constant"), ("default", "paper"),
    }  # fmt: skip
    assert {c["measure"] for c in found} == {
        "f1_at_k", "ndcg_at_k", "lift_ranked_f1_at_k", "recommendation_auc", "domain_spearman"
    }  # fmt: skip
    p = np.array([c["p"] for c in found])
    corrected = np.array([c["p_holm"] for c in found])
    assert (corrected >= p).all()
    assert corrected[np.argmin(p)] == pytest.approx(min(p.min() * len(p), 1))
    methods = {m["name"]: m for m in metrics(whole)["methods"]}
    first = next(c for c in found if (c["a"], c["b"], c["measure"]) == ("default", "default/ontology", "f1_at_k"))
    difference = methods["default"]["f1_at_k"]["mean"] - methods["default/ontology"]["f1_at_k"]["mean"]
    assert first["difference"] == pytest.approx(difference)


def test_a_method_below_the_constant_is_named_first(cli: Cli, whole: Path, world: World, tmp_path: Path) -> None:
    found = metrics(whole)
    below = [m["name"] for m in found["methods"] if m["below_constant"]]
    for method in found["methods"]:
        assert method["below_constant"] == (
            method["f1_at_k"]["mean"] < method["baselines"]["constant"]["f1_at_k"]["mean"]
        )
        assert ("below the constant baseline" in method["verdict"]) == method["below_constant"]
    for place, name in enumerate(below):
        assert found["verdict"][place].startswith(f"{name} is below the constant baseline")
    outcome = run(cli, world, tmp_path / "r", "--protocol", "paper", "--bootstrap", "200")
    assert outcome.out.startswith("paper ")
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_the_folder_holds_the_whole_report(whole: Path, world: World) -> None:
    names = {path.name for path in whole.iterdir()}
    assert {"metrics.json", "excluded.csv", "profiles.parquet", "index.html", "table1.csv", "table1.tex"} <= names
    profiles = pq.read_table(whole / "profiles.parquet").to_pylist()
    kinds = {(row["kind"], row["method"]) for row in profiles}
    assert kinds == {
        ("predicted", "default"), ("predicted", "default/ontology"), ("predicted", "paper"), ("reference", None)
    }  # fmt: skip
    shares: dict[Any, float] = {}
    for row in profiles:
        key = (row["kind"], row["method"], row["reference"], row["user_id"])
        shares[key] = shares.get(key, 0) + row["share"]
    assert all(share == pytest.approx(1) for share in shares.values())
    assert len(shares) == 14 * 5
    assert (whole / "excluded.csv").read_bytes() == b"what,user_id,photo_id,reason\r\n"


def test_provenance_names_all_that_decided_and_no_folder(whole: Path, world: World) -> None:
    found = metrics(whole)["provenance"]
    assert found["tables"][0]["name"] == "table.csv"
    assert len(found["tables"][0]["sha256"]) == len(found["models"][0]["sha256"]) == 64
    assert found["options"]["protocols"] == ["default", "paper"]
    assert (found["seed"], found["calibrated_in_cross_validation"]) == (0, True)
    assert str(world.folder) not in (whole / "metrics.json").read_text()


def test_the_same_experiment_gives_the_same_file(cli: Cli, whole: Path, world: World, tmp_path: Path) -> None:
    run(cli, world, tmp_path / "again", "--bootstrap", "500")
    assert (tmp_path / "again" / "metrics.json").read_bytes() == (whole / "metrics.json").read_bytes()


def test_order_of_rows_changes_nothing(cli: Cli, whole: Path, world: World) -> None:
    lines = world.table.read_text().splitlines()
    turned = world.folder / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    out = world.folder / "turned-report"
    cli("experiment", turned, "--run", world.run, "-o", out, "-q", "--bootstrap", "500")
    first, second = metrics(whole), metrics(out)
    assert first["methods"] == second["methods"]
    assert first["comparisons"] == second["comparisons"]


def test_bad_rows_are_named_and_counted_and_the_rest_goes_on(cli: Cli, tmp_path: Path) -> None:
    world = make_world(tmp_path / "w", rows_of(4, 12))
    with world.table.open("a", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user-00", "00-000", "pictures/00-001.jpg", "dog", ""])  # row 49: an id that is taken
        writer.writerow(["user-00", "x", "pictures/none.jpg", "dog", ""])  # row 50: no such file
        writer.writerow(["ghost", "y", "pictures/none.jpg", "dog", ""])
        writer.writerow(["untagged", "z", "plain.jpg", "", ""])
        writer.writerow(["odd", "o", "odd.jpg", "asdkjh; Canon", ""])
        writer.writerow(["user-00", "same", "same.jpg", "dog", ""])
    from conftest import draw_pictures

    first, second = draw_pictures(tmp_path / "w", 2)
    first.rename(tmp_path / "w" / "plain.jpg")
    second.rename(tmp_path / "w" / "odd.jpg")
    (tmp_path / "w" / "same.jpg").write_bytes(b"not a picture")
    out = tmp_path / "report"
    outcome = cli("experiment", world.table, "--run", world.run, "-o", out, "--bootstrap", "100")
    assert outcome.code == 3
    found = metrics(out)
    assert found["users"] == 4
    assert {name: count for name, count in found["excluded"].items() if count} == {
        "table_rows_refused": 3, "photos_failed": 1, "users_without_photos": 1, "users_without_tags": 1,
        "users_whose_tags_have_no_domain": 1,
    }  # fmt: skip
    told = (out / "excluded.csv").read_text()
    assert "row 49 of table.csv: another row of user user-00 has this photo_id already" in told
    assert "row 50 of table.csv: file not found" in told
    assert "users_without_tags,untagged,,none of the photos has a tag" in told
    assert "users_whose_tags_have_no_domain,odd,,none of the 2 tags has a domain" in told
    assert "users_without_photos,ghost" in told
    assert "Left out: table rows refused 3" in " ".join(outcome.out.split())


def test_nobody_left_says_why(cli: Cli, tmp_path: Path) -> None:
    rows = [dataclasses.replace(row, tags=()) for row in rows_of(2, 3)]
    world = make_world(tmp_path / "w", rows)
    outcome = cli("experiment", world.table, "--run", world.run, "-o", tmp_path / "r")
    assert (outcome.code, outcome.out) == (1, "")
    assert "nobody is left to be scored (users without tags: 2; first: none of the photos has a tag)" in outcome.err
    assert not (tmp_path / "r").exists()
    absent = cli("experiment", tmp_path / "none.csv", "-o", tmp_path / "r")
    assert absent.code == 1
    assert "there is no file or folder" in absent.err


def test_a_single_user_has_scores_and_no_intervals(cli: Cli, tmp_path: Path) -> None:
    world = make_world(tmp_path / "w", rows_of(1, 10))
    outcome = cli("experiment", world.table, "--run", world.run, "-o", tmp_path / "r", "-q")
    assert outcome.code == 0
    found = metrics(tmp_path / "r")
    method = found["methods"][0]
    assert method["f1_at_k"]["mean"] is not None
    assert method["f1_at_k"]["low"] is method["recommendation_auc"]["mean"] is method["domain_spearman"]["mean"] is None
    assert "can't be compared" in method["verdict"] or "says nothing" in method["verdict"]


def test_a_foreign_folder_is_left_alone(cli: Cli, world: World, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    outcome = run(cli, world, tmp_path / "mine")
    assert outcome.code == 1
    assert "is not empty and no report of an experiment" in outcome.err
    outcome = run(cli, world, tmp_path / "mine" / "thesis.txt")
    assert "is a file" in outcome.err


def test_values_have_types_that_json_keeps() -> None:
    hints = typing.get_type_hints(ExperimentResult, localns={"Plain": object})
    assert hints["schema_version"] is int
