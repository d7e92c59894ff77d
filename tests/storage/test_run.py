"""A run's folder: who may use it, and what it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from strategies import Row, predictions_of, profile_of
from workers import many_photos

from penchant.errors import StorageError
from penchant.storage import is_run, open_run, read_run
from penchant.storage.run import MARKER

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_run_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b.run"
    assert not is_run(folder)
    with open_run(folder) as run:
        assert run.photos() == ()
    assert is_run(folder)
    assert json.loads((folder / MARKER).read_bytes()) == {"schema_version": 1}
    with open_run(folder):
        pass


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StorageError, match="not empty and not a run's folder: give --run a new or an empty one"):
        open_run(tmp_path).__enter__()
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="is a file; --run needs a folder"):
        open_run(tmp_path / "file").__enter__()


@pytest.mark.parametrize("left", [(".lock",), (".lock", ".penchant-run.json.123.unfinished")])
def test_a_run_that_was_killed_at_its_very_start_can_be_begun_again(tmp_path: Path, left: tuple[str, ...]) -> None:
    for name in left:
        (tmp_path / name).write_bytes(b"")
    with open_run(tmp_path):
        assert is_run(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", MARKER]


def test_what_a_kill_left_behind_is_cleared_away(tmp_path: Path) -> None:
    with open_run(tmp_path):
        pass
    (tmp_path / "predictions").mkdir()
    left = tmp_path / "predictions" / ".part-1.parquet.99.unfinished"
    left.write_bytes(b"half")
    with open_run(tmp_path):
        assert not left.exists()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from penchant.storage import open_run\n"
    code += "try:\n  open_run(Path(sys.argv[1])).__enter__()\nexcept Exception as e: print(type(e).__name__, e)"
    with open_run(tmp_path):
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
        with pytest.raises(StorageError, match="another penchant"):
            open_run(tmp_path).__enter__()
    assert done.stdout == (
        f"StorageError another penchant is working in {tmp_path}: wait for it, or use another folder\n"
    ), done.stderr


@pytest.mark.parametrize("version", [2, 0, "1", None])
def test_a_run_of_another_version_is_refused(tmp_path: Path, version: object) -> None:
    (tmp_path / MARKER).write_text(json.dumps({"schema_version": version}))
    for opened in (read_run, lambda path: open_run(path).__enter__()):
        with pytest.raises(StorageError, match=r"another version of penchant .* use that version, or another folder"):
            opened(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "7"])
def test_a_damaged_marker_is_said_to_be(tmp_path: Path, content: str) -> None:
    (tmp_path / MARKER).write_text(content)
    with pytest.raises(StorageError, match="damaged: delete the folder"):
        open_run(tmp_path).__enter__()


def test_the_photos_are_those_listed_last(tmp_path: Path) -> None:
    with open_run(tmp_path) as run:
        run.keep_photos(many_photos(30))
        run.keep_photos(many_photos(5))
        assert sorted(photo.photo_id for photo in run.photos()) == sorted(p.photo_id for p in many_photos(5))
        assert len(list((tmp_path / "photos").iterdir())) == 1


def test_a_damaged_list_of_photos_is_said_to_be(tmp_path: Path) -> None:
    with open_run(tmp_path) as run:
        run.keep_photos(many_photos(5))
        (part,) = (tmp_path / "photos").iterdir()
        part.write_bytes(part.read_bytes()[:100])
        with pytest.raises(StorageError, match=r"the list of photos in .* is damaged: give the pictures again"):
            run.photos()


def test_profiles_are_those_made_last(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    profiles = [profile_of(predictions_of([Row("1", ((i, 0.5),))])) for i in (0, 5)]
    with open_run(tmp_path) as run:
        run.keep_profiles(profiles, {"penchant": "0"})
        run.keep_profiles(profiles[1:], {"penchant": "0"})
    (part,) = (tmp_path / "profile").iterdir()
    table = pq.read_table(part)
    assert table.column("domain").to_pylist() == ["SPORT"]
    assert table.schema.metadata[b"schema_version"] == b"1"
