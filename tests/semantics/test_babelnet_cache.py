"""The file of answers."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import StorageError
from penchant.semantics.babelnet import cache as module
from penchant.semantics.babelnet.cache import Answer, BabelNetCache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_what_is_put_is_got_also_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "new" / "answers.sqlite"
    with BabelNetCache(file) as cache:
        assert cache.get("v9", "getSynset", "id=bn%3A1n") is None
        cache.put("v9", "getSynset", "id=bn%3A1n", Answer(b"{}", found=True))
        cache.put("v9", "getSynset", "id=bn%3A2n", Answer(b"no", found=False))
        cache.put("v9", "getSynset", "id=bn%3A1n", Answer(b"[]", found=True))
    with BabelNetCache(file) as cache:
        assert cache.get("v9", "getSynset", "id=bn%3A1n") == Answer(b"[]", found=True)
        assert cache.get("v9", "getSynset", "id=bn%3A2n") == Answer(b"no", found=False)
        assert cache.get("v8", "getSynset", "id=bn%3A1n") is None, "another version may answer otherwise"
        assert cache.get("v9", "getSenses", "id=bn%3A1n") is None
        assert cache.count() == 2
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_clearing_gives_the_space_back(tmp_path: Path) -> None:
    with BabelNetCache(tmp_path / "answers.sqlite") as cache:
        for i in range(50):
            cache.put("v9", "getSynset", str(i), Answer(os.urandom(4096), found=True))
        full = cache.size()
        assert full > 200_000
        cache.clear()
        assert cache.count() == 0
        assert cache.size() < full / 5


def test_it_opens_again_after_closing(tmp_path: Path) -> None:
    cache = BabelNetCache(tmp_path / "answers.sqlite")
    cache.close()
    cache.close()
    assert cache.count() == 0
    cache.close()


def test_a_damaged_row_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    with BabelNetCache(tmp_path / "answers.sqlite") as cache:
        cache.put("v9", "getSynset", "x", Answer(b"{}", found=True))
        direct = sqlite3.connect(cache.path)
        direct.execute("UPDATE answers SET body = x'00'")
        direct.commit()
        direct.close()
        assert cache.get("v9", "getSynset", "x") is None
        cache.put("v9", "getSynset", "x", Answer(b"{}", found=True))
        assert cache.get("v9", "getSynset", "x") == Answer(b"{}", found=True)


def test_files_that_are_something_else_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_bytes(b"not a database, but long enough to be looked at" * 30)
    with pytest.raises(StorageError, match="can't be used"):
        BabelNetCache(text)
    assert text.read_bytes().startswith(b"not a database")
    other = tmp_path / "other.sqlite"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(StorageError, match="another program"):
        BabelNetCache(other)
    with pytest.raises(StorageError, match="can't be used"):
        BabelNetCache(tmp_path)
    with pytest.raises(StorageError, match="can't be used"):
        BabelNetCache(text / "below.sqlite")


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    BabelNetCache(tmp_path / "answers.sqlite").close()
    database = sqlite3.connect(tmp_path / "answers.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StorageError, match="newer Penchant"):
        BabelNetCache(tmp_path / "answers.sqlite")


def test_threads_share_one(tmp_path: Path) -> None:
    with BabelNetCache(tmp_path / "answers.sqlite") as cache, ThreadPoolExecutor(8) as pool:
        answers = [(str(i % 40), Answer(str(i % 40).encode(), found=True)) for i in range(400)]
        list(pool.map(lambda row: cache.put("v9", "getSynset", *row), answers))
        got = list(pool.map(lambda i: cache.get("v9", "getSynset", str(i)), range(40)))
        assert got == [Answer(str(i).encode(), found=True) for i in range(40)]


def test_processes_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.sqlite"
    program = (
        "import sys; from pathlib import Path; from penchant.semantics.babelnet.cache import Answer, BabelNetCache\n"
        "with BabelNetCache(Path(sys.argv[1])) as cache:\n"
        "    for i in range(100): cache.put('v9', sys.argv[2], str(i), Answer(b'x' * 500, True))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(file), f"process{i}"]) for i in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    with BabelNetCache(file) as cache:
        assert cache.count() == 300


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BabelNetCache]:
    with BabelNetCache(tmp_path_factory.mktemp("cache") / "answers.sqlite") as cache:
        yield cache


@given(st.binary(max_size=2000), st.booleans(), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_answer_comes_back_as_it_was(used: BabelNetCache, body: bytes, found: bool, parameters: str) -> None:
    used.put("v9", "getSynset", parameters, Answer(body, found))
    assert used.get("v9", "getSynset", parameters) == Answer(body, found)


def test_the_default_place_is_among_the_users_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert module.default_path() == tmp_path / "penchant" / "babelnet.sqlite"
    monkeypatch.setattr("sys.platform", "darwin")
    assert module.default_path().parts[-4:] == ("Library", "Caches", "penchant", "babelnet.sqlite")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert module.default_path() == tmp_path / "penchant" / "babelnet.sqlite"
