"""Tables of addresses through the whole line: consent, resumption, memory, and what each failure costs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

pytest.importorskip("httpx")
pytest.importorskip("protego")

from picture_server import Answer, PictureServer, jpeg

import penchant
from penchant.errors import UsageError
from penchant.pipeline import Recipe, Worker, collect, predict, shown_path
from penchant.retry import Retry
from penchant.sources import merge_listings
from penchant.sources.fetch import AddressPolicy, FetchOptions
from penchant.storage import open_run, read_run
from penchant.types import Listing, Photo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from penchant.types import Predictions

QUICK = FetchOptions(policy=AddressPolicy(public_only=False), retry=Retry(attempts=2, first=0.001), interval=0)
PICTURES = 30


class Serial:
    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return map(function, items)


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with PictureServer() as running:
        for number in range(PICTURES):
            running.put(f"/{number}.jpg", jpeg(number))
        yield running


@pytest.fixture
def table(server: PictureServer, tmp_path: Path) -> Path:
    """Thirty pictures, one that is gone, one that is a page, and one that the table's folder holds."""
    (tmp_path / "here.jpg").write_bytes(jpeg(99))
    server.put("/page", b"<html>" * 20, headers={"Content-Type": "text/html"})
    rows = [{"photo_id": str(i), "url": f"{server.root}/{i}.jpg", "tags": "dog;beach"} for i in range(PICTURES)]
    rows += [
        {"photo_id": "gone", "url": f"{server.root}/gone.jpg"},
        {"photo_id": "page", "url": f"{server.root}/page"},
        {"photo_id": "here", "path": "here.jpg", "url": f"{server.root}/1.jpg"},
        {"photo_id": "moved", "path": "moved.jpg", "url": f"{server.root}/moved.jpg"},
    ]
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    server.put("/moved.jpg", jpeg(98))
    return path


def predicted(table: Path, run: Path | None = None, **options: Any) -> Predictions:
    collected = collect([str(table)])
    recipe = Recipe(threads=2, **({"fetch": QUICK} | options))
    with Worker(recipe) as worker:
        if run is None:
            return predict(collected.listing.photos, worker, Serial(), known=collected.known)
        with open_run(run) as place:
            place.keep_photos(collected.listing.photos)
            return predict(collected.listing.photos, worker, Serial(), run=place, known=collected.known)


def errors(predictions: Predictions) -> dict[str, str]:
    return {
        name: error for name, error in zip(predictions.photo_id, predictions.error, strict=True) if error is not None
    }


def test_nothing_is_asked_without_consent(server: PictureServer, table: Path) -> None:
    with pytest.raises(UsageError) as caught:
        predicted(table, fetch=None)
    assert str(caught.value) == (
        "33 pictures are at addresses of 1 host (127.0.0.1), and nothing is fetched unasked: --fetch asks for them"
    )
    with pytest.raises(UsageError):
        penchant.profile(table)
    assert server.log == []


def test_each_failure_is_named_and_costs_only_itself(server: PictureServer, table: Path) -> None:
    found = predicted(table)
    assert errors(found) == {"gone": "404 Not Found", "page": "no picture: text/html"}
    assert len(found) == PICTURES + 4
    assert found.path[0] == f"{server.root}/0.jpg"
    assert server.asked()["/1.jpg"] == 1, "a picture that is here is not asked for"
    assert max(server.asked().values()) == 1
    with_file, fetched = (penchant.classify(table, fetch=QUICK, threads=threads)[0] for threads in (1, 3))
    assert errors(with_file) == errors(fetched)


def test_a_second_call_asks_only_for_what_may_have_passed(server: PictureServer, table: Path, tmp_path: Path) -> None:
    run = tmp_path / "me.run"
    server.faults["/7.jpg"] = deque([Answer(status=503), Answer(status=503)])
    first = predicted(table, run)
    assert errors(first) == {
        "7": "503 Service Unavailable, in 2 tries", "gone": "404 Not Found", "page": "no picture: text/html",
    }  # fmt: skip
    server.log.clear()
    second = predicted(table, run)
    assert server.asked() == {"/7.jpg": 1}, "404 and no picture stay what they are"
    assert sorted(errors(second)) == ["gone", "page"]
    server.log.clear()
    assert errors(predicted(run, fetch=None)) == errors(second), "a finished run asks nobody, so needs no consent"
    assert penchant.profile(run).photos.used == PICTURES + 2
    assert server.log == []
    with open_run(run) as place, Worker(Recipe(threads=1, fetch=QUICK)) as worker:
        photos = collect([str(run)]).listing.photos
        predict(photos, worker, Serial(), run=place, retry_failed=True)
    assert server.asked() == {"/gone.jpg": 1, "/page": 1}


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
@pytest.mark.parametrize("parts", [3, 4])
def test_a_killed_crawl_goes_on_without_asking_twice(
    server: PictureServer, table: Path, tmp_path: Path, parts: int
) -> None:
    run, log = tmp_path / "me.run", tmp_path / "log"
    driver = Path(__file__).with_name("run_driver.py")
    command = [sys.executable, str(driver), str(log), "write", "3", "profile", str(table), "--run", str(run), "--json"]
    command += ["--fetch", "--allow-private-addresses", "--quiet", "--no-tags"]
    killed = subprocess.run([*command[:4], str(parts), *command[5:]], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    kept = {
        name
        for part in (run / "predictions").glob("part-*.parquet")
        for name in pq.read_table(part, columns=["photo_id"]).column("photo_id").to_pylist()
    }
    assert 0 < len(kept) < PICTURES
    server.log.clear()
    done = subprocess.run([*command[:3], "none", *command[4:]], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "")
    assert json.loads(done.stdout)["photos"] == {
        "total": PICTURES + 4,
        "used": PICTURES + 2,
        "failed": 2,
        "duplicates": 0,
    }
    assert {f"/{name}.jpg" for name in kept}.isdisjoint(server.asked())
    assert len(server.asked()) + len(kept - {"here"}) >= PICTURES + 2
    assert max(server.asked().values()) == 1


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_control_c_does_not_wait_for_a_host_that_hangs(server: PictureServer, table: Path, tmp_path: Path) -> None:
    for number in range(5, PICTURES):
        server.put(f"/{number}.jpg", jpeg(number), stall=-1)
    driver = Path(__file__).with_name("run_driver.py")
    command = [sys.executable, str(driver), str(tmp_path / "log"), "none", "0", "profile", str(table), "--no-tags"]
    command += ["--run", str(tmp_path / "me.run"), "--fetch", "--allow-private-addresses", "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        assert server.stalled.wait(60)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=12)  # the time limits would take a minute
    finally:
        process.kill()
    assert (process.returncode, said) == (
        130,
        b"penchant: stopped; with --run, the same command goes on where it was\n",
    )


def test_kept_pictures_serve_without_the_network(server: PictureServer, table: Path, tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    first = predicted(table, fetch=replace(QUICK, keep=keep))
    assert len([path for path in keep.rglob("*") if path.is_file()]) == PICTURES + 1
    server.log.clear()
    second = predicted(table, fetch=replace(QUICK, keep=keep, online=False))
    assert server.log == []
    assert errors(second) == dict.fromkeys(
        ("gone", "page"), "not among the kept pictures, and not asked for without --fetch"
    )
    good = [i for i, error in enumerate(first.error) if error is None]
    assert [first.digest[i] for i in good] == [second.digest[i] for i in good]


def test_thumbnails_are_fetched_only_with_consent(server: PictureServer) -> None:
    photo = Photo("1", f"{server.root}/1.jpg", url=f"{server.root}/1.jpg")
    with Worker(Recipe(threads=1)) as worker:
        assert worker.thumbnail(photo, side=32) is None
        assert server.log == []
    with Worker(Recipe(threads=1, fetch=QUICK)) as worker:
        assert (worker.thumbnail(photo, side=32) or b"").startswith(b"\xff\xd8")
        (batch,) = worker.ahead([[photo]])
        assert worker.thumbnail(batch[0], side=32) is not None
    assert server.asked() == {"/1.jpg": 2}


def test_a_small_memory_still_serves_large_pictures(server: PictureServer, tmp_path: Path) -> None:
    large = jpeg(1, side=2600, noise=True)
    assert len(large) > 4 << 20
    urls = [server.put(f"/large-{i}.jpg", large + bytes([i])) for i in range(12)]
    photos = [Photo(str(i), url, url=url, stamp=i + 1) for i, url in enumerate(urls)]
    with Worker(Recipe(threads=1, max_memory_mib=430, fetch=QUICK)) as worker:
        found = predict(photos, worker, Serial())
    assert errors(found) == {}
    assert len(set(found.digest)) == 12
    with pytest.raises(UsageError, match="--max-memory 300 is too small: at least 405 MiB"):
        Worker(Recipe(threads=1, max_memory_mib=300, fetch=QUICK))


def test_one_address_in_two_tables_is_one_photo_and_another_is_a_failure() -> None:
    first = Photo("1", "http://a.example/1.jpg", url="http://a.example/1.jpg")
    other = replace(first, path="http://a.example/2.jpg", url="http://a.example/2.jpg")
    merged = merge_listings([Listing((first,)), Listing((first, other))])
    assert merged.photos == (first,)
    assert [failure.error for failure in merged.failures] == [
        "another picture has this photo_id already: http://a.example/1.jpg"
    ]
    assert shown_path(first) == "http://a.example/1.jpg"


def test_runs_of_before_there_were_addresses_are_read(table: Path, tmp_path: Path) -> None:
    run = tmp_path / "me.run"
    predicted(table, run)
    part = run / "photos" / "part-all.parquet"
    new = pq.read_table(part)
    pq.write_table(new.drop_columns(["url"]), part)
    photos = read_run(run).photos()
    assert len(photos) == PICTURES + 4
    assert {photo.url for photo in photos} == {None}
