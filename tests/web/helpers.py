"""What the web's tests share: an app in this process, a server in another, and what is sent to them."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import uvicorn

from penchant.web.app import create_app
from penchant.web.protocol import BoundedHttp, shared_room
from penchant.web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

Files = list[tuple[str, tuple[str, bytes]]]
PATIENCE = 40.0


def settings_in(folder: Path, **changes: Any) -> Settings:
    return Settings(**{"data": folder / "data", "threads": 2, "log": "none", **changes})


class Browser(httpx.Client):
    """A visitor of an app that a thread of this process serves.

    Args:
        settings: the app's.
        address: where the visitor seems to come from; by default from this machine.
    """

    def __init__(self, settings: Settings, *, address: str | None = None) -> None:
        self.settings = settings
        listener = socket.create_server(("127.0.0.1", 0))
        self.app = create_app(settings)
        config = uvicorn.Config(
            self.app, http=partial(BoundedHttp, room=shared_room()),  # type: ignore[arg-type]
            log_config=None, access_log=False, proxy_headers=address is not None,
            forwarded_allow_ips="127.0.0.1", root_path=settings.root_path, timeout_graceful_shutdown=5,
            server_header=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self.port: int = listener.getsockname()[1]
        headers = {} if address is None else {"X-Forwarded-For": address}
        super().__init__(base_url=f"http://127.0.0.1:{self.port}", headers=headers, trust_env=False, timeout=PATIENCE)

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._server.started)
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.app.state.engine.about_to_stop()
        self._server.should_exit = True
        self._thread.join()

    def job(self, files: Files, **fields: str) -> str:
        """Sends pictures, waits until they were looked at, and gives the job's id."""
        sent = self.post("/api/jobs", files=files, data=fields)
        assert sent.status_code == 202, sent.text
        return wait_for_job(self, sent.json()["id"])

    def profile(self, job_id: str, query: str = "") -> Any:
        answer = self.get(f"/api/jobs/{job_id}/profile{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token(self) -> str:
        """The token of this visitor's forms."""
        return token_in(self.get("/").text)


def wait_for_job(client: httpx.Client, job_id: str, state: str = "done") -> str:
    until(lambda: client.get(f"/api/jobs/{job_id}").json()["state"] == state)
    return job_id


def until(true: Any) -> None:
    """Waits for something that happens elsewhere."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def pictures_of(folder: Path, count: int | None = None) -> Files:
    return [("pictures", (path.name, path.read_bytes())) for path in sorted(folder.iterdir())[:count]]


def zipped(entries: dict[str, bytes], *, method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def holding(folder: Path, *needles: bytes) -> list[str]:
    """The files below a folder that hold one of these, in their bytes or their names."""
    return [
        str(path)
        for path in folder.rglob("*")
        for needle in needles
        if needle in os.fsencode(path) or (path.is_file() and needle in path.read_bytes())
    ]


def pictures_kept(folder: Path) -> list[Path]:
    """The files of jobs below a data folder."""
    return [
        Path(place) / name
        for part in ("jobs", "gone")
        for place, folders, files in os.walk(folder / part)  # which minds nothing that vanishes meanwhile
        for name in (*folders, *files)
    ]


@dataclass
class Server:
    """`penchant serve` in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    errors: Path

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.errors.read_text().splitlines() if line.startswith("{")]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    @property
    def peak_bytes(self) -> int:
        """The most memory that it ever had, where the system tells."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:  # noqa: PTH123
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


@contextmanager
def serving(folder: Path, *options: str, name: str = "server") -> Iterator[Server]:
    """A server on a free port, its data in the folder."""
    errors = folder / f"{name}.err"
    command = [sys.executable, "-m", "penchant", "serve", "--port", "0", "--data", str(folder / "data"), *options]
    with errors.open("w") as err:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), errors.read_text()
        yield Server(process, url.rstrip("/"), errors)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
