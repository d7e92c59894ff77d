"""A disk that fills up: whoever asks is told, nothing half is left, and the app goes on when there is room again."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest

from penchant.web import spool
from web.helpers import holding, pictures_kept, until, wait_for_job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import FileIO

    from penchant.web.jobs import JobStore
    from web.helpers import Browser, Files


def crammed(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database behaves as on a full disk, for whoever changes it."""
    real = store._db

    class Crammed:
        def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
            if query.startswith("BEGIN"):
                raise sqlite3.OperationalError("database or disk is full")
            return real.execute(query, *values)

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    monkeypatch.setattr(store, "_db", Crammed())


def test_an_upload_that_no_longer_fits(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = browsers()
    room = 500

    def full(out: FileIO, pieces: Sequence[memoryview]) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = min(len(pieces[0]), room)
        room -= taken
        return out.write(pieces[0][:taken])

    monkeypatch.setattr(spool, "_write", full)
    answer = web.post("/api/jobs", files=two_dozen)
    assert (answer.status_code, "disk is full" in answer.json()["detail"]) == (507, True)
    assert room == 0
    assert pictures_kept(web.settings.data) == []
    assert web.app.state.engine.store.counts() == {}
    monkeypatch.undo()
    assert web.profile(web.job(two_dozen[:2]))["photos"]["used"] == 2


@pytest.mark.parametrize("most", [100, 1000, 100_000])
def test_a_picture_is_whole_though_the_disk_takes_it_in_pieces(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    web = browsers()
    real = spool._write

    def reluctant(out: FileIO, pieces: Sequence[memoryview]) -> int:
        sizes = [min(len(piece), most) for piece in pieces]
        whole = next((place for place, size in enumerate(sizes) if size < len(pieces[place])), len(sizes) - 1)
        return real(out, [piece[:most] for piece in pieces[: whole + 1]])

    monkeypatch.setattr(spool, "_write", reluctant)
    assert web.profile(web.job(two_dozen[:3]))["photos"]["used"] == 3


@pytest.mark.skipif(not hasattr(os, "writev"), reason="that is how it is here anyway")
def test_where_files_take_one_piece_at_a_time(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = browsers()
    monkeypatch.delattr(os, "writev")
    assert web.profile(web.job(two_dozen[:3]))["photos"]["used"] == 3


def test_a_disk_that_is_nearly_full_takes_nothing_more(web: Browser, two_dozen: Files) -> None:
    engine = web.app.state.engine
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.files, "free_bytes", lambda: 1000)
        answer = web.post("/api/jobs", files=two_dozen[:1])
    assert (answer.status_code, answer.headers["retry-after"]) == (507, "600")
    assert pictures_kept(web.settings.data) == []


def test_a_database_that_cannot_grow(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = browsers(keep_seconds=60)
    kept = web.job(two_dozen[:2])
    engine = web.app.state.engine
    monkeypatch.setattr("penchant.web.engine._SWEEP_SECONDS", 0.05)
    crammed(engine.store, monkeypatch)
    refused = web.post("/api/jobs", files=two_dozen[:2])
    assert (refused.status_code, "disk is full" in refused.json()["detail"]) == (507, True)
    assert web.delete(f"/api/jobs/{kept}").status_code == 503, "it isn't said to be gone while its rows are there"
    assert pictures_kept(web.settings.data) == [], "its pictures are"
    assert web.get("/healthz").status_code == 200
    monkeypatch.undo()
    assert web.delete(f"/api/jobs/{kept}").status_code == 204
    assert web.profile(web.job(two_dozen[:2]))["photos"]["used"] == 2


def test_a_disk_that_fills_up_while_pictures_are_looked_at(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.web.engine._SWEEP_SECONDS", 0.05)
    web = browsers(threads=1)
    engine = web.app.state.engine
    full = threading.Event()
    real = engine.store.keep

    def keeping(*what: Any) -> Any:
        crammed(engine.store, monkeypatch)
        full.set()
        return real(*what)

    monkeypatch.setattr(engine.store, "keep", keeping)
    job_id = web.post("/api/jobs", files=two_dozen).json()["id"]
    assert full.wait(20)
    until(lambda: job_id in engine._unwritten)
    assert [path for path in pictures_kept(web.settings.data) if path.parent.name == "in"] == []
    monkeypatch.undo()
    wait_for_job(web, job_id, "failed")
    assert "disk is full" in web.get(f"/api/jobs/{job_id}").json()["fault"]
    assert web.profile(web.job(two_dozen[:2]))["photos"]["used"] == 2, "the only thread is alive"


def test_a_job_is_not_said_to_be_gone_while_somebody_reads_the_log_that_still_holds_it(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.web.jobs.store._PATIENCE", 0.05)
    web = browsers()
    job_id = web.job(two_dozen[:2])
    other = sqlite3.connect(web.settings.data / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM photos").fetchone() == (2,)
    assert web.delete(f"/api/jobs/{job_id}").status_code == 503
    assert web.get("/healthz").status_code == 200
    other.close()
    engine = web.app.state.engine
    engine.delete(*engine._undeleted, why="deleted")  # as the next sweep does
    assert holding(web.settings.data, two_dozen[0][1][0].encode()) == []
