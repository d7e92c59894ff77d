"""The client against a real server on loopback, well and ill; what counts is the server's log."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from babelnet_server import KEY, BabelNetServer, Fault

from penchant.errors import MissingExtraError, RefusedError, RequestLimitError, ServiceError, UsageError
from penchant.retry import Retry, retry_after
from penchant.semantics.babelnet import BabelNetCache, BabelNetClient, find_key
from penchant.semantics.babelnet.key import Key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("httpx")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No key, mirror, proxy or cache of whoever runs the tests."""
    for name in ("BABELNET_KEY", "PENCHANT_BABELNET_URL", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture
def server() -> Iterator[BabelNetServer]:
    with BabelNetServer() as server:
        yield server


class Clock:
    """Sleeps no time, and remembers how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def client_of(server: BabelNetServer, tmp_path: Path, *, sleep: Clock | None = None, **options: Any) -> BabelNetClient:
    options.setdefault("key", KEY)
    options.setdefault("cache", tmp_path / "answers.sqlite")
    options.setdefault("url", server.url)
    return BabelNetClient(retry=Retry(sleep=sleep or Clock()), **options)


def test_what_is_asked_is_as_documented(server: BabelNetServer, tmp_path: Path) -> None:
    with client_of(server, tmp_path) as client:
        assert client.version() == "V5_3"
        assert client.synset_ids("ice cream") == ("bn:00000011n",)
        assert client.wordnet_synset_ids("n02123045") == ("bn:00000010n",)
        tabby = client.synset("bn:00000010n")
        assert tabby is not None
        assert tabby.domains == (("ANIMALS", 0.9), ("BIOLOGY", 0.1))
        assert client.synset_ids("bass", sources=["WN", "WIKI"])
    assert [(request.endpoint, request.parameters) for request in server.log] == [
        ("getVersion", ()),
        ("getSynsetIds", (("lemma", "ice_cream"), ("pos", "NOUN"), ("searchLang", "EN"))),
        ("getSynsetIdsFromResourceID", (("id", "wn:02123045n"), ("source", "WN"), ("wnVersion", "WN_30"))),
        ("getSynset", (("id", "bn:00000010n"), ("targetLang", "EN"))),
        (
            "getSynsetIds",
            (("lemma", "bass"), ("pos", "NOUN"), ("searchLang", "EN"), ("source", "WIKI"), ("source", "WN")),
        ),
    ]
    assert {request.encoding for request in server.log} == {"gzip"}
    assert all(request.good_key for request in server.log)
    assert len({request.connection for request in server.log}) == 1, "one connection serves them all"


def ask_everything(client: BabelNetClient) -> list[object]:
    return [
        *(client.synset_ids(word) for word in ("bass", "crane", "nosuchword")),
        *(client.synset(f"bn:{number:08}n") for number in (1, 2, 99)),
        client.wordnet_synset_ids("n02123045"),
    ]


def test_a_second_run_makes_no_request_and_needs_no_key(server: BabelNetServer, tmp_path: Path) -> None:
    with client_of(server, tmp_path) as client:
        first = ask_everything(client)
        assert (len(server.log), client.requests) == (7, 7)
        assert ask_everything(client) == first
    with client_of(server, tmp_path, key=None, max_requests=0) as client:
        assert ask_everything(client) == first
        assert client.requests == 0
    assert len(server.log) == 7


def test_versions_of_the_service_are_kept_apart_and_mirrors_of_one_are_not(
    server: BabelNetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENCHANT_BABELNET_URL", f"{server.root}v8")
    with client_of(server, tmp_path, url=None) as client:
        assert (client.url, client.service) == (f"{server.root}v8/", "v8")
        client.synset("bn:00000001n")
    with client_of(server, tmp_path) as client:
        client.synset("bn:00000001n")
    assert [request.version for request in server.log] == ["v8", "v9"]
    with BabelNetServer() as mirror, client_of(mirror, tmp_path) as client:
        client.synset("bn:00000001n")
        assert mirror.log == []


def test_what_does_not_exist_is_kept_too(server: BabelNetServer, tmp_path: Path) -> None:
    for server.old_errors in (False, True):
        with client_of(server, tmp_path, cache=tmp_path / f"{server.old_errors}.sqlite") as client:
            before = len(server.log)
            assert client.synset("bn:77777777n") is None
            assert client.synset("bn:77777777n") is None
            assert client.synset_ids("nosuchword") == client.synset_ids("nosuchword") == ()
            assert client.wordnet_synset_ids("tabby.n.01") == ()
            assert len(server.log) == before + 2


PASSING = {
    "429": Fault(429, b"{}"),
    "500": Fault(500, b"<html>oh no</html>"),
    "503 with a message": Fault(503, b'{"message": "Out of cheese."}'),
    "cut, the length announced": Fault(cut=30),
    "cut, the length not announced": Fault(cut=30, announced=False),
    "cut before the first byte": Fault(cut=0),
    "half of the JSON": Fault(body=b'{"domains": {"MUS'),
    "nothing": Fault(body=b""),
    "not gzip": Fault(cut=20, headers={"X-Padding": "y"}),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again(server: BabelNetServer, tmp_path: Path, fault: Fault) -> None:
    server.faults.extend([fault, fault])
    clock = Clock()
    with client_of(server, tmp_path, sleep=clock) as client:
        found = client.synset("bn:00000002n")
        assert found is not None
        assert found.key
        assert client.requests == 3
    assert len(server.log) == 3
    first, second = clock.slept
    assert 0.25 <= first <= 0.5 <= second <= 1.0, "pauses grow, and chance has a part in them"


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_but_not_for_ever_and_nothing_of_it_is_kept(server: BabelNetServer, tmp_path: Path, fault: Fault) -> None:
    server.faults.extend([fault] * 5)
    clock = Clock()
    with client_of(server, tmp_path, sleep=clock) as client:
        with pytest.raises(
            ServiceError, match=r"no answer to getSynset in 5 tries.*what was fetched is kept"
        ) as caught:
            client.synset("bn:00000002n")
        assert KEY not in "".join(traceback.format_exception(caught.value))
        assert client.cache.count() == 0
        assert (len(server.log), len(clock.slept)) == (5, 4)
        assert client.synset("bn:00000002n") is not None, "and the next call begins anew"


def test_a_stall_is_a_failure_that_may_pass(server: BabelNetServer, tmp_path: Path) -> None:
    server.faults.append(Fault(stall=0.5))
    with client_of(server, tmp_path, timeout=0.1) as client:
        assert client.synset("bn:00000002n") is not None
    assert len(server.log) == 2


def test_nobody_there(tmp_path: Path) -> None:
    with BabelNetServer() as gone:
        pass
    clock = Clock()
    with client_of(gone, tmp_path, sleep=clock) as client, pytest.raises(ServiceError, match="no connection"):
        client.synset("bn:00000001n")
    assert len(clock.slept) == 4


def test_retry_after_is_obeyed(server: BabelNetServer, tmp_path: Path) -> None:
    server.faults.extend([Fault(429, b"{}", {"Retry-After": "7"}), Fault(503, b"", {"Retry-After": "0"})])
    clock = Clock()
    with client_of(server, tmp_path, sleep=clock) as client:
        assert client.synset("bn:00000002n") is not None
    assert clock.slept == [7, 0]


def test_a_longer_pause_than_anybody_waits_for_is_an_error(server: BabelNetServer, tmp_path: Path) -> None:
    server.faults.append(Fault(429, b"{}", {"Retry-After": "3600"}))
    clock = Clock()
    with (
        client_of(server, tmp_path, sleep=clock) as client,
        pytest.raises(ServiceError, match=r"asks to wait 3,600 s.*what was fetched is kept"),
    ):
        client.synset("bn:00000002n")
    assert (clock.slept, len(server.log)) == ([], 1)


def test_retry_after_in_both_forms() -> None:
    assert retry_after("120") == 120
    assert retry_after(None) is None
    assert retry_after("soon") is None
    assert retry_after("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    later = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert later is not None
    assert 85 < later < 91


@pytest.mark.parametrize("old_errors", [False, True], ids=["status 403", "status 200"])
def test_a_refused_key_and_a_spent_quota_read_the_same(
    server: BabelNetServer, tmp_path: Path, old_errors: bool
) -> None:
    server.old_errors = old_errors
    with client_of(server, tmp_path, key="wrong-key-of-somebody") as client:
        with pytest.raises(RefusedError) as caught:
            client.synset("bn:00000002n")
        said = str(caught.value)
        assert "key is not valid" in said
        assert "requests of today are used up" in said
        assert "tomorrow" in said
        assert "BABELNET_KEY" in said
        assert client.cache.count() == 0
    assert len(server.log) == 1, "no use in asking again"


@pytest.mark.parametrize("old_errors", [False, True], ids=["status 403", "status 200"])
def test_a_run_goes_on_the_next_day(server: BabelNetServer, tmp_path: Path, old_errors: bool) -> None:
    server.old_errors = old_errors
    names = [f"bn:{number:08}n" for number in range(1, 13)]
    server.quota = 5
    with client_of(server, tmp_path) as client, pytest.raises(RefusedError):
        list(map(client.synset, names))
    server.quota = None
    with client_of(server, tmp_path) as client:
        assert all(client.synset(name) is not None for name in names)
        assert client.requests == 7
    assert len(server.answered) == len(set(server.answered)) == 12, "nothing was answered twice"


LASTING = {
    "a page": (Fault(body=b"<!doctype html><title>Sign in</title>"), "a page instead of JSON"),
    "404": (Fault(404, b"<html>where?</html>"), "status 404"),
    "a redirect": (Fault(302, b"", {"Location": "http://127.0.0.1:9/v10/"}), "status 302"),
    "another message": (Fault(400, b'{"message": "Out of cheese."}'), "Out of cheese"),
    "another message, old style": (Fault(200, b'{"message": "Out of cheese."}'), "Out of cheese"),
    "wrong parameters": (Fault(400, b'{"message": "Wrong parameters."}'), "doesn't take these parameters"),
    "wrong parameters, old style": (Fault(200, b'{"message": "Wrong parameters."}'), "doesn't take these parameters"),
    "another shape": (Fault(body=b"[1, 2]"), "otherwise than it documents"),
}


@pytest.mark.parametrize(("fault", "said"), LASTING.values(), ids=LASTING)
def test_what_will_not_pass_is_an_error_at_once(
    server: BabelNetServer, tmp_path: Path, fault: Fault, said: str
) -> None:
    server.faults.append(fault)
    with client_of(server, tmp_path) as client:
        with pytest.raises(ServiceError, match=said):
            client.synset("bn:00000002n")
        assert client.cache.count() == 0
    assert len(server.log) == 1


def test_the_limit_of_requests_counts_tries_and_stops_before_the_next(server: BabelNetServer, tmp_path: Path) -> None:
    server.faults.extend([None, Fault(500, b"")])
    with client_of(server, tmp_path, max_requests=3) as client:
        assert client.synset("bn:00000001n")
        assert client.synset("bn:00000002n")
        with pytest.raises(RequestLimitError, match=r"limit of 3 requests.*what was fetched is kept"):
            client.synset("bn:00000003n")
        assert client.synset("bn:00000002n"), "what is kept is still there"
    assert len(server.log) == 3
    with pytest.raises(UsageError, match="makes no sense"):
        client_of(server, tmp_path, max_requests=-1)


def test_threads_share_one_client_and_ask_nothing_twice(server: BabelNetServer, tmp_path: Path) -> None:
    names = [f"bn:{number:08}n" for number in range(1, 13)] * 8
    with client_of(server, tmp_path) as client, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(client.synset, names))
        assert [synset.id for synset in found if synset] == names
        assert client.requests == 12
    assert len(server.log) == len({request.parameters for request in server.log}) == 12
    assert len({request.connection for request in server.log}) <= 8


def test_a_damaged_answer_in_the_cache_is_fetched_again(server: BabelNetServer, tmp_path: Path) -> None:
    from penchant.semantics.babelnet.cache import Answer

    with BabelNetCache(tmp_path / "answers.sqlite") as cache, client_of(server, tmp_path, cache=cache) as client:
        cache.put("v9", "getSynset", "id=bn%3A00000002n&targetLang=EN", Answer(b"[]", found=True))
        assert client.synset("bn:00000002n")
        assert client.requests == 1
        client.close()
        assert cache.count() == 1, "a cache that was given open stays open"


@pytest.mark.parametrize(
    "url",
    ["babelnet.io/v9", "ftp://babelnet.io/v9", "http://", "https://me:secret@babelnet.io/v9/",
     "https://babelnet.io/v9/?key=secret", "http://x:port/"],
)  # fmt: skip
def test_addresses_that_can_not_be_right(url: str) -> None:
    with pytest.raises(UsageError, match="the address of BabelNet's service") as caught:
        BabelNetClient(url=url)
    assert "secret" not in str(caught.value)


def test_the_key_never_crosses_the_network_in_clear() -> None:
    with pytest.raises(UsageError, match="give an https:// address"):
        BabelNetClient(url="http://babelnet.invalid/v9/")


def test_the_environments_proxy_is_asked(
    server: BabelNetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.root.removeprefix("http://").rstrip("/"))
    monkeypatch.setenv("no_proxy", "elsewhere.invalid")
    with client_of(server, tmp_path, url="http://localhost:9/v9/") as client:
        assert client.synset_ids("tabby") == ("bn:00000010n",)
    assert [request.good_key for request in server.log] == [True]
    monkeypatch.setenv("http_proxy", "gopher://127.0.0.1/")
    with (
        client_of(server, tmp_path, url="http://localhost:9/v9/") as client,
        pytest.raises(ServiceError, match="the proxy that your environment names"),
    ):
        client.synset_ids("otter")


def test_without_httpx_the_command_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penchant\[online\]'") as caught:
        BabelNetClient(cache=tmp_path / "answers.sqlite")
    assert caught.value.extra == "online"


# ---- the key


def test_the_key_comes_from_the_argument_the_environment_or_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"needs a key.*BABELNET_KEY.*babelnet\.key"):
        find_key()
    folder = tmp_path / "home" / "penchant"
    monkeypatch.setattr("sys.platform", "linux")
    folder.mkdir(parents=True)
    (folder / "babelnet.key").write_text("from-the-file\n")
    (folder / "babelnet.key").chmod(0o600)
    assert find_key().reveal() == "from-the-file"
    monkeypatch.setenv("BABELNET_KEY", "from-the-environment")
    assert find_key().reveal() == "from-the-environment"
    assert find_key("given").reveal() == "given"


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
def test_a_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "mine.key"
    file.write_text(KEY)
    file.chmod(0o644)
    said: list[str] = []
    assert find_key(file=file, warn=said.append).reveal() == KEY
    assert said == [f"others on this machine can read your BabelNet key: chmod 600 {file}"]
    with pytest.warns(UserWarning, match="chmod 600"):
        find_key(file=file)
    file.chmod(0o600)
    find_key(file=file)


@pytest.mark.parametrize("value", ["", " ", "two words", "line\nline", "käse", "x" * 300, "tab\x00"])
def test_what_can_not_be_a_key_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_key(value)
    if value.strip():
        assert value not in str(caught.value)
    assert "can't be one" in str(caught.value)


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "binary").chmod(0o600)
    for file in (tmp_path / "binary", tmp_path):
        with pytest.raises(UsageError, match="can't be read"):
            find_key(file=file)


def test_a_key_shows_nowhere_and_is_not_pickled() -> None:
    import pickle
    from copy import copy

    key = Key(KEY)
    assert KEY not in f"{key} {key!r} {[key]} {vars(type(key)).keys()}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy(key)
    assert key.hidden_in("?key=0b8e-made-up-for-tests-4f1d%2B%2F%3D%26%3F&a") == "?key=…&a"


def test_the_key_is_in_no_log_error_repr_or_file(
    server: BabelNetServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"message": f"Out of cheese: GET /v9/getSynset?id=bn:1&key={KEY}"}).encode()
    quoting = json.dumps({"domains": {}, "request": KEY}).encode()
    passing = [Fault(500, echo), Fault(cut=10), Fault(body=quoting)]
    server.faults.extend([None, *passing, Fault(400, echo), Fault(404, echo)])
    seen = []
    with client_of(server, tmp_path) as client:
        seen.append(repr(client))
        for number in (1, 2, 3, 4, 5):
            try:
                client.synset(f"bn:{number:08}n")
            except ServiceError as error:
                seen += ["".join(traceback.format_exception(error)), repr(error)]
        seen.append(repr(vars(client)))
    assert len(server.log) == 7
    assert "Out of cheese" in "".join(seen)
    seen += [caplog.text, *capfd.readouterr()]
    assert "getSynset" in caplog.text, "httpx logs its requests"
    written = {KEY, KEY[:20], "4f1d%2B%2F%3D%26%3F"}
    assert not [text for text in seen for form in written if form in text]
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert not [form for form in written if form.encode() in file.read_bytes()], file
    with BabelNetCache(tmp_path / "answers.sqlite") as cache:
        kept = cache.get("v9", "getSynset", "id=bn%3A00000002n&targetLang=EN")
        assert kept is not None
        assert KEY.encode() not in kept.body


# ---- a process that dies

PROGRAM = """
import sys
from pathlib import Path
from penchant.semantics.babelnet import BabelNetClient
with BabelNetClient(cache=Path(sys.argv[1])) as client:
    for number in range(1, 41):
        client.synset(f"bn:{number:08}n")
        client.synset_ids(f"word{number}")
print("done", client.requests)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_run_loses_nothing(server: BabelNetServer, tmp_path: Path) -> None:
    """Killed while it waits for an answer: each of the answers before is kept, and only the rest is asked."""
    file = tmp_path / "answers.sqlite"
    arguments = [sys.executable, "-c", PROGRAM, str(file)]
    environment = {**os.environ, "BABELNET_KEY": KEY, "PENCHANT_BABELNET_URL": server.url}
    server.faults.extend([None] * 29 + [Fault(stall=3.0)])
    with subprocess.Popen(arguments, env=environment) as running:
        deadline = time.monotonic() + 30
        while len(server.log) < 30 and time.monotonic() < deadline:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        assert running.wait(10) == -signal.SIGKILL
    assert len(server.log) == 30
    before = server.log[:29]
    second = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
    assert (second.returncode, second.stdout, second.stderr) == (0, "done 51\n", "")
    assert not set(before) & set(server.log[30:]), "what was answered is not asked again"
    assert len(server.log) == 81
    third = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60)
    assert (third.stdout, len(server.log)) == ("done 0\n", 81)
    assert not [path for path in tmp_path.iterdir() if KEY.encode() in path.read_bytes()]
