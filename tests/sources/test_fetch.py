"""Fetching from a server of the tests' own on loopback: what comes, what is refused, what is tried again."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import os
import sys
import threading
import zlib
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("httpx")
pytest.importorskip("protego")

from picture_server import Answer, PictureServer, jpeg

from penchant.errors import FetchError, MissingExtraError, StorageError
from penchant.retry import Retry
from penchant.sources.fetch import AddressPolicy, FetchOptions, PictureFetcher
from penchant.sources.fetch.hosts import GIVEN_UP_AT, Host
from penchant.sources.fetch.kept import KeptPictures
from penchant.sources.fetch.options import USER_AGENT
from penchant.sources.fetch.robots import Rules, check_headers, read_rules
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = FetchOptions(
    policy=AddressPolicy(public_only=False), retry=Retry(attempts=3, first=0.001), interval=0, read_timeout=10
)
PAGE = b"<!doctype html><title>Log in to see this picture</title>"


@pytest.fixture
def server() -> Iterator[PictureServer]:
    with PictureServer() as running:
        yield running


@pytest.fixture
def fetcher() -> Iterator[PictureFetcher]:
    with PictureFetcher(QUICK) as open_one:
        yield open_one


def refusal(fetcher: PictureFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url)
    return caught.value


def test_a_picture_and_who_asked_for_it(server: PictureServer, fetcher: PictureFetcher) -> None:
    url = server.put("/a.jpg", jpeg(1), headers={"Set-Cookie": "who=you"})
    assert fetcher.fetch(url).data == fetcher.fetch(url).data == jpeg(1)
    assert {(asked.agent, asked.cookie) for asked in server.log} == {(USER_AGENT, None)}
    assert __version__ in USER_AGENT
    assert [asked.path for asked in server.log] == ["/robots.txt", "/a.jpg", "/a.jpg"], "one look at robots.txt"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404), "404 Not Found"),
        (Answer(status=410), "410 Gone"),
        (Answer(status=403), "403 Forbidden"),
        (Answer(status=204), "204 No Content"),
        (Answer(status=299), "status 299"),
        (Answer(PAGE, headers={"Content-Type": "text/html; charset=utf-8"}), "no picture: text/html"),
        (Answer(b"{}", headers={"Content-Type": "application/json"}), "no picture: application/json"),
        (Answer(PAGE), "no picture: image/jpeg"),
        (Answer(b""), "empty answer"),
        (Answer(status=302), "302 Found, and not where to"),
        (Answer(status=301, headers={"Location": "ftp://127.0.0.1/a.jpg"}), "no web address: ftp: is not fetched"),
        (Answer(status=301, headers={"Location": "http://[bad/"}), "301 Moved Permanently to no web address"),
        (Answer(status=307, headers={"Location": "/x.jpg"}), "more than 5 redirects"),
        (Answer(jpeg(), headers={"Content-Encoding": "br"}), "packed as br, which was not asked for"),
        (Answer(b"\x1f\x8b" + b"x" * 40, headers={"Content-Encoding": "gzip"}), "packed, and damaged"),
        (Answer(jpeg(), headers={"X-Robots-Tag": "noai"}), "its site forbids it (X-Robots-Tag: noai)"),
        (Answer(jpeg(), headers={"TDM-Reservation": "1"}), "its site forbids it (TDM-Reservation: 1)"),
    ],
)
def test_what_is_refused_is_asked_for_once(
    server: PictureServer, fetcher: PictureFetcher, answer: Answer, reason: str
) -> None:
    server.pages["/x.jpg"] = answer
    error = refusal(fetcher, server.root + "/x.jpg")
    assert str(error).startswith(reason)
    assert error.lasting
    assert server.asked()["/x.jpg"] == (6 if "redirects" in reason else 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=503), "503 Service Unavailable, in 3 tries"),
        (Answer(status=429), "429 Too Many Requests, in 3 tries"),
        (Answer(jpeg(), cut=200), "cut off, or no HTTP, in 3 tries"),
    ],
)
def test_what_may_pass_is_tried_again(
    server: PictureServer, fetcher: PictureFetcher, answer: Answer, reason: str
) -> None:
    url = server.put("/a.jpg", jpeg(1))
    server.faults["/a.jpg"] = deque([answer, answer])
    assert fetcher.fetch(url).data == jpeg(1)
    assert server.asked() == {"/a.jpg": 3}
    server.pages["/a.jpg"] = answer
    error = refusal(fetcher, url)
    assert (str(error), error.lasting) == (reason, False)


def test_a_server_that_stalls(server: PictureServer) -> None:
    server.put("/before.jpg", jpeg(), stall=-1)
    server.put("/within.jpg", jpeg(), stall=300)
    with PictureFetcher(replace(QUICK, read_timeout=0.05, retry=Retry(attempts=1), robots=False)) as fetcher:
        for name in ("before", "within"):
            error = refusal(fetcher, f"{server.root}/{name}.jpg")
            assert (str(error), error.lasting) == ("no answer in time", False)
    with PictureFetcher(replace(QUICK, total_timeout=-1, retry=Retry(attempts=1))) as fetcher:
        server.put("/slow.jpg", jpeg())
        assert str(refusal(fetcher, f"{server.root}/slow.jpg")) == "not whole in -1 s"


def test_no_connection_and_no_such_host(fetcher: PictureFetcher) -> None:
    error = refusal(fetcher, "http://127.0.0.1:1/a.jpg")
    assert str(error).startswith("no connection (")
    assert str(error).endswith("in 3 tries")
    assert not error.lasting

    def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    with PictureFetcher(replace(QUICK, policy=AddressPolicy(resolve=nowhere))) as other:
        assert "nothing is known of a host nowhere.example" in str(refusal(other, "http://nowhere.example/a.jpg"))


def test_retry_after_is_kept_and_a_host_that_wants_long_is_given_up(
    server: PictureServer, fetcher: PictureFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.put("/a.jpg", jpeg(1))
    server.faults["/a.jpg"] = deque([Answer(status=503, headers={"Retry-After": "1"})])
    waits: list[float] = []
    monkeypatch.setattr(fetcher._stopping, "wait", waits.append)  # which says None: not stopped
    assert fetcher.fetch(url).data == jpeg(1)
    assert 0.5 < max(waits) <= 1
    server.faults["/a.jpg"] = deque([Answer(status=429, headers={"Retry-After": "4000"})])
    assert str(refusal(fetcher, url)) == "429 Too Many Requests, and asks to come back in 4,000 s"
    before = len(server.log)
    assert str(refusal(fetcher, server.put("/b.jpg", jpeg()))) == (
        "not asked any more, as its host failed before: 429 Too Many Requests, and asks to come back in 4,000 s"
    )
    assert len(server.log) == before


def test_a_dead_host_is_given_up_soon() -> None:
    with PictureFetcher(replace(QUICK, parallel=1)) as fetcher:
        urls = [f"http://127.0.0.1:1/{i}.jpg" for i in range(40)]
        errors = [str(error) for _, error in fetcher.fetch_many((url, url) for url in urls)]
    tried = [error for error in errors if error.startswith("no connection")]
    assert len(tried) == GIVEN_UP_AT // 2
    assert len([error for error in errors if error.startswith("not asked any more")]) == 40 - len(tried)


def test_sizes_are_counted_while_they_come(server: PictureServer) -> None:
    large = jpeg(3, side=400, noise=True)
    said = server.put("/said.jpg", large)
    unsaid = server.put("/unsaid.jpg", large, unsized=True)
    with PictureFetcher(replace(QUICK, max_bytes=len(large))) as fetcher:
        assert fetcher.fetch(said).data == fetcher.fetch(unsaid).data == large
    with PictureFetcher(replace(QUICK, max_bytes=20_000)) as fetcher:
        assert str(refusal(fetcher, said)).startswith("too large: ")
        assert "the limit is 20 kB" in str(refusal(fetcher, said))
        assert str(refusal(fetcher, unsaid)) == "too large: more than 20 kB"


def test_packed_answers_are_unpacked_and_bombs_are_not(server: PictureServer) -> None:
    packed = server.put("/a.jpg", gzip.compress(jpeg(1)), headers={"Content-Encoding": "gzip"})
    deflated = server.put("/b.jpg", zlib.compress(jpeg(2)), headers={"Content-Encoding": "deflate"})
    bomb = gzip.compress(jpeg(1) + bytes(50_000_000))
    bad = server.put("/bomb.jpg", bomb, headers={"Content-Encoding": "gzip"})
    with PictureFetcher(replace(QUICK, max_bytes=100_000)) as fetcher:
        assert (fetcher.fetch(packed).data, fetcher.fetch(deflated).data) == (jpeg(1), jpeg(2))
        assert len(bomb) < 100_000
        assert str(refusal(fetcher, bad)) == "too large: more than 100 kB"


def test_redirects_are_followed_and_each_is_checked(server: PictureServer) -> None:
    server.put("/end.jpg", jpeg(5))
    first = server.put("/a", b"", status=302, headers={"Location": "b"})
    server.put("/b", b"", status=308, headers={"Location": f"{server.root}/end.jpg"})
    policy = AddressPolicy(public_only=False, ports=frozenset({server.port}))
    with PictureFetcher(replace(QUICK, policy=policy)) as fetcher:
        found = fetcher.fetch(first)
        assert (found.data, found.url) == (jpeg(5), f"{server.root}/end.jpg")
        server.put("/b", b"", status=301, headers={"Location": "http://127.0.0.1:22/"})
        error = refusal(fetcher, first)
        assert (str(error), error.lasting) == ("refused: port 22 is not one of the web's", True)


def test_robots_txt_decides(server: PictureServer) -> None:
    robots = "User-agent: *\nDisallow: /private\n\nUser-agent: penchant\nDisallow: /*.png$\nCrawl-delay: 99\n"
    server.put("/robots.txt", robots.encode())
    allowed, closed = server.put("/private/a.jpg", jpeg(1)), server.put("/a.png", jpeg(2))
    with PictureFetcher(QUICK) as fetcher:
        assert fetcher.fetch(allowed).data == jpeg(1), "our own group holds, and the one for all doesn't"
        error = refusal(fetcher, closed)
        assert (str(error), error.lasting) == ("its site's robots.txt closes it to programs", True)
        assert fetcher._host(allowed)._interval == 30, "a delay is kept, up to half a minute"
    assert server.asked(robots=True) == {"/robots.txt": 1, "/private/a.jpg": 1}
    with PictureFetcher(replace(QUICK, robots=False)) as fetcher:
        assert fetcher.fetch(closed).data == jpeg(2)
    assert server.asked(robots=True)["/robots.txt"] == 1


def test_a_robots_txt_that_fails_closes_and_one_that_is_not_there_opens(server: PictureServer) -> None:
    url = server.put("/a.jpg", jpeg(1))
    server.put("/robots.txt", b"", status=500)
    with PictureFetcher(QUICK) as fetcher:
        error = refusal(fetcher, url)
        assert (str(error), error.lasting) == ("its site's robots.txt can't be had (500), in 3 tries", False)
        assert server.asked() == {}
        server.put("/robots.txt", b"", status=403)
        assert fetcher.fetch(url).data == jpeg(1)
    server.put("/robots.txt", b"", status=301, headers={"Location": "/rules"})
    server.put("/rules", b"User-agent: *\nDisallow: /" + b"\n# long" * 200_000)
    with PictureFetcher(QUICK) as fetcher:
        assert "robots.txt closes it" in str(refusal(fetcher, url)), "also behind a redirect, and when it is long"


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("noai, noimageai", True),
        ("NOINDEX", True),
        ("nofollow, noimageindex", True),
        ("none", True),
        ("nofollow", False),
        ("all", False),
        ("otherbot: noindex, noai", False),
        ("otherbot: nofollow, penchant: noai", True),
        ("penchant: noimageai", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noai", True),
        ("max-image-preview: large", False),
        ("", False),
    ],
)
def test_x_robots_tag(value: str, refused: bool) -> None:
    expected = pytest.raises(FetchError, match="its site forbids it") if refused else contextlib.nullcontext()
    with expected:
        check_headers([value], {})


def test_rules_without_a_server() -> None:
    assert read_rules(404, b"Disallow: /").delay == 0
    Rules("").check("http://a.example/b")
    with pytest.raises(FetchError):
        read_rules(429, b"")
    with pytest.raises(FetchError):
        Rules("User-agent: *\nDisallow: /").check("http://a.example/")


def test_no_host_is_asked_more_at_once_than_allowed(server: PictureServer) -> None:
    urls = [server.put(f"/{i}.jpg", jpeg(i)) for i in range(12)]
    server.meet = threading.Barrier(3)  # three are answered together, so three at once there must be
    with PictureFetcher(replace(QUICK, per_host=3, parallel=9)) as fetcher:
        assert {key for key, _ in fetcher.fetch_many(enumerate(urls))} == set(range(12))
    assert server.most_at_once == 3
    with PictureFetcher(replace(QUICK, per_host=9, parallel=3)) as fetcher:
        assert len(list(fetcher.fetch_many(enumerate(urls)))) == 12
    assert server.most_at_once == 3
    assert not server.meet.broken


def test_requests_to_a_host_are_an_interval_apart() -> None:
    waits: list[float] = []
    host = Host(2, 10.0, waits.append)
    for _ in range(4):
        with host.turn():
            pass
    assert [round(wait) for wait in waits] == [10, 20, 30]
    host.pause(100)
    with host.turn():
        pass
    assert round(waits[-1]) == 100


def test_many_come_with_their_keys_and_nothing_is_read_far_ahead(server: PictureServer) -> None:
    urls = [server.put(f"/{i}.jpg", jpeg(i)) for i in range(30)]
    read: list[int] = []

    def wanted() -> Iterator[tuple[int, str]]:
        for i in itertools.count():
            read.append(i)
            yield i, urls[i % 30] if i % 7 else server.root + "/gone.jpg"

    with PictureFetcher(replace(QUICK, parallel=2)) as fetcher:
        many = fetcher.fetch_many(wanted())
        for key, got in itertools.islice(many, 40):
            if key % 7:
                assert not isinstance(got, FetchError)
                assert got.data == jpeg(key % 30)
            else:
                assert isinstance(got, FetchError)
        assert len(read) < 60
        many.close()  # type: ignore[attr-defined]
        assert "stopped" in str(refusal(fetcher, urls[0]))


def test_stop_ends_a_long_pause(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.put("/a.jpg", b"", status=503)
    with PictureFetcher(replace(QUICK, robots=False, retry=Retry(attempts=9, first=1000, longest=1000))) as fetcher:
        asleep = threading.Event()
        wait = fetcher._stopping.wait

        def pause(seconds: float | None = None) -> bool:
            asleep.set()
            return wait(seconds)

        def stop() -> None:
            asleep.wait(20)
            fetcher.stop()

        monkeypatch.setattr(fetcher._stopping, "wait", pause)
        stopper = threading.Thread(target=stop)
        stopper.start()
        assert "stopped" in str(refusal(fetcher, url))
        stopper.join()


def test_stopping_does_not_wait_for_a_host_that_stalls(server: PictureServer) -> None:
    urls = [server.put("/good.jpg", jpeg()), server.put("/stalls.jpg", jpeg(), stall=-1)]
    with PictureFetcher(replace(QUICK, robots=False, read_timeout=60)) as fetcher:
        many = fetcher.fetch_many(enumerate(urls))
        assert next(many)[0] == 0
        assert server.stalled.wait(20)
        many.close()  # type: ignore[attr-defined]
        left = [thread for thread in threading.enumerate() if thread.name == "penchant-fetch"]
        assert left, "the one that waits for the host is left to itself"
        assert all(thread.daemon for thread in left), "and doesn't hold the process up"


def test_what_a_killed_process_left_half_written_goes_after_a_while(server: PictureServer, tmp_path: Path) -> None:
    url = server.put("/a.jpg", jpeg())
    folder = KeptPictures(tmp_path)._stem(url).parent
    folder.mkdir()
    old, new = folder / ".a.1.1.unfinished", folder / ".b.2.2.unfinished"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    with PictureFetcher(replace(QUICK, keep=tmp_path)) as fetcher:
        fetcher.fetch(url)
    assert (old.exists(), new.exists()) == (False, True), "another process may be writing the new one"


def test_kept_pictures_are_not_asked_for_again(server: PictureServer, tmp_path: Path) -> None:
    url = server.put("/a", jpeg(1))
    keep = replace(QUICK, keep=tmp_path / "kept")
    for _ in range(2):
        with PictureFetcher(keep) as fetcher:
            assert fetcher.fetch(url).data == jpeg(1)
    assert server.asked() == {"/a": 1}
    (file,) = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert (file.suffix, file.read_bytes(), file.parent.name) == (".jpg", jpeg(1), file.name[:2])
    with PictureFetcher(replace(keep, online=False)) as fetcher:
        assert fetcher.fetch(url).data == jpeg(1)
        assert "not among the kept pictures" in str(refusal(fetcher, server.root + "/b"))
    file.write_bytes(b"")
    with PictureFetcher(keep) as fetcher:
        assert fetcher.fetch(url).data == jpeg(1), "a damaged one is fetched again"
    assert file.read_bytes() == jpeg(1)
    assert server.asked() == {"/a": 2}
    blocked = tmp_path / "file"
    blocked.write_text("")
    with PictureFetcher(replace(QUICK, keep=blocked)) as fetcher, pytest.raises(StorageError, match="can't be kept"):
        fetcher.fetch(url)


@pytest.mark.parametrize("missing", ["httpx", "protego"])
def test_without_the_library_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("penchant.sources.fetch.network")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penchant\[online\]'"):
        PictureFetcher(QUICK)


def test_the_proxy_of_the_environment_is_used_unless_told_otherwise(
    server: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.root)
    server.pages["http://pictures.example/a.jpg"] = Answer(jpeg(1))
    with PictureFetcher(replace(QUICK, robots=False, policy=AddressPolicy(resolve=_never))) as fetcher:
        assert fetcher.fetch("http://pictures.example/a.jpg").data == jpeg(1)
        assert "is not a public address" in str(refusal(fetcher, "http://10.0.0.1/a.jpg"))
    policy = AddressPolicy(public_only=False, resolve=lambda *_: ["127.0.0.1"])
    with PictureFetcher(replace(QUICK, robots=False, use_proxy=False, policy=policy)) as fetcher:
        server.put("/a.jpg", jpeg(2))
        assert fetcher.fetch(f"http://pictures.example:{server.port}/a.jpg").data == jpeg(2)
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with PictureFetcher(replace(QUICK, robots=False)) as fetcher:
        assert "proxy" in str(refusal(fetcher, "http://pictures.example/a.jpg"))


def _never(host: str, port: int) -> Any:
    raise AssertionError(f"{host} is looked up")
