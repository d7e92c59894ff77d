"""Flickr's REST service, with patience: the limit of queries, retries, and its failures told apart.

call ──> limiter ──> request ──(failed in a way that may pass)──> pause, and again
                        └──> stat: fail? ──> RefusedError (the key), AbsentError (not there), ServiceError
                        └──> value
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Self, TypeVar

from penchant.errors import AbsentError, MissingExtraError, RefusedError, ServiceError
from penchant.online import Key, KeyPlace, PassingError, checked_address
from penchant.retry import Retry, retry_after
from penchant.sources.flickr import wire
from penchant.sources.flickr.sizes import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from penchant.online.transport import Transport
    from penchant.sources.flickr.limiter import Limiter

DEFAULT_ENDPOINT = "https://api.flickr.com/services/rest/"
ENDPOINT_VARIABLE = "PENCHANT_FLICKR_URL"
"""The environment variable that may name another address of the service."""

KEY_PLACE = KeyPlace(
    "Flickr", "FLICKR_API_KEY", "flickr.key", "made at https://www.flickr.com/services/apps/create (with Flickr Pro)"
)

PER_PAGE = 500
"""Photos that one query brings: the most that the service gives."""

_EXTRAS = ",".join(
    ("license", "owner_name", "tags", "machine_tags", "media", "count_faves", *(f"url_{s.letter}" for s in SIZES))
)
_PAGE = "a page instead of JSON: is that its address, and is no sign-in page of a network in between?"

_T = TypeVar("_T")


def endpoint(given: str | None = None) -> str:
    """The service's address: the one given, or the environment's, or Flickr's own.

    Raises:
        UsageError: it can't be one, or the key would cross a network in clear.
    """
    address = given or os.environ.get(ENDPOINT_VARIABLE) or DEFAULT_ENDPOINT
    return checked_address(address, of="Flickr's service", like=DEFAULT_ENDPOINT)


class FlickrClient:
    """Flickr's REST service; close it, or use it in a `with` block.

    Each method is one query, more if it has to be repeated, and raises

    - RefusedError: the key is refused;
    - AbsentError: the user or the photo isn't there, or isn't public;
    - ServiceError: there was no answer in all tries, or one that says what it says every time.

    Args:
        key: see `KEY_PLACE.find`.
        limiter: what keeps the queries of all processes with this key within the limit.
        url: see `endpoint`.
        timeout: seconds that a connection, or a pause within an answer, may take.
        retry: how often, and after which pauses, a failed request is made again.

    Attributes:
        queries: how many were made so far, repeated ones included.

    Raises:
        MissingExtraError: httpx is not installed.
        UsageError: the address can't be right.
    """

    def __init__(
        self, key: Key, *, limiter: Limiter, url: str | None = None, timeout: float = 30.0, retry: Retry | None = None
    ) -> None:
        try:
            import httpx  # noqa: F401
        except ImportError as error:
            raise MissingExtraError("Flickr", extra="online") from error
        self.url = endpoint(url)
        self.queries = 0
        self._key = key
        self._limiter = limiter
        self._timeout = timeout
        self._retry = retry or Retry()
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def __repr__(self) -> str:
        return f"FlickrClient(url={self.url!r}, queries={self.queries})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
                self._transport = None

    # ---- what can be asked

    def favourites(self, user_id: str, *, page: int = 1, until: int | None = None) -> wire.Page:
        """A user's public favourites, newest first; only those up to a moment (seconds since 1970), so that pages hold
        still while the user goes on."""
        wanted = {"user_id": user_id, "extras": _EXTRAS, "per_page": str(PER_PAGE), "page": str(page)}
        if until is not None:
            wanted["max_fave_date"] = str(until)
        return self._ask("flickr.favorites.getPublicList", wanted, wire.parse_page)

    def own_photos(self, user_id: str, *, page: int = 1) -> wire.Page:
        """A user's own public photos, newest first."""
        wanted = {"user_id": user_id, "extras": _EXTRAS, "per_page": str(PER_PAGE), "page": str(page)}
        return self._ask("flickr.people.getPublicPhotos", wanted, wire.parse_page)

    def uploaded(self, start: int, end: int) -> wire.Page:
        """The first public photos that were uploaded between two moments; `total` says how many there are.

        The service gives 4,000 at most, whatever `total` says: ask for shorter times.
        """
        wanted = {
            "min_upload_date": str(start),
            "max_upload_date": str(end),
            "sort": "date-posted-asc",
            "media": "photos",
            "extras": "count_faves",
            "per_page": str(PER_PAGE),
        }
        return self._ask("flickr.photos.search", wanted, wire.parse_page)

    def favouriters(self, photo_id: str) -> tuple[str, ...]:
        """Users who favourited a photo, 50 at most."""
        return self._ask("flickr.photos.getFavorites", {"photo_id": photo_id, "per_page": "50"}, wire.parse_people)

    def user_by_name(self, name: str) -> str:
        """The identifier of the user who shows that name."""
        return self._ask("flickr.people.findByUsername", {"username": name}, wire.parse_user)

    def user_by_address(self, address: str) -> str:
        """The identifier of the user whose page that is ("https://www.flickr.com/photos/NAME/")."""
        return self._ask("flickr.urls.lookupUser", {"url": address}, wire.parse_user)

    def raw_tags(self, photo_id: str) -> tuple[str, ...]:
        """A photo's tags as they were typed."""
        return self._ask("flickr.tags.getListPhoto", {"photo_id": photo_id}, wire.parse_raw_tags)

    def is_public(self, photo_id: str) -> bool:
        """Whether a photo is still there for everybody."""
        try:
            self._ask("flickr.photos.getInfo", {"photo_id": photo_id}, lambda _: None)
        except AbsentError:
            return False
        return True

    def licences(self) -> dict[int, tuple[str, str]]:
        """The licences by their number: name and address."""
        return self._ask("flickr.photos.licenses.getInfo", {}, wire.parse_licences)

    # ---- inside

    def _ask(self, method: str, wanted: dict[str, str], parse: Callable[[dict[str, Any]], _T]) -> _T:
        failures = 0
        while True:
            try:
                with self._limiter.query():
                    self.queries += 1
                    return self._once(method, wanted, parse)
            except PassingError as error:
                failures += 1
                if failures >= self._retry.attempts:
                    raise ServiceError(
                        f"Flickr gave no answer to {method} in {failures} tries, the last: {self._shown(str(error))}"
                    ) from error
                wait = self._retry.pause(failures) if error.wait is None else error.wait
                if error.wait is not None:
                    self._limiter.pause(wait)  # other processes hold still, too
                if wait > self._retry.patience:
                    raise ServiceError(f"Flickr asks to wait {wait:,.0f} s before the next query") from error
            self._retry.sleep(wait)

    def _once(self, method: str, wanted: dict[str, str], parse: Callable[[dict[str, Any]], _T]) -> _T:
        parameters = [("method", method), *wanted.items(), ("format", "json"), ("nojsoncallback", "1")]
        status, headers, body = self._connection().get("", parameters)
        if status == 429 or status >= 500:
            raise PassingError(f"status {status}", wait=retry_after(headers.get("Retry-After")))
        try:
            answer = wire.parse_answer(body)
        except wire.WireError as error:
            if status != 200:
                raise ServiceError(f"Flickr at {self.url} answered {method} with status {status}") from error
            page = body.lstrip()[:1] == b"<"
            raise PassingError(_PAGE if page else f"an answer that can't be read: {error}") from error
        if isinstance(answer, wire.Problem):
            raise self._failure(method, answer)
        try:
            return parse(answer)
        except wire.WireError as error:
            raise ServiceError(
                f"Flickr at {self.url} answered {method} otherwise than it documents: {self._shown(str(error))}"
            ) from error

    def _failure(self, method: str, problem: wire.Problem) -> Exception:
        said = f"{self._shown(problem.message)} (code {problem.code})"
        if problem.passing:
            return PassingError(said)
        if problem.refused:
            return RefusedError(
                f"Flickr refuses the key: {said}; check it ({KEY_PLACE.variable}, or {KEY_PLACE.file}), keys are "
                f"{KEY_PLACE.how}; what was fetched is kept"
            )
        if problem.gone:
            return AbsentError(f"Flickr says: {said}")
        return ServiceError(f"Flickr can't answer {method}: {said}")

    def _connection(self) -> Transport:
        from penchant.online.transport import Transport

        with self._lock:
            if self._transport is None:
                self._transport = Transport(self.url, self._key, key_name="api_key", timeout=self._timeout)
            return self._transport

    def _shown(self, text: str) -> str:
        """What the service says, fit for a message: without the key, in one line, not too long."""
        text = self._key.hidden_in(" ".join(text.split()))
        return text if len(text) <= 200 else f"{text[:200]}…"
