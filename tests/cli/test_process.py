"""The command line as real processes: pipes, signals, names, and what is left behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import draw_pictures

import penchant

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name == "nt", reason="for POSIX systems")


def run(*arguments: str | bytes | os.PathLike[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "penchant", *arguments], capture_output=True, text=True, errors="surrogateescape",
        **options,
    )  # fmt: skip


def test_python_m_penchant_knows_its_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"penchant {penchant.__version__}\n", "")


def test_results_on_standard_output_and_all_else_on_standard_error(mixed: Path, tmp_path: Path) -> None:
    done = run("profile", mixed, "--html", tmp_path / "me.html")
    assert done.returncode == 3
    assert "What 20 of 22 pictures say" in done.stdout
    assert done.stderr == f"The page is in {tmp_path / 'me.html'}\n"
    assert "\x1b" not in done.stdout, "no colours in a pipe"


@pytest.mark.parametrize("options", [(), ("--debug",)])
def test_a_traceback_only_with_debug(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = run("profile", tmp_path / "absent", *options)
    assert done.returncode == 1
    assert done.stdout == ""
    assert ("Traceback" in done.stderr) == bool(options)
    if not options:
        assert done.stderr == (
            f"penchant: there is no file or folder {tmp_path}/absent; check the spelling, and put quotes round a name "
            "with spaces\n"
        )


@posix
@pytest.mark.parametrize(
    "command",
    [
        "classify {pictures} --json --labels 10",
        "profile {pictures} --top 40",
        "domains bass castle dog cat --json",
        "--help",
    ],
)
def test_a_reader_that_goes_away_is_no_fault(pictures: Path, command: str) -> None:
    shell = f"set -o pipefail; {sys.executable} -m penchant {command.format(pictures=pictures)} | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@posix
def test_names_that_are_not_utf_8_end_to_end(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    try:
        draw_pictures(folder, 3)
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    odd = folder / os.fsdecode(b"\xff\xfe.jpg")
    (folder / "000.jpg").rename(odd)
    shutil.copy(odd, folder / os.fsdecode(b"twin \xff.jpg"))
    (folder / os.fsdecode(b"broken \xff.jpg")).write_bytes(b"\xff\xd8\xff\xe0 no more")
    page, outcome = tmp_path / os.fsdecode(b"p\xe9.html"), tmp_path / "me.json"
    arguments: list[str | Path] = [
        folder, "--json", outcome, "--html", page, "--run", tmp_path / os.fsdecode(b"r\xe9.run"), "--failures",
        "--evidence", "5",
    ]  # fmt: skip
    done = run("profile", *arguments, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 3, done.stderr
    assert "broken \\xff.jpg" in done.stdout
    document = json.loads(outcome.read_bytes())
    assert document["photos"] == {"total": 5, "used": 3, "failed": 1, "duplicates": 1}
    assert document["duplicates"][0]["photo_id"].endswith("caf\\xe9/twin \\xff.jpg")
    assert page.read_text().count("data:image/jpeg") >= 1
    again = run("profile", *arguments)
    assert again.returncode == 3, again.stderr
    assert json.loads(outcome.read_bytes()) == document
    listed = subprocess.run(
        [sys.executable, "-m", "penchant", "classify", "-", "--json"],
        input=os.fsencode(odd) + b"\n",
        capture_output=True,
    )
    assert listed.returncode == 0, listed.stderr
    assert json.loads(listed.stdout)["photo_id"].endswith("\\xff\\xfe.jpg")
    absent = run("profile", os.fsdecode(b"absent \xe9"))
    assert absent.returncode == 1
    assert "absent \\xe9" in absent.stderr


@posix
def test_without_a_run_nothing_is_left_behind(pictures: Path, tmp_path: Path) -> None:
    """Not by libraries either: some keep an identifier or a cache, and report to their makers, unless told not to."""
    places = {name: tmp_path / name for name in ("home", "tmp", "work", "cache")}
    for place in places.values():
        place.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("ORT_")}
    environment |= {
        "HOME": str(places["home"]), "TMPDIR": str(places["tmp"]), "XDG_CACHE_HOME": str(places["cache"]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    before = sorted(pictures.rglob("*"))
    done = run("profile", pictures, cwd=places["work"], env=environment)
    assert done.returncode == 0, done.stderr
    for place in places.values():
        assert list(place.rglob("*")) == []
    assert sorted(pictures.rglob("*")) == before


def test_importing_the_package_is_light() -> None:
    code = "import sys, penchant; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "PIL", "onnxruntime", "pyarrow", "typer", "rich", "msgspec", "jinja2", "cykooz", "filelock"}
    assert heavy.isdisjoint(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from penchant.cli import main\n"
        "try: main(['profile', '--help'])\n"
        "except SystemExit: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "PIL", "onnxruntime", "pyarrow", "cykooz", "jinja2"}.isdisjoint(done.stderr.split())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="for systems with /dev/full")  # noqa: PTH110
def test_a_full_disk_under_the_output_is_told_in_one_sentence(pictures: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "penchant", "profile", pictures], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "penchant: the disk that the output goes to is full: make room, and run again\n"
