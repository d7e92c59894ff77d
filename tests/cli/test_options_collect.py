"""Every option of `penchant collect flickr` shows its effect, against a server of the tests' own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from options import shows
from sources.flickr_server import KEY, Fault, FlickrServer, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cli, Outcome

pytest.importorskip("httpx")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlickrServer]:
    """A server, an environment that leads to it, and nothing of the user's."""
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    with FlickrServer(World.of(4, 12, shots=40, seed=3)) as server:
        monkeypatch.setenv("PENCHANT_FLICKR_URL", server.url)
        monkeypatch.setenv("FLICKR_API_KEY", KEY)
        yield server


@pytest.fixture
def person(server: FlickrServer) -> str:
    return next(iter(server.world.people))


def rows(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / "photos.parquet").to_pylist()
    return found


@shows("collect flickr --output", "collect flickr -o", "collect flickr --favourites", "collect flickr --all")
def test_how_many(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    for option in ("-o", "--output"):
        outcome = cli("collect", "flickr", person, option, tmp_path / option, "--favourites", "5", "-q")
        assert (outcome.code, outcome.err) == (0, "")
        table = tmp_path / option / "photos.parquet"
        assert outcome.out == f"5 photos of 1 person\nThe table is {table}. Next: penchant profile {table}\n"
        assert len(rows(tmp_path / option)) == 5
    assert cli("collect", "flickr", "-o", tmp_path / "-o").code == 0
    assert len(rows(tmp_path / "-o")) == 5, "it remembers"
    assert cli("collect", "flickr", "-o", tmp_path / "-o", "--all").code == 0
    assert len(rows(tmp_path / "-o")) == 12
    both = cli("collect", "flickr", person, "-o", tmp_path / "new", "--all", "--favourites", "3")
    assert (both.code, both.err) == (2, "penchant: give --all or --favourites, not both\n")
    assert cli("collect", "flickr", person, "-o", tmp_path / "new", "--favourites", "0").code == 2
    assert not (tmp_path / "new" / "photos.parquet").exists()


def test_the_table_is_taken_by_profile(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    assert cli("collect", "flickr", person, "-o", tmp_path / "study").code == 0
    outcome = cli("profile", tmp_path / "study" / "photos.parquet", "--user", person, "--json")
    assert outcome.json["photos"]["total"] == 12
    assert outcome.json["user_id"] == person
    folder = cli("collect", tmp_path / "study", "--json")
    assert folder.json["photos"] == 12
    assert folder.json["tagged"], "the folder stands for its table"
    assert [kind["name"] for kind in folder.json["recognised"]] == ["Flickr collection"]


def test_a_folder_that_is_called_like_the_command(
    cli: Cli, server: FlickrServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flickr").mkdir()
    outcome = cli("collect", "flickr")
    assert outcome.code == 2
    assert "a folder of that name is ./flickr" in outcome.err


def test_a_table_of_addresses_is_taken_by_profile(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    assert cli("collect", "flickr", person, "-o", tmp_path / "study", "--no-pictures").code == 0
    again = cli("collect", "flickr", "-o", tmp_path / "study")
    assert again.out.endswith("photos.parquet --fetch\n"), "the next command can be copied"
    usual = ("profile", tmp_path / "study" / "photos.parquet", "--user", person, "--json", "-q")
    outcome = cli(*usual, "--fetch", "--allow-private-addresses")
    assert outcome.json["photos"]["total"] == 12
    assert outcome.json["photos"]["failed"] == 0


def test_who(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    nobody = cli("collect", "flickr", "-o", tmp_path / "study")
    assert (nobody.code, nobody.out) == (2, "")
    assert nobody.err == (
        f"penchant: no user given, and no collection in {tmp_path}/study: name users, or give --random N\n"
    )
    named = f"person 1\nnobody at all\n{person}\n".encode()
    outcome = cli("collect", "flickr", "-", "-o", tmp_path / "study", "--favourites", "2", stdin=named)
    assert outcome.code == 3
    assert outcome.err == "penchant: nobody at all: Flickr knows no such user\n"
    assert len({row["user_id"] for row in rows(tmp_path / "study")}) == 2
    lost = cli("collect", "flickr", "nobody at all", "-o", tmp_path / "other")
    assert lost.code == 1


@shows("collect flickr --random", "collect flickr --seed", "collect flickr --min-favourites")
def test_random(cli: Cli, server: FlickrServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.sources.flickr.people._WINDOW", 900_000_000)
    asked = ("--random", "2", "--min-favourites", "10", "--no-pictures", "--favourites", "3")
    chosen = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2"), ("d", "3")):
        assert cli("collect", "flickr", *asked, "--seed", seed, "-o", tmp_path / name).code == 0
        chosen.append([row["user_id"] for row in rows(tmp_path / name)])
        assert len(set(chosen[-1])) == 2
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2] or chosen[0] != chosen[3]
    few = cli("collect", "flickr", *asked[:3], "100", "--no-pictures", "-o", tmp_path / "e")
    assert few.code == 1
    assert "only 0 of 2 were found" in few.err


@shows("collect flickr --own")
def test_own(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    assert cli("collect", "flickr", person, "-o", tmp_path / "study", "--own").code == 0
    assert {(row["kind"], row["owner"]) for row in rows(tmp_path / "study")} == {("own", person)}


@shows("collect flickr --raw-tags")
def test_raw_tags(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    server.world.shots[server.world.people[person].favourites[0][0]].tags = ["indianocean"]
    usual = ("collect", "flickr", person, "-o", tmp_path / "study", "--favourites", "1")
    assert cli(*usual).code == 0
    assert rows(tmp_path / "study")[0]["tags"] == ["indianocean"]
    assert cli(*usual, "--raw-tags").code == 0
    assert rows(tmp_path / "study")[0]["tags"] == ["Indian Ocean"]


@shows("collect flickr --size", "collect flickr --no-pictures")
def test_pictures(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    usual = ("collect", "flickr", person, "-o", tmp_path / "study", "--favourites", "2")
    assert cli(*usual, "--no-pictures").code == 0
    assert {(row["path"], row["size"]) for row in rows(tmp_path / "study")} == {(None, "640")}
    assert not (tmp_path / "study" / "pictures").exists()
    assert cli(*usual, "--size", "320").code == 0
    assert {row["size"] for row in rows(tmp_path / "study")} == {"320"}
    assert all((tmp_path / "study" / row["path"]).is_file() for row in rows(tmp_path / "study"))
    wrong = cli(*usual, "--size", "333")
    assert wrong.code == 2
    assert wrong.err.startswith("penchant: there is no size '333': write the longest side in pixels or original")


@shows("collect flickr --pseudonyms")
def test_pseudonyms(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert cli("collect", "flickr", person, "-o", tmp_path / name, "--favourites", "1", "--pseudonyms").code == 0
    (one,), (two,) = rows(tmp_path / "a"), rows(tmp_path / "b")
    assert one["user_id"] == two["user_id"] != person
    (salt,) = (tmp_path / "home").rglob("pseudonyms.salt")
    assert os.name == "nt" or salt.stat().st_mode & 0o077 == 0
    assert salt.read_bytes() not in (tmp_path / "a" / "photos.parquet").read_bytes()
    assert cli("collect", "flickr", "-o", tmp_path / "a", "--all").code == 0
    assert {row["user_id"] for row in rows(tmp_path / "a")} == {one["user_id"]}, "it is not forgotten"


@shows("collect flickr --refresh")
def test_refresh(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    absent = cli("collect", "flickr", "-o", tmp_path / "study", "--refresh")
    assert (absent.code, (tmp_path / "study").exists()) == (2, False)
    assert "no collection in" in absent.err
    assert cli("collect", "flickr", person, "-o", tmp_path / "study").code == 0
    private = server.world.people[person].favourites[0][0]
    server.world.shots[private].public = False
    outcome = cli("collect", "flickr", "-o", tmp_path / "study", "--refresh")
    assert (outcome.code, len(rows(tmp_path / "study"))) == (0, 11)
    assert outcome.err == "penchant: removed, as no longer public: 1 photo\n"
    assert not list((tmp_path / "study").rglob(f"{private}_*"))


@shows("collect flickr --dry-run")
def test_dry_run(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    usual = ("collect", "flickr", person, "-o", tmp_path / "study", "--dry-run")
    outcome = cli(*usual)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == ("1 person, at most 2 queries, 10 s\nat most 200 pictures, some 26 MB\n")
    assert cli(*usual, "--json").json == {
        "schema_version": 1, "people": 1, "queries": 2, "hours": 0.0, "pictures": 200, "bytes": 26_000_000,
        "guessed": False,
    }  # fmt: skip
    assert "about" in cli("collect", "flickr", "--random", "300", "-o", tmp_path / "study", "--dry-run").out
    assert (server.log, (tmp_path / "study").exists()) == ([], False)
    cli("collect", "flickr", person, "-o", tmp_path / "study", "--favourites", "5")
    asked = len(server.log)
    assert cli(*usual).out.startswith("0 people, at most 0 queries")
    assert len(server.log) == asked


@shows("collect flickr --key", "collect flickr --endpoint")
def test_key_and_endpoint(
    cli: Cli, server: FlickrServer, person: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLICKR_API_KEY")
    monkeypatch.setenv("PENCHANT_FLICKR_URL", "http://127.0.0.1:9/")
    usual = ("collect", "flickr", person, "-o", tmp_path / "study", "--endpoint", server.url, "--favourites", "2")
    missing = cli(*usual)
    assert missing.code == 2
    assert "Flickr needs a key" in missing.err
    assert "set FLICKR_API_KEY" in missing.err
    wrong = cli(*usual, "--key", "somebody-elses-key")
    assert (wrong.code, len(server.log)) == (1, 1)
    assert wrong.err.startswith(
        "penchant: Flickr refuses the key: Invalid API Key (Key has invalid format) (code 100); check it"
    )
    assert "somebody-elses-key" not in wrong.err
    assert cli(*usual, "--key", KEY).code == 0
    clear = cli(*usual[:-4], "--endpoint", "http://api.flickr.com/", "--key", KEY)
    assert clear.code == 2
    assert "in clear" in clear.err
    for file in (tmp_path / "study").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


@shows("collect flickr --queries-per-hour")
@pytest.mark.skipif(os.name == "nt", reason="a process is killed")
def test_queries_per_hour(server: FlickrServer, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "penchant",
        "collect",
        "flickr",
        *server.world.people,
        "-o",
        str(tmp_path / "study"),
    ]
    with subprocess.Popen([*command, "--queries-per-hour", "3"], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.kill()
    assert re.fullmatch(r"penchant: the 3 queries of this hour are used up: going on in (5\d|6\d) min\n", said), said
    assert len(server.queries()) == 3


@shows("collect flickr --json", "collect flickr --quiet", "collect flickr -q")
def test_json_and_quiet(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    vanished, video = (shot for shot, _ in server.world.people[person].favourites[:2])
    server.world.shots[vanished].vanished = True
    server.world.shots[video].media = "video"
    usual = ("collect", "flickr", person, "-o", tmp_path / "study")
    document = cli(*usual, "--json", "-q").json
    assert document == {
        "schema_version": 1, "table": f"{tmp_path}/study/photos.parquet", "people": 1, "photos": 10, "pictures": 10,
        "videos": 1, "removed": 0, "queries": 2, "unfinished": False,
        "failures": [{"name": vanished, "user_id": None, "error": "its picture: 404 Not Found"}],
    }  # fmt: skip
    loud = cli(*usual)
    assert loud.code == 3
    assert loud.err == (f"penchant: passed over: 1 video\npenchant: {vanished}: its picture: 404 Not Found\n")
    for option in ("-q", "--quiet"):
        quiet = cli(*usual, option)
        assert (quiet.code, quiet.err, quiet.out) == (3, "", loud.out)


def test_a_service_that_is_down(
    cli: Cli, server: FlickrServer, person: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.retry.Retry.pause", lambda _self, _failures: 0.0)
    server.chance = lambda _: Fault(status=503)
    outcome = cli("collect", "flickr", person, "-o", tmp_path / "study")
    assert outcome.code == 1
    assert outcome.err.splitlines() == [
        f"penchant: {person}: Flickr gave no answer to flickr.favorites.getPublicList in 5 tries, "
        "the last: status 503; run again later",
        "penchant: the same command later fetches what is missing",
    ]


def test_folders(cli: Cli, server: FlickrServer, person: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "cat.jpg").write_bytes(b"x")
    refused = cli("collect", "flickr", person, "-o", tmp_path / "mine")
    assert (refused.code, [path.name for path in (tmp_path / "mine").iterdir()]) == (2, ["cat.jpg"])
    assert "holds something else" in refused.err
    file = cli("collect", "flickr", person, "-o", tmp_path / "mine" / "cat.jpg")
    assert (file.code, file.err) == (2, f"penchant: -o {tmp_path}/mine/cat.jpg: that is a file; name a folder\n")
    from filelock import FileLock

    (tmp_path / "busy").mkdir()
    with FileLock(tmp_path / "busy" / ".lock"):
        busy = cli("collect", "flickr", person, "-o", tmp_path / "busy")
    assert busy.code == 2
    assert "another penchant is collecting into" in busy.err


def test_what_has_no_name_is_files(cli: Cli, tmp_path: Path) -> None:
    shown: list[Outcome] = [cli("collect", *more, "--no-such-option") for more in ((), ("files",), (tmp_path,))]
    assert {outcome.code for outcome in shown} == {2}
    assert all("penchant collect files" in outcome.err for outcome in shown)
    assert "flickr" in cli("collect", "--help").out
    assert cli("collect", "--help").out == cli("collect", "-h").out
