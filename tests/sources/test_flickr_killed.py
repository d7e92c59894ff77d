"""The real command, killed at random moments while the service is having a bad day: the collection ends complete and
exact, nothing that is there is asked for again, and the limit of queries holds."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from sources.flickr_server import KEY, SIDES, Fault, FlickrServer, World, failure, picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sources.flickr_server import Request, Shot

pytest.importorskip("httpx")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

FAVOURITES = 200
BAD_DAY: tuple[Fault, ...] = (
    Fault(status=429, headers={"Retry-After": "0"}),
    Fault(status=503),
    Fault(cut=90),
    Fault(cut=90, announced=False),
    Fault(body=b"<html>sign in</html>"),
    failure(105, "Service currently unavailable"),
    failure(0, "Sorry, the Flickr API service is not currently available."),
)


@pytest.fixture
def world() -> World:
    """30 people with more than 200 favourites each; a few photos are odd."""
    world = World.of(30, FAVOURITES + 15, shots=300, seed=5)
    for number, shot in enumerate(world.shots.values()):
        if number % 40 == 1:
            shot.vanished = True
        if number % 9 == 2:
            shot.sizes = ("t", "m", "l")
        if number % 50 == 3:
            shot.media = "video"
        if number % 50 == 4:
            shot.machine = ["geo:lat=57.1"]
    return world


def wanted(world: World) -> Iterator[tuple[str, Shot]]:
    """Each person's newest 200 that are no videos."""
    for person in world.people.values():
        shots = [world.shots[shot] for shot, _ in person.favourites]
        for shot in [shot for shot in shots if shot.media == "photo"][:FAVOURITES]:
            yield person.nsid, shot


def expected(world: World) -> dict[tuple[str, str], bytes]:
    """What the table must hold: these, where the picture hasn't vanished."""
    found = {}
    for nsid, shot in wanted(world):
        if not shot.vanished:
            nearest = min(shot.sizes, key=lambda letter: (abs(SIDES[letter] - 640), -SIDES[letter]))
            found[nsid, shot.number] = picture(shot.number, nearest)
    assert len(found) > 30 * FAVOURITES * 0.9
    return found


def vanished(world: World) -> set[str]:
    return {shot.number for _, shot in wanted(world) if shot.vanished}


def table(folder: Path) -> dict[tuple[str, str], bytes]:
    rows = pq.read_table(folder / "photos.parquet").to_pylist()
    found = {(row["user_id"], row["photo_id"]): (folder / row["path"]).read_bytes() for row in rows}
    assert len(found) == len(rows)
    return found


class Killer:
    """Kills the process that asks, at its nth request; gives faults to others."""

    def __init__(self, server: FlickrServer, seed: int) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.left = 0
        self._chance = random.Random(seed)
        server.chance = self

    def __call__(self, what: str) -> Fault | None:
        self.left -= 1
        if not self.left and self.process is not None:
            self.process.send_signal(signal.SIGKILL)
        if self._chance.random() < (0.15 if what != "picture" else 0.01):
            choices = BAD_DAY if what != "picture" else BAD_DAY[:3]
            return self._chance.choice(choices)
        return None


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    folders = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "settings")}
    return {**os.environ, **folders, "FLICKR_API_KEY": KEY, "no_proxy": "*"}


def start(*arguments: object, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "penchant", "collect", "flickr", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_there(folder: Path) -> set[tuple[str, str]]:
    """What the collection had when its process died: lists with their pages, and pictures."""
    if not (folder / "collection.sqlite").exists():
        return set()
    database = sqlite3.connect(folder / "collection.sqlite")
    try:
        lists = database.execute("SELECT user_id FROM lists WHERE state IN ('done', 'enough')").fetchall()
    finally:
        database.close()
    files = {path.stem.partition("_")[0] for path in folder.glob("pictures/*/[!.]*.jpg")}
    return {("list", user) for (user,) in lists} | {("picture", photo) for photo in files}


def subject(request: Request) -> tuple[str, str]:
    return ("picture", request["photo"]) if request.what == "picture" else ("list", request["user_id"])


def test_killed_at_random_moments(world: World, environment: dict[str, str], tmp_path: Path) -> None:
    folder, chance = tmp_path / "study", random.Random(11)
    with FlickrServer(world) as server:
        killer = Killer(server, seed=2)
        arguments = [*world.people, "-o", folder, "--endpoint", server.url, "--json"]
        for latest in (8, 40, 90, 150):
            there, asked = is_there(folder), len(server.log)
            killer.left = chance.randrange(1, latest)
            killer.process = start(*arguments, environment=environment)
            killer.process.communicate()
            assert killer.process.returncode == -signal.SIGKILL
            assert not {subject(request) for request in server.log[asked:]} & there
        killer.left = 0
        done: dict[str, Any] = {"unfinished": True}
        for _ in range(4):  # a photo may have several bad answers in a row
            there, asked = is_there(folder), len(server.log)
            assert there
            last = start(*arguments, environment=environment)
            out, err = last.communicate()
            assert (last.returncode, "Traceback" in err, KEY in out + err) == (3, False, False), err
            assert not {subject(request) for request in server.log[asked:]} & there, "what is there isn't asked for"
            done = json.loads(out)
            if not done["unfinished"]:
                break
        assert table(folder) == expected(world)
        assert {failed["name"] for failed in done["failures"]} == vanished(world)
        before = len(server.log)
        again = start("-o", folder, "--endpoint", server.url, environment=environment)
        again.communicate()
        assert (again.returncode, len(server.log)) == (3, before), "a whole collection asks for nothing"
    for path in folder.rglob("*"):
        assert path.name.startswith(".lock") or not path.name.startswith("."), "nothing is left half written"
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_the_limit_holds_through_kills(world: World, environment: dict[str, str], tmp_path: Path) -> None:
    with FlickrServer(world) as server:
        for folder in (tmp_path / "one", tmp_path / "one", tmp_path / "two"):
            process = start(
                *world.people, "-o", folder, "--endpoint", server.url, "--queries-per-hour", 7, environment=environment
            )
            assert process.stderr is not None
            said = process.stderr.readline()
            told = r"penchant: the 7 queries of this hour are used up: going on in (5\d|6\d) min\n"
            assert re.fullmatch(told, said), said
            process.kill()
            process.communicate()
            assert len(server.queries()) == 7
        for file in (tmp_path / "cache").rglob("*"):
            assert not file.is_file() or KEY.encode() not in file.read_bytes()
