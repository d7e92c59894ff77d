"""Every option of `penchant serve` shows its effect, on a real server."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

for _needed in ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "httpx"):
    pytest.importorskip(_needed, reason="the web app's libraries are not installed: pip install 'penchant[web,online]'")

import httpx  # noqa: E402
from options import shows  # noqa: E402
from recognition.networks import network  # noqa: E402
from web.helpers import PATIENCE, pictures_of, serving, until, wait_for_job  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli
    from web.helpers import Server

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and shell scripts of POSIX systems")


def get(server: Server, path: str = "", **more: Any) -> httpx.Response:
    return httpx.get(f"{server.url}{path}".replace("localhost", "127.0.0.1"), trust_env=False, timeout=PATIENCE, **more)


def send(server: Server, files: Any, **more: Any) -> httpx.Response:
    address = f"{server.url}/api/jobs".replace("localhost", "127.0.0.1")
    return httpx.post(address, files=files, trust_env=False, timeout=PATIENCE, **more)


TAXONOMY = """
schema_version = 1
name = "mine"
title = "What I like"

[domains.ALL]
name = "Everything"
anchors = ["entity.n.01"]
"""


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of one's own."""
    path = tmp_path_factory.mktemp("model") / "mine.onnx"
    network(path)
    path.with_suffix(".toml").write_text('labels = "four.tsv"\n')
    return path


@shows(
    "serve --host", "serve --port", "serve --max-upload", "serve --max-files", "serve --max-pixels", "serve --queue",
    "serve --keep", "serve --allow-host", "serve --allow-url", "serve --data", "serve --threads", "serve --max-memory",
    "serve --generaliser", "serve --taxonomy", "serve --log",
)  # fmt: skip
def test_a_server_as_it_was_asked_for(tmp_path: Path, pictures: Path) -> None:
    taxonomy = tmp_path / "mine.toml"
    taxonomy.write_text(TAXONOMY)
    options = (
        "--host", "0.0.0.0", "--max-upload", "2", "--max-files", "7", "--max-pixels", "1", "--queue", "3",
        "--keep", "30m", "--allow-host", "pictures.example.org", "--allow-url", "--threads", "1", "--max-memory", "400",
        "--generaliser", "paper", "--taxonomy", str(taxonomy), "--log", "all",
    )  # fmt: skip
    with serving(tmp_path, *options) as server:
        assert server.url.startswith("http://0.0.0.0:"), "any free port"
        server.url = server.url.replace("0.0.0.0", "127.0.0.1")
        told = get(server, "/api/options").json()
        assert told["limits"] == {"upload_bytes": 2_000_000, "file_bytes": 2_000_000, "files": 7}
        assert told["allow_url"] is True
        defaults = {
            kind: next(c["value"] for c in told[kind] if c["default"]) for kind in ("generalisers", "taxonomies")
        }
        assert defaults == {"generalisers": "paper", "taxonomies": "mine"}
        assert get(server, "/", headers={"Host": "pictures.example.org"}).status_code == 200
        assert get(server, "/", headers={"Host": "elsewhere.example.org"}).status_code == 421
        assert "30 minutes" in get(server).text
        assert send(server, pictures_of(pictures, 8)).status_code == 413
        assert send(server, {"pictures": ("a.jpg", b"\xff\xd8\xff" + b"\0" * 2_100_000)}).status_code == 413
        from PIL import Image

        Image.new("RGB", (1500, 1000)).save(tmp_path / "large.png")
        large = [("pictures", ("large.png", (tmp_path / "large.png").read_bytes()))]
        with httpx.Client(base_url=server.url, trust_env=False) as web:
            job_id = wait_for_job(web, send(server, [*pictures_of(pictures, 3), *large]).json()["id"])
            profile = web.get(f"/api/jobs/{job_id}/profile").json()
            assert [domain["name"] for domain in profile["domains"]] == ["Everything"]
            assert "1,500 × 1,000 pixels: refused" in profile["failures"][0]["error"]
        assert (tmp_path / "data" / "jobs" / job_id).is_dir()
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert {"request", "queued", "done"} <= {line["event"] for line in server.log}
        assert "there is no password" in server.errors.read_text()


@shows("serve --model", "serve --root-path", "serve --proxy")
def test_behind_a_proxy_with_a_model_of_ones_own(tmp_path: Path, pictures: Path, own_model: Path) -> None:
    options = ("--model", str(own_model), "--root-path", "/penchant/", "--proxy", "127.0.0.1", "--queue", "4")
    with serving(tmp_path, *options) as server:
        assert server.url.endswith("/penchant")
        server.url = server.url.removesuffix("/penchant")  # the proxy takes it away
        page = get(server).text
        assert 'action="/penchant/jobs"' in page
        sent = send(server, pictures_of(pictures, 2), headers={"X-Forwarded-For": "203.0.113.5"})
        assert sent.headers["location"].startswith("/penchant/api/jobs/")
        assert sent.json()["model"] == "mine"
        assert str(own_model.parent) not in get(server, "/api/options").text + page, "visitors see no path"
        secure = get(server, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
        assert "Secure" in secure
        assert "Path=/penchant" in secure


@shows("serve --quiet", "serve -q", "serve --open")
def test_quiet_and_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "shown.txt"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{record}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(script))
    with serving(tmp_path, "--open", "-q") as server:
        until(record.exists)
        until(lambda: record.read_text() == f"{server.url}/")
        assert server.end() == 0
        assert server.errors.read_text() == ""


def test_a_job_expires(tmp_path: Path, pictures: Path) -> None:
    with serving(tmp_path, "--keep", "0.2s") as server:
        job_id = send(server, pictures_of(pictures, 1)).json()["id"]
        until(lambda: get(server, f"/api/jobs/{job_id}").status_code == 404)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--keep", "soon"), "write a time like 90s"),
        (("--keep", "0h"), "write a time like 90s"),
        (("--log", "some"), "write none, jobs or all"),
        (("--root-path", "/a b"), "write a path like /penchant"),
        (("--host", "256.0.0.1", "--port", "0"), "nobody can listen there"),
        (("--generaliser", "magic", "--port", "0"), "no generaliser 'magic'"),
    ],
)
def test_wrong_usage(cli: Cli, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    outcome = cli("serve", "--data", tmp_path / "data", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_port_that_is_taken(cli: Cli, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = cli("serve", "--data", tmp_path / "data", "--port", str(taken.getsockname()[1]))
    assert (outcome.code, outcome.out) == (2, "")
    assert "try --port 0" in outcome.err


def test_data_that_is_not_ours(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.sqlite").write_text("something else entirely, and long enough to be no database" * 9)
    outcome = cli("serve", "--data", tmp_path / "data", "--port", "0")
    assert (outcome.code, outcome.out) == (1, "")
    assert "name another --data folder" in outcome.err
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "name another folder" in cli("serve", "--data", blocked, "--port", "0").err


def test_a_missing_extra_says_what_to_install(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.cli.extras.find_spec", lambda name: None if name == "fastapi" else object())
    outcome = cli("serve")
    assert outcome.code == 1
    assert "pip install 'penchant[web]'" in outcome.err
    monkeypatch.setattr("penchant.cli.extras.find_spec", lambda name: None if name == "httpx" else object())
    assert "pip install 'penchant[online]'" in cli("serve", "--allow-url").err
