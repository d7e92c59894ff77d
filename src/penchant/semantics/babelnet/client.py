"""The REST service, with patience: one pool of connections, retries, a limit of requests, and a cache of every answer.

ask ──> cache ──(not there)──> limit ──> request ──(failed)──> pause, and again
                                            └──> problem? ──> cache ──> value
"""

from __future__ import annotations

import os
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode, urlsplit

from penchant.errors import MissingExtraError, RefusedError, RequestLimitError, ServiceError, UsageError
from penchant.online import Key, PassingError, checked_address
from penchant.retry import Retry, retry_after
from penchant.semantics.babelnet.cache import Answer, BabelNetCache
from penchant.semantics.babelnet.key import find_key
from penchant.semantics.babelnet.wire import (
    BabelSynset,
    Problem,
    WireError,
    is_json,
    parse_problem,
    parse_synset,
    parse_synset_ids,
    parse_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from penchant.online.transport import Transport

DEFAULT_URL = "https://babelnet.io/v9/"
URL_VARIABLE = "PENCHANT_BABELNET_URL"
"""The environment variable that may name a mirror."""

_VERSION = re.compile(r"v\d+")
_WORDNET = re.compile(r"n\d{8}")
_TURNS = 64  # locks for requests that are the same; any number will do

_T = TypeVar("_T")


class BabelNetClient:
    """BabelNet's REST service. Threads may share one; close it, or use it in a `with` block.

    Args:
        key: the key itself; otherwise `find_key` looks for one, when the first request is made.
        url: the service; by default the environment's PENCHANT_BABELNET_URL, or else BabelNet's own.
        cache: where answers are kept, a file or an open cache (which is left open); by default the user's own file.
        max_requests: how many requests this client may make, retries included; None for any number, 0 for none: then
            only the cache answers.
        timeout: seconds that a connection, or a pause within an answer, may take.
        retry: how often, and after which pauses, a failed request is made again.
        warn: told, in one sentence, what the user should know about the file of the key; by default a warning.

    Attributes:
        url: the service's address, a slash at its end.
        service: the version in it ("v9"), under which answers are kept.
        requests: how many were made so far.

    Raises:
        MissingExtraError: httpx is not installed.
        UsageError: the key, the address or the limit can't be right.
        StorageError: the cache can't be used.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        url: str | None = None,
        cache: BabelNetCache | Path | None = None,
        max_requests: int | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        _require_httpx()
        if max_requests is not None and max_requests < 0:
            raise UsageError(f"a limit of {max_requests} requests makes no sense: give 0 or more")
        self.url = checked_address(
            url or os.environ.get(URL_VARIABLE) or DEFAULT_URL, of="BabelNet's service", like=DEFAULT_URL
        )
        self.service = _service(self.url)
        self.requests = 0
        self._key: Key | None = None if key is None else find_key(key)
        self._find_key = find_key if warn is None else partial(find_key, warn=warn)
        self._max_requests = max_requests
        self._timeout = timeout
        self._retry = retry or Retry()
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_TURNS)]
        self._transport: Transport | None = None
        self._own_cache = not isinstance(cache, BabelNetCache)
        self.cache = cache if isinstance(cache, BabelNetCache) else BabelNetCache(cache)

    def __repr__(self) -> str:
        return f"BabelNetClient(url={self.url!r}, cache={str(self.cache.path)!r}, requests={self.requests})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections, and the cache if it was opened here."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
                self._transport = None
        if self._own_cache:
            self.cache.close()

    # ---- what can be asked; each raises ServiceError, UsageError (no key) or StorageError

    def version(self) -> str:
        """The version of BabelNet behind the service ("V5_3"); always asked, never kept."""
        return self._fetch("getVersion", (), parse_version)[1] or ""

    def synset_ids(self, lemma: str, *, sources: Sequence[str] = ()) -> tuple[str, ...]:
        """The synsets in which an English noun stands, in the service's order.

        Args:
            lemma: a word or phrase; blanks and `_` are the same.
            sources: only synsets with a sense from one of these (WN, WIKI, WIKIDATA, ...).
        """
        wanted = [("lemma", "_".join(lemma.replace("_", " ").split())), ("searchLang", "EN"), ("pos", "NOUN")]
        wanted += [("source", source) for source in sources]
        return self._ask("getSynsetIds", wanted, parse_synset_ids) or ()

    def wordnet_synset_ids(self, synset: str) -> tuple[str, ...]:
        """The synsets that a noun synset of WordNet 3.0 ("n02123045") is part of; usually one."""
        if _WORDNET.fullmatch(synset) is None:
            return ()
        wanted = [("id", f"wn:{synset[1:]}n"), ("source", "WN"), ("wnVersion", "WN_30")]
        return self._ask("getSynsetIdsFromResourceID", wanted, parse_synset_ids) or ()

    def synset(self, synset_id: str) -> BabelSynset | None:
        """A synset by its name ("bn:00005054n"); None if there is no such synset."""
        wanted = [("id", synset_id), ("targetLang", "EN")]
        return self._ask("getSynset", wanted, partial(parse_synset, synset_id=synset_id))

    # ---- inside

    def _ask(self, endpoint: str, wanted: Sequence[tuple[str, str]], parse: Callable[[bytes], _T]) -> _T | None:
        parameters = urlencode(sorted(wanted))
        with self._turns[hash((endpoint, parameters)) % _TURNS]:  # threads that ask the same ask once
            kept = self.cache.get(self.service, endpoint, parameters)
            if kept is not None:
                try:
                    return parse(kept.body) if kept.found else None
                except WireError:  # a damaged answer is fetched again
                    pass
            answer, value = self._fetch(endpoint, wanted, parse)
            self.cache.put(self.service, endpoint, parameters, answer)
            return value

    def _fetch(
        self, endpoint: str, wanted: Sequence[tuple[str, str]], parse: Callable[[bytes], _T]
    ) -> tuple[Answer, _T | None]:
        failures = 0
        while True:
            self._spend()
            try:
                return self._once(endpoint, wanted, parse)
            except PassingError as error:
                failures += 1
                if failures >= self._retry.attempts:
                    raise ServiceError(
                        f"BabelNet at {self.url} gave no answer to {endpoint} in {failures} tries, the last: "
                        f"{self._shown(str(error))}; what was fetched is kept: run the same command again later"
                    ) from error
                wait = self._retry.pause(failures) if error.wait is None else error.wait
                if wait > self._retry.patience:
                    raise ServiceError(
                        f"BabelNet at {self.url} asks to wait {wait:,.0f} s; what was fetched is kept: "
                        "run the same command again then"
                    ) from error
            self._retry.sleep(wait)

    def _spend(self) -> None:
        with self._lock:
            if self._max_requests is not None and self.requests >= self._max_requests:
                raise RequestLimitError(
                    f"the limit of {self._max_requests:,} requests to BabelNet is used up, and the cache doesn't have "
                    "the rest; what was fetched is kept: run the same command again, or with a higher limit"
                )
            self.requests += 1

    def _once(
        self, endpoint: str, wanted: Sequence[tuple[str, str]], parse: Callable[[bytes], _T]
    ) -> tuple[Answer, _T | None]:
        status, headers, body = self._connection().get(endpoint, wanted)
        kind, message = parse_problem(body) or (None, "")
        if kind is Problem.KEY_OR_QUOTA or (kind is Problem.OTHER and status in {401, 403}):
            raise RefusedError(_REFUSED)
        if kind is Problem.NOT_FOUND:
            return Answer(self._without_key(body), found=False), None
        if status == 429 or status >= 500:
            raise PassingError(f"status {status}", wait=retry_after(headers.get("Retry-After")))
        if kind is Problem.PARAMETERS:
            raise ServiceError(
                f"BabelNet at {self.url} doesn't take these parameters of {endpoint}: {urlencode(wanted)}"
            )
        if kind is not None or status != 200:
            said = message or _beginning(body) or "nothing"
            raise ServiceError(f"BabelNet at {self.url} answered {endpoint} with status {status}: {self._shown(said)}")
        if not is_json(body):
            if body.lstrip()[:1] == b"<":
                raise ServiceError(
                    f"BabelNet at {self.url} answered {endpoint} with a page instead of JSON: is that its address, "
                    "and is no sign-in page of a network in between?"
                )
            raise PassingError("an answer that ends too early")
        try:
            value = parse(body)
        except WireError as error:
            raise ServiceError(
                f"BabelNet at {self.url} answered {endpoint} otherwise than it documents: {self._shown(str(error))}"
            ) from error
        return Answer(self._without_key(body), found=True), value

    def _connection(self) -> Transport:
        from penchant.online.transport import Transport

        with self._lock:
            if self._transport is None:
                self._key = self._key or self._find_key()
                self._transport = Transport(self.url, self._key, timeout=self._timeout)
            return self._transport

    def _without_key(self, body: bytes) -> bytes:
        return body if self._key is None else self._key.removed_from(body)

    def _shown(self, text: str) -> str:
        """What the service says, fit for a message: without the key, in one line, not too long."""
        text = " ".join(text.split())
        text = text if self._key is None else self._key.hidden_in(text)
        return text if len(text) <= 200 else f"{text[:200]}…"


_REFUSED = (
    "BabelNet refuses: the key is not valid, or its requests of today are used up (the service says the same of both). "
    "If the key has worked before, run the same command tomorrow: what was fetched is kept. If not, check the key "
    "(BABELNET_KEY, or its file). Keys, and more requests a day for research: https://babelnet.org"
)


def _require_httpx() -> None:
    try:
        import httpx  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("BabelNet", extra="online") from error


def _service(url: str) -> str:
    """The version at the end of an address; mirrors of one version share what is kept."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    return last if _VERSION.fullmatch(last) else f"{parts.netloc}{parts.path}".rstrip("/")


def _beginning(body: bytes) -> str:
    return body[:120].decode("utf-8", "replace")
