"""What an experiment says holds wherever it is said, and can't be had from stale or hostile data."""

from __future__ import annotations

import csv
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from experiment_worlds import World, make_world, rows_of

from penchant.evaluation import Ties
from penchant.evaluation.metrics import domain_spearman, lift_ranked_f1_at_k
from penchant.experiment import remembered
from penchant.experiment.scoring import Judging, within_folds
from penchant.experiment.wording import summary_of, verdict_of
from penchant.results import ComparisonResult, Measure

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, figures and page have tests of their own, and take seconds."""
    monkeypatch.setattr("penchant.report.experiment.write_report", lambda *_, **__: None)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("honesty"), rows_of(14, 40))


def metrics(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())


@pytest.mark.parametrize(
    ("low", "high", "p", "said"),
    [
        (-0.3, -0.1, 0.01, "is below the constant"),
        (-0.3, -0.1, 0.10, "chance may explain it"),
        (-0.3, 0.1, 0.01, "chance may explain it"),
        (0.1, 0.3, 0.01, "beats the constant"),
        (0.1, 0.3, 0.10, "can't be told from"),
        (0.1, 0.3, None, "can't be told from"),
    ],
)
def test_a_verdict_and_the_headline_go_by_one_rule(low: float, high: float, p: float | None, said: str) -> None:
    difference = (low + high) / 2
    test = ComparisonResult("m", "constant", "f1_at_k", "tags", difference, low, high, p, p, exact=True, n=9)
    sentence = verdict_of("m", Measure(0.5, 0.4, 0.6, 9, 0), Measure(0.5 - difference, 0.4, 0.6, 9, 0), test, 5)
    assert said in sentence
    assert test.beyond_chance == ("chance" not in sentence and "can't be told" not in sentence)


def test_one_user_is_one_user() -> None:
    assert summary_of([], 1)[0].startswith("There is only one user:")
    assert summary_of([], 2)[0].startswith("There are only 2 users:")


def test_inside_folds_users_are_compared_with_their_own_fold() -> None:
    rng = np.random.default_rng(3)
    reference, fold = rng.random((12, 6)), np.repeat([0, 1, 2], [5, 4, 3])
    shifted = reference.copy()
    shifted[fold == 1] += 5  # another way to predict, with the same order of people
    how = Judging(5, Ties.BY_CODE, 0, 10)
    found = within_folds(shifted, reference, fold, how)
    parts = [
        (lift_ranked_f1_at_k(shifted[fold == f], reference[fold == f]).mean,
         domain_spearman(shifted[fold == f], reference[fold == f]).mean)
        for f in range(3)
    ]  # fmt: skip
    assert found.folds == 3
    assert found.lift_ranked_f1_at_k == pytest.approx(np.average([a for a, _ in parts], weights=[5, 4, 3]))
    assert found.domain_spearman == pytest.approx(np.average([b for _, b in parts], weights=[5, 4, 3]))
    alone = within_folds(reference, reference, np.arange(12), how)
    assert (alone.lift_ranked_f1_at_k, alone.domain_spearman) == (None, None)


def test_measures_inside_folds_stand_beside_those_across(cli: Cli, world: World, tmp_path: Path) -> None:
    options = ("--run", world.run, "-q", "--bootstrap", "20")
    learned = cli("experiment", world.table, "-o", tmp_path / "a", *options)
    found = metrics(tmp_path / "a")["methods"]
    assert [method["within_folds"]["folds"] for method in found] == [5, 5, 5]
    assert "inside the folds, lift-ranked F1@5" in found[0]["notes"][1]
    assert "Inside the folds of the cross-validation" in learned.out
    assert max(map(len, learned.out.splitlines())) <= 80
    plain = cli("experiment", world.table, "-o", tmp_path / "b", *options, "--no-calibrate")
    assert all(method["within_folds"] is None for method in metrics(tmp_path / "b")["methods"])
    assert "Inside the folds" not in plain.out


def test_the_command_that_makes_it_again(cli: Cli, world: World, tmp_path: Path) -> None:
    options = ("--protocol", "paper", "--seed", "7", "--keyless", "none", "--min-tags", "2", "--bootstrap", "20")
    cli("experiment", world.table, "--run", world.run, "-o", tmp_path / "r", "-q", "--no-calibrate", *options)
    assert metrics(tmp_path / "r")["provenance"]["command"] == (
        "penchant experiment table.csv --protocol paper --keyless none --seed 7 --bootstrap 20 --min-tags 2 "
        "--no-calibrate"
    )


def test_what_is_left_out_is_no_formula(cli: Cli, tmp_path: Path) -> None:
    name = "=HYPERLINK(1)"
    rows = [dataclasses.replace(row, user=name, tags=()) if row.user == "user-00" else row for row in rows_of(3, 4)]
    world = make_world(tmp_path / "w", rows)
    outcome = cli("experiment", world.table, "--run", world.run, "-o", tmp_path / "r", "-q", "--bootstrap", "20")
    assert outcome.code == 3
    with (tmp_path / "r" / "excluded.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["user_id"] == f"'{name}"


def test_tags_apart_by_another_sign_are_named(cli: Cli, tmp_path: Path) -> None:
    rows = rows_of(3, 4)
    odd = ("dog, cat, puppy", "dog|cat", "Paris, France")
    rows[:3] = [dataclasses.replace(row, tags=(tag,)) for row, tag in zip(rows[:3], odd, strict=True)]
    world = make_world(tmp_path / "w", rows)
    outcome = cli("experiment", world.table, "--run", world.run, "-o", tmp_path / "r", "-q", "--bootstrap", "20")
    assert outcome.code == 3
    assert metrics(tmp_path / "r")["excluded"]["photos_whose_tags_are_not_split"] == 2
    with (tmp_path / "r" / "excluded.csv").open(newline="") as file:
        told = [(row["photo_id"], row["reason"]) for row in csv.DictReader(file)]
    assert [photo for photo, _ in told] == [rows[0].photo, rows[1].photo]
    assert "apart by ',', not by ';'" in told[0][1]


def test_what_another_state_of_the_code_made_is_made_again(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(tmp_path / "w", rows_of(14, 40))
    call = ("experiment", world.table, "--run", world.run, "-q", "--bootstrap", "20", "-o")
    kept = {"tags": 2, "calibration": 5}  # the protocols' readings; the folds
    for _ in range(2):
        cli(*call, tmp_path / "a")
        assert {name: len(list((world.run / name).iterdir())) for name in kept} == kept
    monkeypatch.setattr(remembered, "maker", lambda: "another")
    cli(*call, tmp_path / "b")
    assert {name: len(list((world.run / name).iterdir())) for name in kept} == {"tags": 4, "calibration": 10}
    assert (tmp_path / "a" / "metrics.json").read_bytes() == (tmp_path / "b" / "metrics.json").read_bytes()


def test_readings_of_tags_are_told_apart() -> None:
    bags = [("dog",), ("cat", "sky")]
    names = {
        remembered.name_of_tags(bags, taxonomy, way=way) for taxonomy in "ab" for way in ("default", "paper, none")
    }
    assert len(names) == 4


def test_a_calibration_is_tested_though_groups_join_all_users(cli: Cli, world: World, tmp_path: Path) -> None:
    file = tmp_path / "c.calibration"
    options = ("--run", world.run, "--group", "theme", "--folds", "14", "-q")
    outcome = cli("fit", world.table, "-o", file, "--json", *options)
    assert outcome.code == 0, outcome.err
    sheet = json.loads(outcome.out)
    assert (sheet["scored"], sheet["scored_count"], sheet["folds"]) == ("users", 14, 14)
    assert sheet["scores"]["after"]["low"] is not None
