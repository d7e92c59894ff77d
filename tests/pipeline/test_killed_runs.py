"""Real processes with a run, killed at chosen and at random moments: the next call ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from conftest import draw_pictures

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such signals")

DRIVER = Path(__file__).with_name("run_driver.py")
PICTURES = 44


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "pictures"
    draw_pictures(folder, PICTURES, side=64)
    (folder / "broken.jpg").write_bytes((folder / "000.jpg").read_bytes()[:700])
    (folder / "twin.jpg").write_bytes((folder / "001.jpg").read_bytes())
    return folder


def command(source: Path, run: Path, log: Path, point: str = "none", count: int = 0) -> list[str]:
    driven = [sys.executable, str(DRIVER), str(log), point, str(count)]
    return [*driven, "profile", str(source), "--run", str(run), "--json"]


@pytest.fixture(scope="module")
def undisturbed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    place = tmp_path_factory.mktemp("undisturbed")
    done = subprocess.run(command(source, place / "me.run", place / "log"), capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["photos"] == {"total": PICTURES + 2, "used": PICTURES, "failed": 1, "duplicates": 1}
    return result


def finished(run: Path) -> list[str]:
    return [
        name
        for part in (run / "predictions").glob("part-*.parquet")
        for name in pq.read_table(part, columns=["photo_id"]).column("photo_id").to_pylist()
    ]


def check_next_call(source: Path, run: Path, undisturbed: dict[str, Any]) -> None:
    """What was kept is whole, is not computed again, and the result is that of an undisturbed run."""
    kept = finished(run)
    log = run.with_suffix(".after")
    done = subprocess.run(command(source, run, log), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "")
    assert json.loads(done.stdout) == undisturbed
    computed = log.read_text().splitlines() if log.exists() else []
    assert set(kept).isdisjoint(computed)
    assert Counter([*kept, *computed]) == Counter(finished(run))
    assert len(kept) + len(computed) == PICTURES + 2
    assert not list(run.rglob("*.unfinished"))


@pytest.mark.parametrize(
    ("point", "count"),
    [("mkdir", 1), ("fsync", 1), ("replace", 2), ("write", 2), ("fsync", 7), ("write", 7)],
)
def test_killed_at_a_chosen_moment(
    source: Path, undisturbed: dict[str, Any], tmp_path: Path, point: str, count: int
) -> None:
    run = tmp_path / "me.run"
    killed = subprocess.run(command(source, run, tmp_path / "log", point, count), capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    check_next_call(source, run, undisturbed)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(source: Path, undisturbed: dict[str, Any], tmp_path: Path, seed: int) -> None:
    run, log = tmp_path / "me.run", tmp_path / "log"
    chance = random.Random(seed)
    for _ in range(2):
        with subprocess.Popen(
            command(source, run, log, "slow", 20), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            wait_for(lambda: log.exists() or process.poll() is not None)
            time.sleep(chance.uniform(0, 0.25))
            process.kill()
    check_next_call(source, run, undisturbed)


def wait_for(condition: Any, *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)


def test_control_c_keeps_what_was_finished(source: Path, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    run, log = tmp_path / "me.run", tmp_path / "log"
    with subprocess.Popen(
        command(source, run, log, "slow", 400), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(lambda: list((run / "predictions").glob("part-*")) or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "penchant: stopped; with --run, the same command goes on where it was"
    assert 8 <= len(finished(run)) <= len(log.read_text().splitlines())
    assert not list(run.rglob("*.unfinished"))
    check_next_call(source, run, undisturbed)


def test_a_full_disk_is_said_in_a_sentence_and_nothing_is_half_written(
    source: Path, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    run, log = tmp_path / "me.run", tmp_path / "log"
    limited = f"ulimit -f 2; trap '' XFSZ; exec {sys.executable} {DRIVER} {log} none 0"
    done = subprocess.run(
        ["bash", "-c", f'{limited} "$@"', "bash", "profile", str(source), "--run", str(run), "--json"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("penchant: ")
    assert "a file may not become so large here: make room, and run the same command again" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(run.rglob("*.unfinished"))
    check_next_call(source, run, undisturbed)
