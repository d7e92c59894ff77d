"""Every option of `penchant experiment` shows its effect."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from babelnet_server import KEY, BabelNetServer
from conftest import draw_pictures
from experiment_worlds import THEMES, Row, World, make_world, rows_of
from options import shows

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli, Outcome

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    rows = rows_of(6, 10)
    few = [Row("few", "few-0", "pets", ("dog",), (281,)), Row("few", "few-1", "pets", (), (282,))]
    return make_world(tmp_path_factory.mktemp("options"), [*rows, *few])


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, figures and page have tests of their own, and take seconds."""
    monkeypatch.setattr("penchant.report.experiment.write_report", lambda *_, **__: None)


@pytest.fixture
def experiment(cli: Cli, world: World, tmp_path: Path) -> Any:
    """Calls the command on the world; gives the metrics."""

    def call(*options: object, world: World = world) -> Any:
        given = ("--run", str(world.run), "-o", str(tmp_path / "r"), "--bootstrap", "50", *map(str, options))
        outcome: Outcome = cli("experiment", world.table, *given)
        assert outcome.code in {0, 3}, outcome.err
        return json.loads((tmp_path / "r" / "metrics.json").read_text())

    return call


@shows("experiment --output", "experiment -o", "experiment --json", "experiment --quiet", "experiment -q")
def test_where_results_go(cli: Cli, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    common = ("experiment", world.table, "--run", world.run, "--protocol", "paper", "--bootstrap", "20")
    told = cli(*common)
    assert "The report is in penchant-experiment/index.html" in told.err
    document = (tmp_path / "penchant-experiment" / "metrics.json").read_text()
    assert cli(*common, "-q", "--output", tmp_path / "b").err == ""
    assert (tmp_path / "b" / "metrics.json").read_text() == document
    printed = cli(*common, "--quiet", "--json", "-o", tmp_path / "c")
    assert (printed.out, printed.err) == (document, "")


@shows("experiment --protocol")
def test_protocols(cli: Cli, world: World, experiment: Any) -> None:
    assert [m["name"] for m in experiment("--protocol", "paper")["methods"]] == ["paper"]
    for form in (("--protocol", "paper,default"), ("--protocol", "paper", "--protocol", "default")):
        found = experiment(*form)
        assert [m["name"] for m in found["methods"]] == ["paper", "default"]
        assert [m["aggregation"] for m in found["methods"]] == ["count", "mass"]
    assert [m["name"] for m in experiment("--protocol", "all")["methods"]] == ["default", "paper"]
    wrong = cli("experiment", world.table, "--protocol", "x")
    assert (wrong.code, wrong.err) == (2, "penchant: --protocol 'x': write default, paper or all\n")


@shows("experiment --run", "experiment --retry-failed")
def test_run_is_gone_on_with(cli: Cli, tmp_path: Path) -> None:
    paths = draw_pictures(tmp_path / "p", 3)
    paths[1].write_bytes(b"broken")
    table = tmp_path / "t.csv"
    table.write_text("user_id,path,tags\n" + "".join(f"ann,{path},dog\n" for path in paths))
    run = tmp_path / "run"
    common = ("experiment", table, "--run", run, "-o", tmp_path / "r", "-q", "--protocol", "paper")
    first = cli(*common)
    assert first.code == 3
    parts = set((run / "predictions").iterdir())
    assert cli(*common).out == first.out
    assert set((run / "predictions").iterdir()) == parts, "nothing was looked at again"
    stamps = {path: path.stat().st_mtime_ns for path in parts}
    assert cli(*common, "--retry-failed").out == first.out
    assert {path: path.stat().st_mtime_ns for path in (run / "predictions").iterdir()} != stamps
    assert cli("experiment", table, "--retry-failed").code == 2


@shows("experiment --model", "experiment --fact")
def test_networks_are_columns(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from recognition.networks import network

    path = network(tmp_path / "tiny.onnx")
    labels = tmp_path / "labels.tsv"
    labels.write_text("index\tname\twnid\n0\ttabby\tn02123045\n1\tpizza\tn07873807\n2\tcastle\tn02980441\n3\tx\t\n")
    pictures = draw_pictures(tmp_path / "p", 4)
    table = tmp_path / "t.csv"
    table.write_text("user_id,path,tags\n" + "".join(f"u{i % 2},{p},dog;pizza\n" for i, p in enumerate(pictures)))
    out = tmp_path / "r"
    outcome = cli(
        "experiment", table, "-o", out, "--protocol", "paper", "--model", "efficientnet-lite0-int8", "--model", path,
        "--fact", f"labels={labels}", "--bootstrap", "20",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    found = json.loads((out / "metrics.json").read_text())
    assert [m["model"] for m in found["methods"]] == ["efficientnet-lite0-int8", "tiny"]
    assert [m["name"] for m in found["methods"]] == ["paper/efficientnet-lite0-int8", "paper/tiny"]
    named = {
        row["domain"] for row in pq.read_table(out / "profiles.parquet").to_pylist() if row["method"] == "paper/tiny"
    }
    assert named <= {"ANIMALS", "FOOD_AND_DRINK", "ART_ARCHITECTURE_AND_ARCHAEOLOGY", "TEXTILE_AND_CLOTHING"} | named
    twice = cli("experiment", table, "--model", path, "--model", path)
    assert "names the same network twice" in twice.err


@shows("experiment --generaliser")
def test_generalisers_go_with_every_protocol(experiment: Any) -> None:
    found = experiment("--generaliser", "ontology", "--generaliser", "paper")
    assert [m["name"] for m in found["methods"]] == ["default", "default/paper", "paper", "paper/paper"]
    assert [m["generaliser"] for m in found["methods"]] == ["ontology", "paper"] * 2


@shows("experiment --babelnet-key", "experiment --babelnet-cache", "experiment --max-requests")
def test_babelnet(cli: Cli, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("httpx")
    monkeypatch.delenv("BABELNET_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing here"))
    cache = tmp_path / "cache.sqlite"
    asked = ("experiment", world.table, "--run", world.run, "-o", tmp_path / "r", "--protocol", "paper", "-q",
             "--generaliser", "paper:babelnet", "--babelnet-cache", cache)  # fmt: skip
    with BabelNetServer() as server:
        monkeypatch.setenv("PENCHANT_BABELNET_URL", server.url)
        assert "set BABELNET_KEY" in cli(*asked).err
        limited = cli(*asked, "--babelnet-key", KEY, "--max-requests", "3")
        assert (limited.code, len(server.log)) == (1, 3)
        assert limited.err.startswith("penchant: the limit of 3 requests to BabelNet is used up")
        assert cache.exists()
        assert KEY.encode() not in cache.read_bytes()


@shows("experiment --aggregation", "experiment --top-k", "experiment --min-confidence")
def test_how_pictures_add_up(experiment: Any) -> None:
    default = ("--protocol", "default")
    mass = experiment(*default)
    count = experiment(*default, "--aggregation", "count")
    assert (mass["methods"][0]["aggregation"], count["methods"][0]["aggregation"]) == ("mass", "count")
    shares = [
        [row["predicted_share"] for row in found["methods"][0]["domains"]]
        for found in (
            mass,
            count,
            experiment(*default, "--top-k", "1"),
            experiment(*default, "--min-confidence", "0.3"),
        )
    ]
    assert shares[0] != shares[1]
    assert shares[0] != shares[2] == pytest.approx(shares[3]), "only the first label is as sure as that"


@shows("experiment --taxonomy")
def test_other_domains(experiment: Any) -> None:
    found = experiment("--taxonomy", "interests-tier1", "--protocol", "default")
    assert found["taxonomy"] == "interests-tier1"
    assert len(found["methods"][0]["domains"]) != 34


@shows("experiment --reference")
def test_references(cli: Cli, world: World, experiment: Any, tmp_path: Path) -> None:
    own, same = experiment(), experiment("--reference", "tags:default")
    assert own["methods"][0]["f1_at_k"] == same["methods"][0]["f1_at_k"]
    assert own["methods"][1]["baselines"] != own["baselines"]
    assert same["methods"][1]["baselines"] == same["baselines"], "one reference for both"
    column = experiment("--reference", "column:theme")
    assert column["reference"] == "column:theme"
    assert {row["code"] for row in column["methods"][0]["domains"] if row["reference_users"]} < {
        row["code"] for row in own["methods"][0]["domains"] if row["reference_users"]
    } | {"RELIGION_MYSTICISM_AND_MYTHOLOGY", "FOOD_AND_DRINK", "PHILOSOPHY_AND_PSYCHOLOGY"}
    file = tmp_path / "profiles.csv"
    lines = [f"user-{user:02},MUSIC,{user + 1}\nuser-{user:02},LAW,1\n" for user in range(6)]
    file.write_text("user_id,domain,weight\n" + "".join(lines))
    given = experiment("--reference", file)
    assert given["reference"] == "profiles.csv"
    assert given["excluded"]["reference_rows_refused"] == 6
    assert given["excluded"]["users_not_in_reference"] == 1
    assert given["baselines"]["constant"]["f1_at_k"]["mean"] == 1, "MUSIC for everybody"
    wrong = cli("experiment", world.table, "--reference", "nothing.csv")
    assert (wrong.code, wrong.err.split(":")[1].strip()) == (2, "--reference nothing.csv")


@shows("experiment --keyless")
def test_words_without_a_key_sense(cli: Cli, world: World, experiment: Any) -> None:
    first, none = (experiment("--protocol", "paper", "--keyless", how) for how in ("first", "none"))
    assert first["provenance"]["options"]["keyless"] == "first"
    assert first["reference_tags"]["paper"]["with_domain"] >= none["reference_tags"]["paper"]["with_domain"]
    assert cli("experiment", world.table, "--keyless", "x").code == 2


@shows("experiment -k")
def test_k(experiment: Any) -> None:
    found = experiment("-k", "2", "--protocol", "paper")
    assert found["k"] == 2
    assert list(found["methods"][0]["matches"]) == ["0", "1", "2"]


@shows("experiment --ties")
def test_ties(cli: Cli, world: World, experiment: Any) -> None:
    by_code, share = (experiment("--ties", how, "--protocol", "paper") for how in ("by_code", "share"))
    assert (by_code["ties"], share["ties"]) == ("by_code", "share")
    overlap = [found["methods"][0]["rank_biased_overlap"]["mean"] for found in (by_code, share)]
    assert overlap[0] != overlap[1]
    assert cli("experiment", world.table, "--ties", "x").code == 2


@pytest.fixture(scope="module")
def learnable(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Users of one theme each, two for every theme: they can be cut into folds by it."""
    rows: list[Row] = []
    for row in rows_of(12, 60, seed=3):
        theme = list(THEMES)[int(row.user[-2:]) % 6]
        labels, words = THEMES[theme]
        rows.append(
            Row(row.user, row.photo, theme, (*words[:2], "sky"), (labels[len(rows) % len(labels)], *row.label[1:]))
        )
    return make_world(tmp_path_factory.mktemp("learnable"), rows)


@shows(
    "experiment --calibrate", "experiment --no-calibrate", "experiment --group", "experiment --folds",
    "experiment --seed",
)  # fmt: skip
def test_calibration(cli: Cli, learnable: World, experiment: Any) -> None:
    default = ("--protocol", "default", "--folds", "3")
    found = {
        name: experiment(*default, *options, world=learnable)
        for name, options in {
            "by itself": (), "asked": ("--calibrate",), "not": ("--no-calibrate",), "groups": ("--group", "theme"),
            "folds": ("--folds", "2"), "seed": ("--seed", "5"),
        }.items()
    }  # fmt: skip
    names = {name: [m["generaliser"] for m in one["methods"]] for name, one in found.items()}
    assert names.pop("not") == ["ontology"]
    assert set(map(tuple, names.values())) == {("calibrated", "ontology")}
    assert found["by itself"]["methods"] == found["asked"]["methods"]
    same = ("f1_at_k", "domain_spearman", "domains", "recommendation_auc")
    assert all(found["by itself"]["methods"][1][key] == found["not"]["methods"][0][key] for key in same)
    profiles = {name: [r["predicted_share"] for r in one["methods"][0]["domains"]] for name, one in found.items()}
    assert profiles["groups"] != profiles["by itself"], "no user of the same theme teaches"
    assert profiles["folds"] != profiles["by itself"]
    assert found["seed"]["provenance"]["seed"] == 5
    assert profiles["seed"] != profiles["by itself"]
    kept = {path.name: path.stat().st_mtime_ns for path in (learnable.run / "calibration").iterdir()}
    experiment(*default, world=learnable)
    assert {path.name: path.stat().st_mtime_ns for path in (learnable.run / "calibration").iterdir()} == kept
    both = cli("experiment", learnable.table, "--group", "theme", "--no-calibrate")
    assert both.code == 2
    assert "--group goes with --calibrate" in both.err
    for asked in (("--group", "theme"), ("--calibrate",)):
        paper = cli("experiment", learnable.table, "--protocol", "paper", *asked)
        assert (paper.code, paper.out) == (2, "")
        assert "--calibrate and --group go with the default protocol" in paper.err
    absent = cli("experiment", learnable.table, "--run", learnable.run, "--group", "nothing")
    assert absent.code == 1
    assert "no column called nothing" in absent.err


def test_too_little_to_learn_from_says_so(cli: Cli, world: World) -> None:
    outcome = cli("experiment", world.table, "--run", world.run, "--calibrate")
    assert outcome.code == 2
    assert "200 are needed: give more users, or --no-calibrate" in outcome.err


@shows("experiment --bootstrap")
def test_samples(cli: Cli, world: World, tmp_path: Path) -> None:
    found = []
    for samples in ("20", "2000"):
        options = ("--run", world.run, "-o", tmp_path / "r", "--protocol", "paper", "--bootstrap", samples, "--json")
        found.append(cli("experiment", world.table, *options).json["methods"][0]["f1_at_k"])
    assert found[0]["mean"] == found[1]["mean"]
    assert found[0] != found[1]


@shows("experiment --min-photos", "experiment --min-tags", "experiment --min-domains")
def test_who_is_scored(experiment: Any) -> None:
    paper = ("--protocol", "paper")
    assert experiment(*paper)["users"] == 7
    for option, least, name in (
        ("--min-photos", 3, "users_with_few_photos"), ("--min-tags", 2, "users_with_few_tags"),
        ("--min-domains", 3, "users_with_few_domains"),
    ):  # fmt: skip
        found = experiment(*paper, option, least)
        assert (found["users"], found["excluded"][name]) == (6, 1)


@shows("experiment --hide-sensitive")
def test_sensitive_domains_are_left_out_of_what_is_shown(experiment: Any, tmp_path: Path) -> None:
    shown, hidden = experiment("--protocol", "default"), experiment("--protocol", "default", "--hide-sensitive")
    assert {row["code"] for row in shown["methods"][0]["domains"] if row["sensitive"]}
    assert not {row["code"] for row in hidden["methods"][0]["domains"] if row["sensitive"]}
    assert shown["methods"][0]["f1_at_k"] == hidden["methods"][0]["f1_at_k"], "the measures still see all"
    kept = {row["domain"] for row in pq.read_table(tmp_path / "r" / "profiles.parquet").to_pylist()}
    assert "RELIGION_MYSTICISM_AND_MYTHOLOGY" not in kept


@shows(
    "experiment --fetch", "experiment --allow-private-addresses", "experiment --keep-pictures",
)  # fmt: skip
def test_addresses(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("httpx")
    pytest.importorskip("protego")
    from picture_server import PictureServer

    with PictureServer() as server:
        for path in sorted(pictures.iterdir())[:4]:
            server.put(f"/{path.name}", path.read_bytes())
        table = tmp_path / "t.jsonl"
        rows = [{"user_id": "ann", "url": server.root + page, "tags": "dog"} for page in server.pages]
        table.write_text("".join(json.dumps(row) + "\n" for row in rows))
        common = ("experiment", table, "-o", tmp_path / "r", "--protocol", "paper")
        unasked = cli(*common)
        assert (unasked.code, server.log) == (2, [])
        assert "nothing is fetched unasked" in unasked.err
        private = cli(*common, "--fetch")
        assert (private.code, server.log) == (1, [])
        keep = tmp_path / "kept"
        fetched = cli(*common, "--fetch", "--allow-private-addresses", "--keep-pictures", keep)
        assert fetched.code == 0
        assert len(list(keep.rglob("*.jpg"))) == 4
        asked = len(server.asked())
        assert cli(*common, "--keep-pictures", keep).out == fetched.out
        assert len(server.asked()) == asked


@shows("experiment --threads", "experiment --max-memory", "experiment --max-pixels")
def test_what_may_be_used(cli: Cli, tmp_path: Path) -> None:
    paths = draw_pictures(tmp_path / "p", 3, side=64)
    draw_pictures(tmp_path / "large", 1, side=2100)[0].rename(tmp_path / "p" / "large.jpg")
    table = tmp_path / "t.csv"
    names = [*paths, tmp_path / "p" / "large.jpg"]
    table.write_text("user_id,path,tags\n" + "".join(f"ann,{path},dog\n" for path in names))
    common = ("experiment", table, "-o", tmp_path / "r", "--protocol", "paper", "--json", "-q")
    whole = cli(*common).json
    assert whole["photos"] == 4
    assert cli(*common, "--threads", "1").json["methods"] == whole["methods"]
    assert cli(*common, "--max-memory", "1").code == 2
    assert cli(*common, "--threads", "0").code == 2
    limited = cli(*common, "--max-pixels", "1").json
    assert (limited["photos"], limited["excluded"]["photos_failed"]) == (3, 1)
