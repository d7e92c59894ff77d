"""A server of the tests' own that speaks Flickr's REST interface on loopback, with faults on demand, and a log.

The answers are MADE UP after the service's documentation: their shapes are Flickr's, the people and photos are not.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import socket
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

KEY = "0123456789abcdef0123456789abcdef"
"""The only key that the server takes."""

LIMIT = 4000
"""What a search gives at most; after that it repeats itself."""

SIDES = {"t": 100, "s": 240, "n": 320, "w": 400, "m": 500, "z": 640, "c": 800, "l": 1024}
WORDS = ("reef", "indianocean", "cat", "goldengatebridge", "espresso", "bass", "mountain", "sunset", "d700", "rocket")


@dataclass(frozen=True)
class Request:
    """One line of the log. `what`: the method, or "picture"; `answered`: in full, and truly."""

    what: str
    parameters: tuple[tuple[str, str], ...]
    at: float = field(compare=False)
    answered: bool = field(compare=False)
    encoding: str = field(compare=False, default="")

    def __getitem__(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


@dataclass(frozen=True)
class Fault:
    """What happens to one request in place of an answer.

    Attributes:
        status, body, headers: what is sent instead; without a body, the true answer.
        cut: bytes of the body that are sent before the connection is closed.
        announced: whether the length was announced before the cut.
        stall: seconds without a word before the answer.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    announced: bool = True
    stall: float = 0.0


def failure(code: int, message: str) -> Fault:
    """How the service says that it can't: with status 200."""
    return Fault(body=json.dumps({"stat": "fail", "code": code, "message": message}).encode())


@dataclass
class Shot:
    """A photo.

    Attributes:
        sizes: the letters of those that there are.
        public: whether everybody sees it.
        vanished: it is still listed, but its picture is no more.
    """

    number: str
    owner: str
    uploaded: int
    tags: list[str]
    title: str = ""
    licence: str = "0"
    sizes: tuple[str, ...] = tuple(SIDES)
    public: bool = True
    media: str = "photo"
    machine: list[str] = field(default_factory=list)
    vanished: bool = False


@dataclass
class Person:
    """A user: their name, and their favourites, newest first, each with its moment."""

    nsid: str
    name: str
    favourites: list[tuple[str, int]] = field(default_factory=list)
    there: bool = True


class World:
    """People, and photos that they like."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.shots: dict[str, Shot] = {}

    @classmethod
    def of(cls, people: int, favourites: int, *, shots: int, seed: int = 0) -> World:
        """So many people with so many favourites each, among so many photos."""
        world, chance = cls(), random.Random(seed)
        for number in range(people):
            nsid = f"{1000 + number}@N0{number % 10}"
            world.people[nsid] = Person(nsid, f"person {number}")
        owners = list(world.people)
        for number in range(shots):
            name = str(50_000_000_000 + number * 7919)
            tags = chance.sample(WORDS, chance.randrange(4))
            world.shots[name] = Shot(
                name, chance.choice(owners), 1_300_000_000 + number * 20, tags, f"shot {number}", str(number % 17)
            )
        for person in world.people.values():
            liked = chance.sample(list(world.shots), favourites)
            person.favourites = [(shot, 1_600_000_000 - place * 60) for place, shot in enumerate(liked)]
        return world


@lru_cache(maxsize=1 << 14)
def picture(number: str, letter: str) -> bytes:
    """The bytes of a photo in a size: tiny, and different for each."""
    file = io.BytesIO()
    value = int(number)
    colour = (value % 251, value // 251 % 241, SIDES.get(letter, 7) % 239)
    Image.new("RGB", (16, 12), colour).save(file, "JPEG")
    return file.getvalue()


class FlickrServer:
    """The server, for the length of a `with` block.

    Attributes:
        log: every request, in the order in which they came; asking for it waits until all of them are over.
        faults: for the next queries, in their order; None for none.
        picture_faults: for the next requests of a photo's picture.
        chance: gives a fault or None for each request, by what it is ("picture", or a method).
        clock: what the log's times are.
    """

    def __init__(self, world: World, *, clock: Callable[[], float] = time.time) -> None:
        self.world = world
        self.clock = clock
        self._log: list[Request] = []
        self._busy = 0
        self._idle = threading.Condition()
        self.faults: deque[Fault | None] = deque()
        self.picture_faults: dict[str, deque[Fault]] = {}
        self.chance: Callable[[str], Fault | None] = lambda _: None
        self.licences_answer = True
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"flickr": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def root(self) -> str:
        """The address of everything."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    @property
    def url(self) -> str:
        """The address of the service."""
        return f"{self.root}services/rest/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def log(self) -> list[Request]:
        with self._idle:
            assert self._idle.wait_for(lambda: not self._busy, timeout=20)
            return list(self._log)

    def begin(self, request: Request) -> int:
        """Writes a request down; gives its place."""
        with self._idle:
            self._busy += 1
            self._log.append(request)
            return len(self._log) - 1

    def end(self, place: int, *, answered: bool) -> None:
        """Writes down what became of it."""
        with self._idle:
            self._log[place] = replace(self._log[place], answered=answered)
            self._busy -= 1
            self._idle.notify_all()

    def queries(self, method: str = "") -> list[Request]:
        """Those of the log that were no pictures, or of one method ("getPublicList")."""
        return [request for request in self.log if request.what != "picture" and request.what.endswith(method)]

    def answered_twice(self) -> Counter[Request]:
        """Requests that were answered in full more than once."""
        counted = Counter(request for request in self.log if request.answered)
        return Counter({request: count for request, count in counted.items() if count > 1})

    # ---- the service

    def answer(self, what: str, given: dict[str, str]) -> dict[str, Any]:
        """The JSON that a healthy service would send."""
        if given.get("api_key") != KEY:
            return _failed(100, "Invalid API Key (Key has invalid format)")
        handler = getattr(self, "_" + what.rpartition(".")[2], None)
        if not what.startswith("flickr.") or handler is None:
            return _failed(112, f'Method "{what}" not found')
        with self.lock:
            answer: dict[str, Any] = handler(given)
        return answer if "stat" in answer else {**answer, "stat": "ok"}

    def _getPublicList(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        person = self.world.people.get(given["user_id"])
        if person is None or not person.there:
            return _failed(1, "User not found")
        until = int(given.get("max_fave_date", 1 << 40))
        liked = [(self.world.shots[shot], at) for shot, at in person.favourites if at <= until]
        return self._list([(shot, at) for shot, at in liked if shot.public], given)

    def _getPublicPhotos(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        if given["user_id"] not in self.world.people:
            return _failed(1, "User not found")
        own = [s for s in self.world.shots.values() if s.owner == given["user_id"] and s.public]
        return self._list([(shot, None) for shot in sorted(own, key=lambda s: -s.uploaded)], given)

    def _search(self, given: dict[str, str]) -> dict[str, Any]:
        start, end = int(given["min_upload_date"]), int(given["max_upload_date"])
        found = [s for s in self.world.shots.values() if start <= s.uploaded <= end and s.public]
        return self._list([(shot, None) for shot in sorted(found, key=lambda s: s.uploaded)], given, most=LIMIT)

    def _list(
        self, shots: list[tuple[Shot, int | None]], given: dict[str, str], *, most: int | None = None
    ) -> dict[str, Any]:
        per_page, page = int(given.get("per_page", 100)), int(given.get("page", 1))
        pages = max(1, -(-len(shots) // per_page))
        start = (page - 1) * per_page
        if most is not None:
            start = min(start, most - per_page)
        extras = given.get("extras", "").split(",")
        liked = Counter(shot for person in self.world.people.values() for shot, _ in person.favourites)
        rows = [self._row(shot, at, extras, liked) for shot, at in shots[start : start + per_page]]
        if page > pages and most is None:
            rows = []
        # Numbers come as strings in some places.
        head = {"page": page, "pages": pages, "perpage": per_page, "total": str(len(shots))}
        return {"photos": {**head, "photo": rows}}

    def _row(self, shot: Shot, at: int | None, extras: list[str], liked: Counter[str]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": shot.number, "owner": shot.owner, "secret": "a1b2c3", "server": "65535", "farm": 66,
            "title": shot.title, "ispublic": 1, "isfriend": 0, "isfamily": 0,
        }  # fmt: skip
        if at is not None:
            row["date_faved"] = str(at)
        if "license" in extras:
            row["license"] = shot.licence
        if "owner_name" in extras:
            row["ownername"] = self.world.people[shot.owner].name
        if "tags" in extras:
            row["tags"] = " ".join([*shot.tags, *shot.machine])
        if "machine_tags" in extras:
            row["machine_tags"] = " ".join(shot.machine)
        if "media" in extras:
            row["media"] = shot.media
        if "count_faves" in extras:
            row["count_faves"] = str(liked[shot.number])
        for letter in shot.sizes:
            if f"url_{letter}" in extras:
                row[f"url_{letter}"] = f"{self.root}65535/{shot.number}_a1b2c3_{letter}.jpg"
                row[f"width_{letter}"] = str(SIDES[letter])
                row[f"height_{letter}"] = SIDES[letter] * 3 // 4
        return row

    def _likers(self, number: str) -> list[Person]:
        return [p for p in self.world.people.values() if any(number == shot for shot, _ in p.favourites)]

    def _getFavorites(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        likers = self._likers(given["photo_id"])
        people = [{"nsid": p.nsid, "username": p.name, "favedate": "1600000000"} for p in likers]
        return {"photo": {"person": people[: int(given["per_page"])], "id": given["photo_id"], "total": len(people)}}

    def _findByUsername(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        return self._user(lambda person: person.name == given["username"])

    def _lookupUser(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        name = urlsplit(given["url"]).path.strip("/").rpartition("/")[2]
        return self._user(lambda person: name in {person.nsid, person.name.replace(" ", "")})

    def _user(self, is_meant: Callable[[Person], bool]) -> dict[str, Any]:
        for person in self.world.people.values():
            if is_meant(person):
                return {"user": {"id": person.nsid, "nsid": person.nsid, "username": {"_content": person.name}}}
        return _failed(1, "User not found")

    def _getListPhoto(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        shot = self.world.shots.get(given["photo_id"])
        if shot is None or not shot.public:
            return _failed(1, "Photo not found")
        tags = [(tag.title().replace("ocean", " Ocean"), tag, 0) for tag in shot.tags]
        tags += [(tag, tag, 1) for tag in shot.machine]
        rows = [
            {
                "id": f"1-{n}",
                "author": shot.owner,
                "authorname": "x",
                "raw": raw,
                "_content": tag,
                "machine_tag": machine,
            }
            for n, (raw, tag, machine) in enumerate(tags)
        ]
        return {"photo": {"id": shot.number, "tags": {"tag": rows}}}

    def _getInfo(self, given: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        if "photo_id" not in given:
            if not self.licences_answer:
                return _failed(105, "Service currently unavailable")
            by = "https://creativecommons.org/licenses/"
            licences = [{"id": 4, "name": "Attribution License", "url": f"{by}by/2.0/"}]
            licences += [{"id": 11, "name": "CC BY 4.0", "url": f"{by}by/4.0/"}]
            licences += [{"id": 12, "name": "CC BY-SA 4.0", "url": f"{by}by-sa/4.0/"}]
            return {"licenses": {"license": licences}}
        shot = self.world.shots.get(given["photo_id"])
        if shot is None or not shot.public:
            return _failed(1, f'Photo "{given["photo_id"]}" not found (invalid ID)')
        return {"photo": {"id": shot.number, "title": {"_content": shot.title}}}


def _failed(code: int, message: str) -> dict[str, Any]:
    return {"stat": "fail", "code": code, "message": message}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer takes 40 ms more
    flickr: FlickrServer

    def do_GET(self) -> None:
        server = self.flickr
        parts = urlsplit(self.path)
        at = server.clock()
        if parts.path.startswith("/services/rest"):
            given = dict(parse_qsl(parts.query, keep_blank_values=True))
            what = given.pop("method", "")
            body = json.dumps(server.answer(what, given), ensure_ascii=False).encode()
            with server.lock:
                fault = server.faults.popleft() if server.faults else server.chance(what)
            shown = tuple(sorted((name, value) for name, value in given.items() if name != "api_key"))
            status, kind = 200, "application/json"
        elif parts.path.endswith("/photo_unavailable.png"):  # what the service shows where a photo has gone
            self.reply(Fault(body=picture("0", "z"), headers={"Content-Type": "image/png"}), b"", "image/png")
            return
        elif not parts.path.startswith("/65535/"):  # robots.txt, which whoever fetches a table's addresses asks for
            self.send_error(404)
            return
        else:
            number, _, letter = parts.path.rpartition("/")[2].removesuffix(".jpg").split("_")
            shown, what, status, kind = (("photo", number), ("size", letter)), "picture", 200, "image/jpeg"
            shot = server.world.shots.get(number)
            body = picture(number, letter)
            if shot is None or not shot.public or shot.vanished:
                status, kind, body = 404, "text/plain", b"not found"
            with server.lock:
                own = server.picture_faults.get(number)
                fault = own.popleft() if own else server.chance("picture")
        place = server.begin(Request(what, shown, at, False, self.headers.get("Accept-Encoding", "")))
        done = False
        try:
            done = self.reply(fault or Fault(status=status, body=body), body, kind)
        finally:
            server.end(place, answered=done and fault is None)

    def reply(self, fault: Fault, truth: bytes, kind: str) -> bool:
        """Sends it; whether it went out in full."""
        threading.Event().wait(fault.stall)
        body = truth if fault.body is None else fault.body
        try:
            self.send_response(fault.status)
            usual = {"Content-Type": kind}
            if kind == "application/json":
                body, usual["Content-Encoding"] = gzip.compress(body, 1), "gzip"
            for name, value in {**usual, **fault.headers}.items():
                self.send_header(name, value)
            if fault.cut is None or fault.announced:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body if fault.cut is None else body[: fault.cut])
            if fault.cut is not None:
                self.close_connection = True
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # the client has had enough, or is no more
            self.close_connection = True
            return False
        return fault.cut is None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
