"""One picture from one address: asked for politely, counted while it comes, tried again where that may help."""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

from penchant.errors import FetchError, MissingExtraError, UsageError
from penchant.sources.fetch.answers import may_pass, phrase, refuse_other, said, target_of, unpacker, wait_asked
from penchant.sources.fetch.helpers import Helpers
from penchant.sources.fetch.hosts import Host, Hosts
from penchant.sources.fetch.kept import KeptPictures
from penchant.sources.fetch.options import Fetched, FetchOptions
from penchant.sources.fetch.policy import SCHEMES, check_address
from penchant.sources.formats import HEAD_BYTES
from penchant.sources.limits import show_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    import httpx

    from penchant.sources.fetch.robots import Rules

    Room: TypeAlias = Callable[[int], bool]

Key = TypeVar("Key")

STOPPED = "not asked for: stopped before its turn"
_AHEAD = 4  # addresses given to `fetch_many`'s threads before they are free, a thread


class NoRoomError(Exception):
    """The caller had no room for a picture of this size just now."""


class PassingError(Exception):
    """A try failed in a way that may pass.

    Attributes:
        host: who failed.
        wait: seconds that it asks for, or None.
        connected: whether it answered at all.
    """

    def __init__(self, reason: str, *, host: Host, wait: float | None = None, connected: bool = True) -> None:
        super().__init__(reason)
        self.host = host
        self.wait = wait
        self.connected = connected


@dataclass(frozen=True, slots=True)
class _Moved:
    target: str


class PictureFetcher:
    """Fetches pictures; one for all threads, which share its connections and its manners.

    A context manager.

    Raises:
        MissingExtraError: httpx isn't installed.
    """

    def __init__(self, options: FetchOptions | None = None) -> None:
        self.options = options = options or FetchOptions()
        self._kept = None if options.keep is None else KeptPictures(options.keep)
        self._stopping = threading.Event()
        self._places = threading.Semaphore(options.parallel)
        self._hosts = Hosts(options.per_host, options.interval, self._wait)
        self._client = _client(options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stops and closes the connections; may be called twice."""
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Ends all pauses and tries nothing more: what has not begun becomes a FetchError."""
        self._stopping.set()

    def fetch(self, url: str, *, room: Room | None = None) -> Fetched:
        """The picture at an address.

        Args:
            url: http or https.
            room: asked before the memory for so many bytes in all is taken; where it says False, NoRoomError is raised.

        Raises:
            FetchError: it can't be had, after all tries; the message says why in a few words.
            StorageError: it can't be kept where the options say.
        """
        if self._kept is not None and (data := self._kept.get(url)) is not None:
            if room is not None and not room(len(data)):
                raise NoRoomError
            return Fetched(data, url)
        if not self.options.online:
            raise FetchError("not among the kept pictures, and not asked for without --fetch")
        fetched = self._persist(url, room)
        if self._kept is not None:
            self._kept.put(url, fetched.data)
        return fetched

    def fetch_many(self, wanted: Iterable[tuple[Key, str]]) -> Iterator[tuple[Key, Fetched | FetchError]]:
        """The pictures of many addresses, each as it comes, with the key that it was given by.

        `wanted` is read a little ahead of what is given out. An error of it, or closing the iterator early, stops the
        fetcher, without waiting for the hosts that are answering.
        """
        places: dict[Future[Fetched], Key] = {}
        ready: deque[tuple[Key, Fetched | FetchError]] = deque()
        with Helpers[Fetched](self.options.parallel, name="penchant-fetch") as helpers:
            try:
                for key, url in wanted:
                    places[helpers.submit(partial(self.fetch, url))] = key
                    if len(places) >= self.options.parallel * _AHEAD:
                        _settle(places, ready)
                    while ready:
                        yield ready.popleft()
                while places:
                    _settle(places, ready)
                    while ready:
                        yield ready.popleft()
            except BaseException:
                self.stop()
                raise
            finally:
                for future in places:
                    future.cancel()

    # ---- inside

    def _persist(self, url: str, room: Room | None) -> Fetched:
        retry = self.options.retry
        for attempt in range(1, retry.attempts + 1):
            if self._stopping.is_set():
                raise FetchError(STOPPED)
            try:
                return self._follow(check_address(url), room)
            except PassingError as error:
                reason, host = str(error), error.host
                if error.wait is not None and error.wait > retry.patience:
                    reason = f"{reason}, and asks to come back in {error.wait:,.0f} s"
                    host.give_up(reason)
                    raise FetchError(reason) from error
                if attempt == retry.attempts:
                    host.failed(reason, connected=error.connected)
                    raise FetchError(f"{reason}, in {attempt} tries" if attempt > 1 else reason) from error
                pause = retry.pause(attempt)
                host.pause(pause if error.wait is None else error.wait)
            self._wait(pause)
        raise UsageError(f"{retry.attempts} attempts: at least one is needed")

    def _follow(self, url: str, room: Room | None) -> Fetched:
        """The picture, redirects followed. Raises FetchError, PassingError and NoRoomError."""
        for _ in range(self.options.redirects + 1):
            host = self._host(url)
            if self.options.robots:
                self._rules(url, host).check(url)
            try:
                with self._asking(host, url) as answer:
                    found = self._read(answer, url, host, room)
            except FetchError as error:
                if error.lasting:
                    host.answered()
                raise
            if isinstance(found, bytes):
                host.answered()
                return Fetched(found, url)
            url = check_address(found.target)
        raise FetchError(f"more than {self.options.redirects} redirects", lasting=True)

    def _host(self, url: str) -> Host:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        return self._hosts.of(f"{scheme}://{parts.hostname}:{parts.port or SCHEMES[scheme]}")

    @contextmanager
    def _asking(self, host: Host, url: str) -> Iterator[httpx.Response]:
        """The beginning of an answer, in the host's turn. Network errors inside the block are the host's."""
        import httpx

        with host.turn(), self._places:
            try:
                with self._client.stream("GET", url) as answer:
                    yield answer
            except (httpx.TransportError, httpx.StreamError) as error:
                connected = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError)
                raise PassingError(said(error), host=host, connected=connected) from error
            except httpx.InvalidURL as error:
                raise FetchError(f"no web address ({error})", lasting=True) from error

    def _rules(self, url: str, host: Host) -> Rules:
        """What the host's robots.txt says; asked for once."""
        from penchant.sources.fetch.robots import LONGEST, read_rules

        with host.asking:
            if host.rules is None:
                place = urljoin(url, "/robots.txt")
                for _ in range(self.options.redirects + 1):
                    with self._asking(self._host(place), place) as answer:
                        moved = target_of(answer, place)
                        body = b"" if moved else self._whole(answer, host, most=LONGEST)
                    if moved is None:
                        break
                    place = check_address(moved)
                status = answer.status_code
                if may_pass(status):
                    raise PassingError(
                        f"its site's robots.txt can't be had ({status})", host=host, wait=wait_asked(answer)
                    )
                host.rules = read_rules(404 if moved else status, body)
                host.slow_down(host.rules.delay)
            return host.rules

    def _read(self, answer: httpx.Response, url: str, host: Host, room: Room | None) -> bytes | _Moved:
        target = target_of(answer, url)
        if target is not None:
            return _Moved(target)
        status = answer.status_code
        if status != HTTPStatus.OK:
            if may_pass(status):
                raise PassingError(phrase(status), host=host, wait=wait_asked(answer))
            raise FetchError(phrase(status), lasting=True)
        if self.options.robots:
            from penchant.sources.fetch.robots import check_headers

            check_headers(answer.headers.get_list("x-robots-tag"), answer.headers)
        most = self.options.max_bytes
        stated = answer.headers.get("content-length", "")
        if stated.isascii() and stated.isdigit():
            if int(stated) > most:
                raise FetchError(
                    f"too large: {show_bytes(int(stated))}, and the limit is {show_bytes(most)}", lasting=True
                )
            if room is not None and not room(int(stated)):
                raise NoRoomError
        data = self._whole(answer, host, most=most, room=room, picture=True)
        if not data:
            raise FetchError("empty answer", lasting=True)
        return data

    def _whole(
        self, answer: httpx.Response, host: Host, *, most: int, room: Room | None = None, picture: bool = False
    ) -> bytes:
        """The body, unpacked where it is packed; of anything but a picture, the first `most` bytes."""
        data = bytearray()
        unpack = unpacker(answer.headers.get("content-encoding", ""), most)
        deadline = time.monotonic() + self.options.total_timeout
        looked = not picture
        for chunk in answer.iter_raw():
            data += unpack(chunk)
            if not looked and len(data) >= HEAD_BYTES:
                looked = True
                refuse_other(data, answer)
            if len(data) > most:
                if not picture:
                    break
                raise FetchError(f"too large: more than {show_bytes(most)}", lasting=True)
            if room is not None and not room(len(data)):
                raise NoRoomError
            if time.monotonic() > deadline:
                raise PassingError(f"not whole in {self.options.total_timeout:g} s", host=host)
            if self._stopping.is_set():
                raise FetchError(STOPPED)
        if not looked and data:
            refuse_other(data, answer)
        return bytes(data)

    def _wait(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise FetchError(STOPPED)


def _client(options: FetchOptions) -> httpx.Client:
    """An HTTP client without cookies, that follows nothing by itself."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    try:
        import httpx
        import protego  # noqa: F401 - `robots` needs it

        from penchant.sources.fetch.network import PinnedTransport
    except ImportError as error:
        raise MissingExtraError("fetching pictures", extra="online") from error
    return httpx.Client(
        transport=PinnedTransport(options.policy, connections=options.parallel, use_proxy=options.use_proxy),
        headers={"User-Agent": options.user_agent, "Accept": "image/*", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        timeout=httpx.Timeout(options.read_timeout, connect=options.connect_timeout, pool=None),
        follow_redirects=False,
        trust_env=False,
    )


def _settle(places: dict[Future[Fetched], Key], ready: deque[tuple[Key, Fetched | FetchError]]) -> None:
    """Waits for at least one of the futures, and moves those that are done to `ready`."""
    done, _ = wait(places, return_when=FIRST_COMPLETED)
    for future in done:
        key = places.pop(future)
        try:
            ready.append((key, future.result()))
        except FetchError as error:
            ready.append((key, error))
