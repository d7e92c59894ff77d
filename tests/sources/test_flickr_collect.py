"""A collection from its beginning to its table, in this process, against a real server on loopback."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from penchant.errors import RefusedError, StorageError, UsageError
from penchant.online import Key
from penchant.retry import Retry
from penchant.sources import list_photos
from penchant.sources.flickr import (
    NOTICE,
    Clock,
    Collecting,
    Collection,
    FlickrClient,
    Limiter,
    Outcome,
    Plan,
    estimate,
    fetch_options,
    kept_plan,
    pseudonymiser,
    size_named,
)  # fmt: skip
from penchant.storage import atomic_file
from sources.flickr_server import KEY, Fault, FlickrServer, World, failure, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("httpx")

START = 1_700_000_000.0


@contextmanager
def silent(name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    yield lambda _: None


class Collector:
    """Calls on one folder, in a time that passes only where somebody waits."""

    def __init__(self, server: FlickrServer, folder: Path, *, per_hour: int = 3600) -> None:
        self.server, self.folder, self.per_hour = server, folder, per_hour
        self.now = START
        server.clock = lambda: self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self, plan: Plan | None = None, *, key: str = KEY, refresh: bool = False, **more: Any) -> Outcome:
        box = Key(key)
        limiter = Limiter(
            box, per_hour=self.per_hour, path=self.folder.with_suffix(".q"), clock=Clock(lambda: self.now, self.sleep)
        )
        retry = Retry(attempts=3, sleep=self.sleep)
        quick = Retry(attempts=3, first=0.001)
        try:
            with (
                Collection(self.folder) as collection,
                FlickrClient(box, limiter=limiter, url=self.server.url, timeout=5, retry=retry) as client,
            ):
                work = Collecting(
                    kept_plan(collection) if plan is None else plan,
                    collection,
                    client,
                    fetch=fetch_options(loopback=True, retry=quick),
                    atomic_file=atomic_file,
                    stage=silent,
                    now=lambda: self.now,
                    **more,
                )
                return work.refresh() if refresh else work.collect()
        finally:
            limiter.close()

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "photos.parquet").to_pylist()
        return rows


@pytest.fixture
def world() -> World:
    return World.of(4, 12, shots=40, seed=3)


@pytest.fixture
def server(world: World) -> Iterator[FlickrServer]:
    with FlickrServer(world) as server:
        yield server


@pytest.fixture
def collect(server: FlickrServer, tmp_path: Path) -> Collector:
    return Collector(server, tmp_path / "study")


def liked(world: World, nsid: str) -> list[str]:
    return [shot for shot, _ in world.people[nsid].favourites]


def test_the_table(collect: Collector, world: World) -> None:
    first, second, *_ = world.people
    shot = world.shots[liked(world, first)[0]]
    shot.tags, shot.machine, shot.licence, shot.title = ["indianocean"], ["geo:lat=57"], "12", "A reef"
    outcome = collect(Plan(users=(first, second), photos=5))
    assert (outcome.people, outcome.photos, outcome.failures, outcome.unfinished) == (2, 10, (), False)
    rows = collect.rows()
    assert [(r["user_id"], r["photo_id"]) for r in rows] == [
        (u, s) for u in (first, second) for s in liked(world, u)[:5]
    ]
    row = rows[0]
    assert row["path"] == f"pictures/{shot.number[-2:]}/{shot.number}_640.jpg"
    assert (collect.folder / row["path"]).read_bytes() == picture(shot.number, "z")
    assert (row["tags"], row["machine_tags"]) == (["indianocean"], ["geo:lat=57"])
    assert (row["licence"], row["licence_id"], row["title"], row["kind"]) == ("CC BY-SA 4.0", 12, "A reef", "favourite")
    assert (row["owner"], row["owner_name"]) == (shot.owner, world.people[shot.owner].name)
    assert row["page"] == f"https://www.flickr.com/photos/{shot.owner}/{shot.number}"
    assert (row["size"], row["width"], row["height"]) == ("640", 640, 480)
    assert row["favourite_date"].timestamp() == world.people[first].favourites[0][1]
    facts = {name.decode(): value.decode() for name, value in pq.read_schema(outcome.table).metadata.items()}
    assert facts["penchant.notice"] == NOTICE
    assert facts["penchant.source"] == "Flickr"
    assert KEY not in str(facts)
    listing = list_photos(str(outcome.table))
    assert (len(listing.photos), listing.failures) == (10, ())
    assert listing.photos[0].tags == ("indianocean",)


def test_nothing_is_asked_twice(collect: Collector, world: World, server: FlickrServer) -> None:
    first, second, third, _ = world.people
    collect(Plan(users=(first, second), photos=5))
    asked = len(server.log)
    collect(Plan(users=(first, second), photos=5))
    collect()
    assert len(server.log) == asked
    collect(Plan(users=(second, third), photos=5))
    assert [request["user_id"] for request in server.queries()[3:]] == [third]
    assert len(collect.rows()) == 15
    assert not server.answered_twice()
    collect(Plan(photos=8))
    assert len(collect.rows()) == 24, "more of those who are there"
    assert collect(Plan(photos=None)).photos == 36


def test_a_picture_that_was_not_written_down(collect: Collector, world: World, server: FlickrServer) -> None:
    """A process was killed between the two."""
    collect(Plan(users=(next(iter(world.people)),), photos=5))
    before, asked = collect.rows(), len(server.log)
    with Collection(collect.folder) as collection, collection.transaction() as database:
        database.execute("DELETE FROM files")
    collect()
    assert (collect.rows(), len(server.log)) == (before, asked)
    (collect.folder / before[2]["path"]).unlink()
    collect()
    assert (collect.rows(), len(server.log)) == (before, asked + 1), "one that somebody removed is fetched again"


def test_names_and_addresses(collect: Collector, world: World, server: FlickrServer) -> None:
    first, second, third, fourth = world.people
    names = (first, "person 1", "https://www.flickr.com/photos/person2/", f"flickr.com/people/{fourth}", "nobody")
    outcome = collect(Plan(users=names, photos=2))
    assert {row["user_id"] for row in collect.rows()} == {first, second, third, fourth}
    assert [(failure.photo_id, failure.error) for failure in outcome.failures] == [
        ("nobody", "Flickr knows no such user")
    ]
    asked = len(server.log)
    assert collect(Plan(users=names, photos=2)).failures == outcome.failures
    assert len(server.log) == asked


def test_a_user_who_is_not_there(collect: Collector, world: World) -> None:
    outcome = collect(Plan(users=("999@N99", next(iter(world.people))), photos=2))
    assert (outcome.photos, outcome.unfinished) == (2, False)
    assert [str(failure.photo_id) for failure in outcome.failures] == ["999@N99"]
    assert "User not found (code 1)" in outcome.failures[0].error


def test_a_wrong_key(collect: Collector, world: World, server: FlickrServer) -> None:
    with pytest.raises(RefusedError, match=r"Invalid API Key \(Key has invalid format\) \(code 100\)"):
        collect(Plan(users=tuple(world.people)), key="somebody-elses-key")
    assert len(server.log) == 1


def test_pages_hold_still_while_the_user_goes_on(collect: Collector, world: World, server: FlickrServer) -> None:
    chance = World.of(1, 1230, shots=1300, seed=8)
    world.people, world.shots = chance.people, chance.shots
    person = next(iter(world.people.values()))
    before = liked(world, person.nsid)
    spare = iter(sorted(set(world.shots) - set(before)))

    def likes_another(what: str) -> None:
        if what.endswith("getPublicList"):
            person.favourites.insert(0, (next(spare), person.favourites[0][1] + 50))

    server.chance = likes_another
    collect(Plan(users=(person.nsid,), photos=None, pictures=False))
    assert [row["photo_id"] for row in collect.rows()] == before
    asked = server.queries("getPublicList")
    assert [request["page"] for request in asked] == ["1", "2", "3"]
    newest = str(1_600_000_000 + 1)
    assert [request["max_fave_date"] for request in asked] == ["", newest, newest]


def test_a_list_that_was_cut_off_goes_on_at_its_page(collect: Collector, world: World, server: FlickrServer) -> None:
    chance = World.of(1, 1230, shots=1300, seed=8)
    world.people, world.shots = chance.people, chance.shots
    plan = Plan(users=tuple(world.people), photos=None, pictures=False)
    server.faults.extend([None, None, Fault(status=500), Fault(status=500), Fault(status=500)])
    outcome = collect(plan)
    assert (outcome.photos, outcome.unfinished) == (500, True)
    assert "gave no answer" in outcome.failures[0].error
    assert collect(plan).photos == 1230
    assert [r["page"] for r in server.queries("getPublicList") if r.answered] == ["1", "2", "3"]


def test_a_service_that_is_down_is_left_alone(collect: Collector, world: World, server: FlickrServer) -> None:
    collect(Plan(users=(next(iter(world.people)),), photos=3))
    server.chance = lambda what: None if what == "picture" else Fault(status=503)
    asked = len(server.queries())
    outcome = collect(Plan(users=(*world.people, *(f"{n}@N00" for n in range(20))), photos=3))
    assert len(server.queries()) == asked + 3 * 3, "three people, three tries each"
    assert (outcome.photos, outcome.unfinished) == (3, True)
    assert outcome.failures[-1].error == "not asked for, as Flickr gives no answers: run again later"
    assert outcome.failures[-1].photo_id == "20 more"


def test_the_limit_in_the_servers_log(server: FlickrServer, world: World, tmp_path: Path) -> None:
    """30 people, and 9 queries an hour."""
    big = World.of(30, 200, shots=300, seed=4)
    world.people, world.shots = big.people, big.shots
    collect = Collector(server, tmp_path / "slow", per_hour=9)
    chance = iter(range(10_000))
    server.chance = lambda _: Fault(status=503) if next(chance) % 5 == 4 else None
    outcome = collect(Plan(users=tuple(world.people), pictures=False))
    assert outcome.photos == 6000
    times = [request.at for request in server.queries()]
    assert len(times) > 36
    assert all(later - earlier >= 3600 for earlier, later in zip(times, times[9:], strict=False))
    assert times[-1] - START >= 4 * 3600


def test_raw_tags(collect: Collector, world: World, server: FlickrServer) -> None:
    first, second, *_ = world.people
    shots = liked(world, first)
    world.shots[shots[0]].tags = ["indianocean", "reef"]
    world.shots[shots[1]].tags = []
    world.shots[shots[2]].tags = ["cat"]
    plan = Plan(users=(first,), photos=3, raw_tags=True)
    collect(plan)
    assert [row["tags"] for row in collect.rows()] == [["Indian Ocean", "Reef"], [], ["Cat"]]
    assert len(server.queries("getListPhoto")) == 2, "a photo without tags has none to ask for"
    collect(replace(plan, raw_tags=False))
    assert collect.rows()[0]["tags"] == ["indianocean", "reef"]
    collect(plan)
    assert len(server.queries("getListPhoto")) == 2
    world.shots[liked(world, second)[0]].tags = ["sunset"]
    server.chance = lambda what: failure(1, "Photo not found") if what.endswith("getListPhoto") else None
    assert liked(world, second)[0] not in liked(world, first)[:3]
    collect(replace(plan, users=(second,), photos=1))
    assert liked(world, second)[0] not in {row["photo_id"] for row in collect.rows()}, "it vanished meanwhile"


def test_sizes(collect: Collector, world: World, server: FlickrServer) -> None:
    first = next(iter(world.people))
    a, b, c = liked(world, first)[:3]
    world.shots[b].sizes = ("t", "l")
    world.shots[c].sizes = ()
    plan = Plan(users=(first,), photos=3, size=size_named("320"))
    outcome = collect(plan)
    assert {row["photo_id"]: row["size"] for row in collect.rows()} == {a: "320", b: "100"}
    assert [failure.photo_id for failure in outcome.failures] == [c], "the standard address leads to Flickr, not here"
    collect(replace(plan, size=size_named("1024")))
    rows = {row["photo_id"]: row for row in collect.rows()}
    assert {name: row["size"] for name, row in rows.items()} == {a: "1024", b: "1024"}
    assert len(list(collect.folder.glob("pictures/*/*.jpg"))) == 2, "the old sizes are gone"
    assert (collect.folder / rows[a]["path"]).read_bytes() == picture(a, "l")


def test_addresses_only(collect: Collector, world: World, server: FlickrServer) -> None:
    first = next(iter(world.people))
    outcome = collect(Plan(users=(first,), photos=3, pictures=False))
    assert (outcome.photos, outcome.pictures) == (3, 0)
    assert {row["path"] for row in collect.rows()} == {None}
    assert all(row["url"].endswith("_z.jpg") for row in collect.rows())
    assert not [request for request in server.log if request.what == "picture"]
    assert len(list_photos(str(outcome.table)).photos) == 3


def test_pictures_that_fail(collect: Collector, world: World, server: FlickrServer) -> None:
    first = next(iter(world.people))
    good, vanished, cut, html, flaky, half = liked(world, first)[:6]
    world.shots[vanished].vanished = True
    server.picture_faults[html] = deque([Fault(body=b"<html>sign in", headers={"Content-Type": "text/html"})])
    server.picture_faults[cut] = deque([Fault(cut=100)] * 3)
    server.picture_faults[flaky] = deque([Fault(status=503), Fault(cut=50)])
    server.picture_faults[half] = deque([Fault(body=picture(half, "z")[:-40])])
    plan = Plan(users=(first,), photos=6)
    outcome = collect(plan)
    assert {row["photo_id"] for row in collect.rows()} == {good, flaky}
    assert {failure.photo_id for failure in outcome.failures} == {vanished, cut, html, half}
    assert (outcome.unfinished, outcome.photos, outcome.pictures) == (True, 2, 2)
    said = {failure.photo_id: failure.error for failure in outcome.failures}
    assert said[half] == "its picture: the picture ends too early"
    assert "404" in said[vanished]
    again = collect(plan)
    assert {row["photo_id"] for row in collect.rows()} == {good, flaky, cut, half}
    assert {failure.photo_id for failure in again.failures} == {vanished, html}
    asked = len(server.log)
    assert not collect(plan).unfinished
    assert len(server.log) == asked, "what failed for good is not asked for again"


def test_what_flickr_shows_in_place_of_a_photo_that_has_gone(
    collect: Collector, world: World, server: FlickrServer
) -> None:
    first = next(iter(world.people))
    good, moved, swapped = liked(world, first)[:3]
    gif = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    server.picture_faults[moved] = deque([Fault(status=302, headers={"Location": "/images/photo_unavailable.png"})])
    server.picture_faults[swapped] = deque([Fault(body=gif, headers={"Content-Type": "image/gif"})])
    outcome = collect(Plan(users=(first,), photos=3))
    assert {row["photo_id"] for row in collect.rows()} == {good}
    assert {failure.photo_id: failure.error for failure in outcome.failures} == {
        moved: "its picture: Flickr says that it is no longer available",
        swapped: "its picture: Flickr gives another picture in its place",
    }
    assert not outcome.unfinished, "asking again would not bring them back"


def test_own_photos(collect: Collector, world: World, server: FlickrServer) -> None:
    first = next(iter(world.people))
    mine = {shot.number for shot in world.shots.values() if shot.owner == first}
    outcome = collect(Plan(users=(first,), own=True))
    assert outcome.photos == len(mine) > 0
    assert {row["photo_id"] for row in collect.rows()} == mine
    assert {row["kind"] for row in collect.rows()} == {"own"}
    assert {row["owner"] for row in collect.rows()} == {first}


def test_pseudonyms(collect: Collector, world: World, tmp_path: Path) -> None:
    users = tuple(world.people)[:2]
    salt = tmp_path / "settings" / "salt"
    plan = Plan(users=users, photos=2, pseudonyms=True)
    collect(plan, pseudonym=pseudonymiser(salt))
    names = [row["user_id"] for row in collect.rows()]
    assert len(set(names)) == 2
    assert not set(names) & set(users)
    collect(plan, pseudonym=pseudonymiser(salt))
    assert [row["user_id"] for row in collect.rows()] == names
    assert pseudonymiser(tmp_path / "other")(users[0]) != names[0]
    (tmp_path / "short").write_text("x")
    with pytest.raises(StorageError, match="is too short"):
        pseudonymiser(tmp_path / "short")


# ---- refreshing


def test_refresh(collect: Collector, world: World, server: FlickrServer) -> None:
    first, second, third, _ = world.people
    world.people[second].favourites = world.people[first].favourites[:3] + world.people[second].favourites[5:]
    users = (first, second, third)
    collect(Plan(users=users, photos=6))
    private, taken_back, changed, stays = liked(world, first)[:4]
    assert private in liked(world, second)
    files = {row["photo_id"]: collect.folder / row["path"] for row in collect.rows()}
    world.shots[private].public = False
    del world.shots[changed].tags[:]
    world.shots[changed].licence = "9"
    world.people[first].favourites = [pair for pair in world.people[first].favourites if pair[0] != taken_back]
    world.people[third].there = False
    outcome = collect(refresh=True)
    rows = collect.rows()
    assert {row["user_id"] for row in rows} == {first, second}
    assert private not in {row["photo_id"] for row in rows}
    assert not files[private].exists()
    assert taken_back in {row["photo_id"] for row in rows}, "it is still public"
    assert {row["licence"] for row in rows if row["photo_id"] == changed} == {"CC0 1.0"}
    assert all(row["tags"] == [] for row in rows if row["photo_id"] == changed)
    assert files[stays].exists()
    assert outcome.removed > 0
    assert {file.name for file in collect.folder.glob("pictures/*/*.jpg")} == {Path(row["path"]).name for row in rows}
    assert [failure.photo_id for failure in outcome.failures] == [third]
    before = collect.rows()
    assert collect(refresh=True).removed == 0
    assert collect.rows() == before


def test_a_refresh_that_was_cut_off_goes_on(collect: Collector, world: World, server: FlickrServer) -> None:
    users = tuple(world.people)
    collect(Plan(users=users, photos=6, pictures=False))
    asked = len(server.log)
    server.faults.extend([None, None, *[Fault(status=500)] * 6])
    assert collect(refresh=True).unfinished
    assert not collect(refresh=True).unfinished
    answered = [r["user_id"] for r in server.log[asked:] if r.answered]
    assert sorted(answered) == sorted(users), "each list once"
    collect(refresh=True)
    assert len(server.log) > asked + 4 + 6 + 2, "and the next refresh looks at all of them"


# ---- people at random


@pytest.fixture
def crowd(world: World) -> World:
    """60 people, of whom the first twenty have 30 favourites or more, and photos all over the years."""
    big = World.of(60, 5, shots=3000, seed=6)
    world.people, world.shots = big.people, big.shots
    shots = list(world.shots)
    for number, shot in enumerate(world.shots.values()):
        shot.uploaded = 1_104_537_600 + number * 64_000 // 3
        shot.owner = list(world.people)[number % 60]
    for number, person in enumerate(list(world.people.values())[:20]):
        person.favourites = [(shot, 1_600_000_000 - at) for at, shot in enumerate(shots[number::20][:40])]
    return world


@pytest.fixture
def dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows wide enough for a small world."""
    monkeypatch.setattr("penchant.sources.flickr.people._WINDOW", 64_000_000)


@pytest.mark.usefixtures("dense")
def test_people_at_random(crowd: World, server: FlickrServer, tmp_path: Path) -> None:
    plan = Plan(random=8, seed=5, min_favourites=30, photos=10, pictures=False)
    one, two, other = (Collector(server, tmp_path / name) for name in ("one", "two", "other"))
    outcome = one(plan)
    rows = one.rows()
    chosen = list(dict.fromkeys(row["user_id"] for row in rows))
    assert (outcome.people, outcome.photos, outcome.failures) == (8, 80, ())
    assert set(chosen) <= set(list(crowd.people)[:20]), "those with enough favourites"
    assert not server.answered_twice()
    assert all(request["per_page"] == "500" for request in server.queries("search"))
    asked = len(server.log)
    one()
    assert len(server.log) == asked
    two(plan)
    assert [row["user_id"] for row in two.rows()] == [row["user_id"] for row in rows], "the same seed, the same people"
    other(replace(plan, seed=6))
    assert {row["user_id"] for row in other.rows()} != set(chosen)
    with pytest.raises(UsageError, match="was begun with --seed 5"):
        one(replace(plan, seed=6))
    with pytest.raises(UsageError, match="was begun with --min-favourites 30"):
        one(replace(plan, min_favourites=20))
    one()
    assert one(replace(plan, random=9)).people == 9
    assert list(dict.fromkeys(row["user_id"] for row in one.rows()))[:8] == chosen


@pytest.mark.usefixtures("dense")
def test_windows_are_split_until_one_answer_holds_them(crowd: World, server: FlickrServer, tmp_path: Path) -> None:
    for number, shot in enumerate(crowd.shots.values()):
        shot.uploaded = 1_104_537_600 + number * 100_000
    collect = Collector(server, tmp_path / "one")
    collect(Plan(random=2, seed=1, min_favourites=30, photos=3, pictures=False))
    searches = server.queries("search")
    widths = [int(request["max_upload_date"]) - int(request["min_upload_date"]) for request in searches]
    assert widths[0] == 64_000_000
    assert len(widths) > 1


@pytest.mark.usefixtures("dense")
def test_a_search_that_was_cut_off_chooses_the_same(crowd: World, server: FlickrServer, tmp_path: Path) -> None:
    plan = Plan(random=6, seed=5, min_favourites=30, photos=10, pictures=False)
    whole, pieces = Collector(server, tmp_path / "whole"), Collector(server, tmp_path / "pieces")
    whole(plan)

    for count in (2, 5, 9, 14, 3, 7):
        left = iter(range(count))

        def cut(what: str, left: Iterator[int] = left) -> Fault | None:
            return None if next(left, None) is not None else Fault(status=404)

        server.chance = cut
        pieces(plan)
    server.chance = lambda _: None
    pieces(plan)
    assert {row["user_id"] for row in pieces.rows()} == {row["user_id"] for row in whole.rows()}


def test_when_nobody_is_found(collect: Collector, world: World) -> None:
    outcome = collect(Plan(random=3, min_favourites=10_000, pictures=False))
    assert outcome.photos == 0
    assert [failure.error for failure in outcome.failures] == ["only 0 of 3 were found: Flickr gives no new candidates"]


# ---- estimates, and folders


def test_estimates(collect: Collector, world: World, server: FlickrServer) -> None:
    users = tuple(world.people)
    plan = Plan(users=users, photos=10)
    before = estimate(plan, None)
    assert (before.people, before.queries, before.pictures, before.guessed) == (4, 5, 40, False)
    assert before.bytes == 40 * 130_000
    assert estimate(Plan(users=users, photos=10, raw_tags=True), None).queries == 45
    assert estimate(Plan(users=users, photos=1200), None).queries == 1 + 4 * 3
    assert estimate(Plan(users=("a name",), photos=10), None).queries == 3
    study = estimate(Plan(random=300), None)
    assert study.guessed
    assert 300 < study.queries < 3000
    assert estimate(plan, None, per_hour=2).hours > 1.5
    collect(plan)
    with Collection(collect.folder) as collection:
        after = estimate(plan, collection)
        assert (after.people, after.queries, after.pictures) == (0, 0, 0)
    assert len(server.queries()) == before.queries, "it was true"


def test_folders_that_are_something_else(collect: Collector, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "cat.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="exists and holds something else"):
        Collection(tmp_path / "mine")
    with pytest.raises(UsageError, match="there is no collection in"):
        Collection(tmp_path / "new", create=False)
    assert not (tmp_path / "new").exists()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "collection.sqlite").write_bytes(b"not a database, but a letter to somebody")
    with pytest.raises(StorageError, match="can't be used"):
        Collection(tmp_path / "odd")
    with Collection(tmp_path / "newer") as collection:
        collection.set_fact("schema_version", "99")
    with pytest.raises(StorageError, match="is of a newer Penchant"):
        Collection(tmp_path / "newer")


def test_plans_are_kept(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Plan(photos=0)
    with Collection(tmp_path / "study") as collection:
        assert kept_plan(collection) == Plan()
