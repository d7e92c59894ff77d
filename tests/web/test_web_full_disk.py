"""A disk that fills up: whoever asks is told, nothing half is left, and the app goes on when there is room again."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from web.helpers import pictures_kept, until, wait_for_job

if TYPE_CHECKING:
    from collections.abc import Callable

    from penchant.web.jobs import JobStore
    from web.helpers import Browser, Files


class Full:
    """A file on a disk that takes some bytes, and then no more."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = min(len(data), self._room)
        self._room -= taken
        return int(self._file.write(data[:taken]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


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
    real = Path.open

    def opening(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        file = real(path, mode, *rest, **more)
        return Full(file, 500) if mode == "xb" else file

    monkeypatch.setattr(Path, "open", opening)
    answer = web.post("/api/jobs", files=two_dozen)
    assert (answer.status_code, "disk is full" in answer.json()["detail"]) == (507, True)
    assert pictures_kept(web.settings.data) == []
    assert web.app.state.engine.store.counts() == {}
    monkeypatch.undo()
    assert web.profile(web.job(two_dozen[:2]))["photos"]["used"] == 2


def test_a_picture_is_whole_though_the_disk_takes_it_in_pieces(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reluctant(Full):
        def write(self, data: memoryview) -> int:
            return int(self._file.write(data[:1000]))

    web = browsers()
    real = Path.open

    def opening(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        file = real(path, mode, *rest, **more)
        return Reluctant(file, 0) if mode == "xb" else file

    monkeypatch.setattr(Path, "open", opening)
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
