"""The app as a real process: signals, restarts, slow clients, memory, and what is left behind."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from penchant.web.server import _listening
from web.helpers import PATIENCE, holding, pictures_kept, serving, until, wait_for_job

if TYPE_CHECKING:
    from pathlib import Path

    from web.helpers import Files, Server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and /proc of POSIX systems")

MANY = 5


def many(two_dozen: Files) -> Files:
    """Enough pictures to be interrupted at: each counts, as each has other bytes."""
    return [
        ("pictures", (f"{turn}-{name}", data + bytes([turn]))) for turn in range(MANY) for _, (name, data) in two_dozen
    ]


def client(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url.replace("localhost", "127.0.0.1"), trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_jobs_go_on_after_a_restart(tmp_path: Path, two_dozen: Files, how: str) -> None:
    files = many(two_dozen)
    options = ("--threads", "1", "--log", "jobs")
    with serving(tmp_path, *options, name="first") as server, client(server) as web:
        first, second = (web.post("/api/jobs", files=files).json()["id"] for _ in range(2))
        until(lambda: web.get(f"/api/jobs/{first}").json()["photos"]["done"] > 0)
        if how == "killed":
            server.kill()
        else:
            assert server.end() == 0
    stray = tmp_path / "data" / "jobs" / ("x" * 24) / "in"
    stray.mkdir(parents=True)
    (stray / "000001").write_bytes(b"an upload that was cut off")
    with serving(tmp_path, *options, name="second") as server, client(server) as web:
        resumed = {line["photos"]: line["done"] for line in server.log if line["event"] == "resumed"}
        assert resumed.keys() == {len(files)}
        assert not stray.exists()
        for job_id in (first, second):
            wait_for_job(web, job_id)
            profile = web.get(f"/api/jobs/{job_id}/profile").json()
            assert profile["photos"]["used"] + profile["photos"]["duplicates"] == len(files)
            assert profile["photos"]["failed"] == 0
        done = [line for line in server.log if line["event"] == "resumed"]
        assert max(line["done"] for line in done) > 0, "what was done is not done again"
        for job_id in (first, second):
            web.delete(f"/api/jobs/{job_id}")
        assert pictures_kept(tmp_path / "data") == []
        assert server.end() == 0
    assert holding(tmp_path / "data", b"0-000.jpg", first.encode(), second.encode()) == []


def test_the_end_waits_for_nobody_who_only_listens(tmp_path: Path, two_dozen: Files) -> None:
    with serving(tmp_path, "--threads", "1") as server, client(server) as web:
        job_id = web.post("/api/jobs", files=many(two_dozen)).json()["id"]
        with web.stream("GET", f"/api/jobs/{job_id}/events") as events:
            lines = events.iter_lines()
            assert next(lines) == "event: progress"
            before = time.monotonic()
            assert server.end() == 0
            assert time.monotonic() - before < 8
            assert all(line.startswith(("data:", "event:", ":")) or not line for line in lines)


def test_without_a_data_folder_nothing_is_left(tmp_path: Path, two_dozen: Files) -> None:
    import signal
    import subprocess
    import sys

    home = tmp_path / "tmp"
    home.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "penchant", "serve", "--port", "0", "--quiet"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(home)},
    )  # fmt: skip
    assert process.stdout is not None
    url = process.stdout.readline().strip().replace("localhost", "127.0.0.1")
    httpx.post(f"{url}api/jobs", files=two_dozen[:3], trust_env=False).raise_for_status()
    assert list(home.iterdir()) != []
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert list(home.iterdir()) == []


def raw(server: Server, *pieces: bytes) -> socket.socket:
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host.replace("localhost", "127.0.0.1"), int(port)), timeout=PATIENCE)
    for piece in pieces:
        connection.sendall(piece)
    return connection


HEAD = (
    b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b"Content-Length: 900000000\r\n\r\n"
    b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n\r\n\xff\xd8\xff'
)


def test_uploads_go_to_disk_and_not_into_memory(tmp_path: Path) -> None:
    with serving(tmp_path, "--max-upload", "900") as server, client(server) as web:
        web.get("/")
        before = server.peak_bytes
        connection = raw(server, HEAD)
        piece = b"\0" * 1_000_000
        for _ in range(90):
            connection.sendall(piece)
        place = tmp_path / "data" / "jobs"
        until(lambda: sum(path.stat().st_size for path in place.rglob("0*")) > 80_000_000)
        assert server.peak_bytes - before < 30_000_000
        connection.close()
        until(lambda: pictures_kept(tmp_path / "data") == [])
        assert web.get("/healthz").json()["unfinished"] == 0


def test_whoever_goes_away_leaves_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as server, client(server) as web:
        for pieces in ((HEAD,), (HEAD[:200],), (HEAD, b"x" * 100_000)):
            connection = raw(server, *pieces)
            until(lambda: web.get("/healthz").json()["unfinished"] == 1)
            connection.close()
            until(lambda: web.get("/healthz").json()["unfinished"] == 0)
        assert pictures_kept(tmp_path / "data") == []
        assert [line["event"] for line in server.log if line["level"] == "error"] == []


def test_answers_on_a_kept_alive_connection_do_not_wait_for_acknowledgements() -> None:
    """asyncio asks for that (TCP_NODELAY) only where a socket says that it speaks TCP."""
    with _listening("localhost", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
