"""The client against a real server that fails in every documented way."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from penchant.errors import AbsentError, RefusedError, ServiceError, UsageError
from penchant.online import Key
from penchant.retry import Retry
from penchant.sources.flickr import KEY_PLACE, Clock, FlickrClient, Limiter, endpoint
from penchant.sources.flickr.client import DEFAULT_ENDPOINT
from sources.flickr_server import KEY, Fault, FlickrServer, World, failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("httpx")


@dataclass
class Asking:
    server: FlickrServer
    client: FlickrClient
    slept: list[float]

    @property
    def person(self) -> str:
        return next(iter(self.server.world.people))


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    """A client that waits for nothing, and its server."""
    slept: list[float] = []
    now = [1_700_000_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    key = Key(KEY)
    limiter = Limiter(key, path=tmp_path / "q.sqlite", clock=Clock(lambda: now[0], sleep))
    with FlickrServer(World.of(3, 12, shots=30)) as server:
        retry = Retry(attempts=4, sleep=slept.append)
        with FlickrClient(key, limiter=limiter, url=server.url, timeout=0.3, retry=retry) as client:
            yield Asking(server, client, slept)
    limiter.close()


def test_every_question(asking: Asking) -> None:
    client, world = asking.client, asking.server.world
    person = world.people[asking.person]
    page = client.favourites(person.nsid)
    assert [photo.photo_id for photo in page.photos] == [shot for shot, _ in person.favourites]
    assert [photo.favourited for photo in page.photos] == [at for _, at in person.favourites]
    assert page.total == 12
    later = client.favourites(person.nsid, until=person.favourites[2][1])
    assert [photo.photo_id for photo in later.photos] == [shot for shot, _ in person.favourites[2:]]
    own = client.own_photos(person.nsid)
    assert {photo.photo_id for photo in own.photos} == {
        s.number for s in world.shots.values() if s.owner == person.nsid
    }
    assert client.uploaded(1_300_000_000, 1_300_000_040).total == 3
    assert person.nsid in client.favouriters(page.photos[0].photo_id)
    assert client.user_by_name(person.name) == person.nsid
    assert client.user_by_address(f"https://www.flickr.com/photos/{person.nsid}/") == person.nsid
    assert isinstance(client.raw_tags(page.photos[0].photo_id), tuple)
    assert client.is_public(page.photos[0].photo_id)
    assert not client.is_public("1")
    assert client.licences()[11][0] == "CC BY 4.0"
    assert client.queries == len(asking.server.log) == 11
    assert {request.encoding for request in asking.server.log} == {"gzip"}
    assert all(request["format"] == "json" and request["nojsoncallback"] == "1" for request in asking.server.log)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, body=b"<html>"),
        Fault(status=429),
        Fault(cut=60),
        Fault(cut=60, announced=False),
        Fault(cut=0, announced=False),
        Fault(body=b""),
        Fault(body=b"<html>sign in</html>"),
        Fault(body=b'{"photos": {"photo": ['),
        Fault(body=b'jsonFlickrApi({"stat": "ok"})'),
        Fault(headers={"Content-Encoding": "br"}, body=b"no brotli"),
        Fault(stall=0.7),
        failure(105, "Service currently unavailable"),
        failure(201, "Service is not available"),
        failure(0, "Sorry, the Flickr API service is not currently available."),
    ],
)
def test_what_may_pass_is_tried_again(asking: Asking, fault: Fault) -> None:
    asking.server.faults.extend([fault, fault])
    assert asking.client.favourites(asking.person).total == 12
    assert len(asking.slept) == 2
    assert 0.25 <= asking.slept[0] <= 0.5 <= asking.slept[1] <= 1.0, "longer each time, and by chance"
    asking.server.faults.extend([fault] * 4)
    with pytest.raises(
        ServiceError, match=r"Flickr gave no answer to flickr.favorites.getPublicList in 4 tries"
    ) as told:
        asking.client.favourites(asking.person)
    assert "\n" not in str(told.value)
    assert not isinstance(told.value, (AbsentError, RefusedError))


def test_retry_after_is_obeyed_by_everybody(asking: Asking, tmp_path: Path) -> None:
    asking.server.faults.append(Fault(status=429, headers={"Retry-After": "7"}))
    asking.client.favourites(asking.person)
    assert asking.slept == [7.0]
    waited: list[float] = []
    other = Limiter(
        Key(KEY), path=tmp_path / "q.sqlite", clock=Clock(lambda: 1_700_000_000.0 + sum(waited), waited.append)
    )
    with other.query():
        assert waited == [7.0]
    other.close()
    asking.server.faults.append(Fault(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(ServiceError, match=r"Flickr asks to wait 3,600 s"):
        asking.client.favourites(asking.person)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (failure(100, "Invalid API Key (Key has invalid format)"), RefusedError, "refuses the key: Invalid API Key"),
        (failure(1, "User not found"), AbsentError, r"Flickr says: User not found \(code 1\)"),
        (failure(2, "Permission denied"), AbsentError, "Permission denied"),
        (failure(112, 'Method "x" not found'), ServiceError, r'can\'t answer .*: Method "x" not found \(code 112\)'),
        (failure(116, "Bad URL found"), ServiceError, "Bad URL found"),
        (failure(0, "something else"), ServiceError, "something else"),
        (Fault(body=b'{"stat": "ok"}'), ServiceError, "otherwise than it documents"),
        (
            Fault(body=b'{"stat": "ok", "photos": {"photo": "x", "total": 1}}'),
            ServiceError,
            "otherwise than it documents",
        ),
        (Fault(status=404, body=b"<html>"), ServiceError, "with status 404"),
        (Fault(status=302, body=b"", headers={"Location": "http://127.0.0.1:1/"}), ServiceError, "with status 302"),
    ],
)
def test_what_will_not_pass_is_asked_once(asking: Asking, fault: Fault, kind: type[Exception], said: str) -> None:
    asking.server.faults.append(fault)
    with pytest.raises(kind, match=said):
        asking.client.favourites(asking.person)
    assert (len(asking.server.log), asking.slept) == (1, [])


def test_the_key_shows_nowhere(asking: Asking, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(asking.client)]
    for message in (f"api_key={KEY} is odd", KEY):
        asking.server.faults.append(failure(3, message))
        with pytest.raises(ServiceError) as told:
            asking.client.favourites(asking.person)
        said += [str(told.value), repr(told.value)]
    asking.server.faults.extend([Fault(cut=0)] * 4)
    with pytest.raises(ServiceError) as told:
        asking.client.favourites(asking.person)
    said += [str(told.value), str(told.value.__cause__), repr(told.value.__cause__), caplog.text]
    assert KEY not in "".join(said)
    assert "favorites.getPublicList" in caplog.text, "httpx does log"


def test_where_the_key_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path))
    monkeypatch.delenv("FLICKR_API_KEY", raising=False)
    with pytest.raises(UsageError, match=r"Flickr needs a key, made at https://www\.flickr\.com/services/apps/create"):
        KEY_PLACE.find()
    KEY_PLACE.file.parent.mkdir(parents=True)
    KEY_PLACE.file.write_text("from-the-file\n")
    KEY_PLACE.file.chmod(0o600)
    assert KEY_PLACE.find().reveal() == "from-the-file"
    monkeypatch.setenv("FLICKR_API_KEY", "from-the-environment")
    assert KEY_PLACE.find().reveal() == "from-the-environment"
    assert KEY_PLACE.find("given").reveal() == "given"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://api.flickr.com/services/rest/", "the key would cross the network in clear to api.flickr.com"),
        ("ftp://api.flickr.com/", "must be like https://api.flickr.com/services/rest/"),
        ("https://me:secret@api.flickr.com/", "without a name, a password or parameters"),
        ("api.flickr.com", "must be like"),
    ],
)
def test_addresses_that_cannot_be_right(address: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        endpoint(address)


def test_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENCHANT_FLICKR_URL", raising=False)
    assert endpoint() == DEFAULT_ENDPOINT
    monkeypatch.setenv("PENCHANT_FLICKR_URL", "https://mirror.example/rest")
    assert endpoint() == "https://mirror.example/rest/"
    assert endpoint("http://localhost:8080/rest/") == "http://localhost:8080/rest/"
