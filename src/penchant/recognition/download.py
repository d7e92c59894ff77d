"""One file over HTTP: with retries, resumed where it was cut, checked, and never half there.

The bytes go to `.NAME.part` beside the file's place. An interrupted download goes on from there (a Range request, with
If-Range so that a file which has changed meanwhile starts again). Only what has the right size and SHA-256 is renamed
into its place. A lock keeps two processes from fetching the same file.

The only module of recognition that imports httpx at its top; `pull` imports it when something is to be fetched.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import filelock
import httpx
import msgspec

from penchant.errors import ModelError, ServiceError, StorageError
from penchant.recognition.facts import file_sha256
from penchant.recognition.part import Part, PartState, hidden
from penchant.recognition.store import Origin, megabytes, origin_path
from penchant.retry import Retry, retry_after
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penchant.recognition.store import HubFile

    Show = Callable[[int, int | None], None]

_ROUNDS = 1000  # however often some bytes came before the connection broke
_SPARE = 16 << 20  # bytes of the disk that are left alone
_FULL = {errno.ENOSPC, errno.EDQUOT}


class AbsentError(Exception):
    """The server has no such file."""


class _PassingError(Exception):
    """A request failed in a way that may pass; `wait` is what the server asks for, in seconds, or None."""

    def __init__(self, reason: str, *, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Answer:
    """The headers that matter.

    The hub answers a large file with a redirect to where the bytes are, and says in that first answer what they are:

        X-Linked-Etag: "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e"   (its SHA-256)
        X-Linked-Size: 28021836
        X-Repo-Commit: 1a2b…
    """

    start: int
    state: PartState

    @classmethod
    def of(cls, response: httpx.Response, url: str) -> _Answer:
        def header(name: str) -> str | None:
            return next((r.headers[name] for r in (*response.history, response) if name in r.headers), None)

        start, total = 0, _number(response.headers.get("Content-Length"))
        if response.status_code == 206:
            start, total = _content_range(response.headers.get("Content-Range", ""))
        elif response.headers.get("Content-Encoding", "identity") != "identity":
            total = None
        linked = (header("X-Linked-Etag") or "").strip('"')
        etag = response.headers.get("ETag")
        state = PartState(
            url=url,
            etag=etag if etag is not None and etag.startswith('"') else None,  # W/"…" can't vouch for bytes
            total=_number(header("X-Linked-Size")) or total,
            linked=linked if len(linked) == 64 else None,
            commit=header("X-Repo-Commit"),
        )
        return cls(start, state)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _content_range(text: str) -> tuple[int, int | None]:
    # Content-Range: bytes 1048576-28021835/28021836
    span, _, total = text.removeprefix("bytes ").partition("/")
    start = _number(span.partition("-")[0])
    if start is None:
        raise _PassingError(f"a part that doesn't say which (Content-Range: {text!r:.40})")
    return start, _number(total)


class Downloader:
    """Fetches files; a context manager, which closes the connections.

    Args:
        retry: how often, and after which pauses, a request is made again that brought not a single byte.
        timeout: seconds that a connection, or a pause within an answer, may take.
        notify: told what the user may wonder about while waiting.
    """

    def __init__(
        self, *, retry: Retry | None = None, timeout: float = 30.0, notify: Callable[[str], None] | None = None
    ) -> None:
        self._retry = retry or Retry(attempts=4)
        self._notify = notify or (lambda _: None)
        self._client = httpx.Client(
            # identity: the sizes and ranges shall be those of the file
            headers={"User-Agent": f"penchant/{__version__}", "Accept-Encoding": "identity"},
            timeout=timeout,
            follow_redirects=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(
        self, file: HubFile, url: str, target: Path, *, sha256: str | None = None, show: Show | None = None
    ) -> tuple[Origin, bool]:
        """Makes sure that `target` is the file.

        Args:
            file: what is known of it.
            url: where it is.
            target: where it belongs.
            sha256: what it must have; None if nobody knows, then what comes is written down for the next time.
            show: told the bytes that are here, and how many there will be, if that is known.

        Returns:
            Its origin, and whether anything was fetched for it.

        Raises:
            AbsentError: the server has no such file.
            ModelError: what the server has is another file.
            ServiceError: the server can't be reached, or doesn't answer as it should.
            StorageError: the disk is full, or can't be written.
        """
        with _writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._locked(target):
                if target.is_file():
                    found = file_sha256(target)
                    if sha256 is None or found == sha256:
                        return _known_origin(target, url, found), False
                    self._notify(f"{target} is damaged or another file: it is fetched again")
                    target.unlink()
                return self._fetch(file, url, target, sha256, show or (lambda *_: None)), True

    def _fetch(self, file: HubFile, url: str, target: Path, sha256: str | None, show: Show) -> Origin:
        part = Part(target)
        for last in (False, True):
            resumed, state = self._complete(file, url, part, sha256, show)
            expected = sha256 or state.linked
            found = file_sha256(part.path)
            if expected is None or found == expected:
                return part.finish(state, found)
            part.discard()
            if last or not resumed:
                break
            self._notify(f"{target.name}: the parts don't make the file; it is fetched again as a whole")
        raise ModelError(
            f"what {url} sends is not the file that it should be (its SHA-256 is {found}, not {expected}): "
            "nothing of it was kept; try again, or another mirror"
        )

    def _complete(self, file: HubFile, url: str, part: Part, sha256: str | None, show: Show) -> tuple[bool, PartState]:
        """Fetches until the part is whole; says whether it consists of several answers."""
        failures = 0
        resumed = part.size() > 0
        for _ in range(_ROUNDS):
            before = part.size()
            try:
                return resumed, self._once(file, url, part, sha256, show)
            except _PassingError as error:
                failures = failures + 1 if part.size() <= before else 1
                resumed = resumed or part.size() > 0
                wait = self._retry.pause(failures) if error.wait is None else error.wait
                if failures >= self._retry.attempts or wait > self._retry.patience:
                    asks = f", and asks to wait {wait:,.0f} s" if wait > self._retry.patience else ""
                    kept = f"; {megabytes(part.size())} are kept, the same command goes on there" if part.size() else ""
                    raise ServiceError(f"{url} could not be fetched ({error}{asks}){kept}") from error
            self._retry.sleep(wait)
        raise ServiceError(f"{url} could not be fetched: the connection broke {_ROUNDS:,} times")

    def _once(self, file: HubFile, url: str, part: Part, sha256: str | None, show: Show) -> PartState:
        state, headers = part.resume(url, checked=sha256 is not None)
        if state is not None and state.total == part.size():
            return state  # it was killed between the last byte and the check
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                _refuse(response, url, part)
                answer = _Answer.of(response, url)
                if answer.start not in {0, part.size()}:
                    raise _PassingError("another part than the one that was asked for")
                _check_kind(response, file, answer.state.total)
                self._receive(response, part, answer, show, most=file.bytes)
                return answer.state
        except (httpx.TransportError, httpx.DecodingError) as error:
            what = next((text for kind, text in _FAILURES if isinstance(error, kind)), "no whole answer")
            raise _PassingError(f"{what}: {error}" if str(error) else what) from error
        except httpx.TooManyRedirects as error:
            raise ServiceError(f"{url} leads from one address to the next without an end") from error

    def _receive(self, response: httpx.Response, part: Part, answer: _Answer, show: Show, *, most: int | None) -> None:
        done, total = answer.start, answer.state.total
        _check_space(part.path.parent, (total or 0) - done)
        with part.open(answer.start, answer.state) as out:
            show(done, total)
            for (
                chunk
            ) in response.iter_bytes():  # of no fixed size, so that none is held back when the connection breaks
                out.write(chunk)
                done += len(chunk)
                show(done, total)
                if most is not None and done > most:
                    break
        if done > (total or most or done):
            part.discard()
            raise ModelError(
                f"{response.url} sends more than the {total or most:,} bytes of the file: nothing was kept"
            )
        if total is not None and done < total:
            raise _PassingError(f"{done:,} of {total:,} bytes")

    @contextmanager
    def _locked(self, target: Path) -> Iterator[None]:
        lock = filelock.FileLock(hidden(target, "lock"))
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            self._notify(f"another process is fetching {target.name}: waiting for it")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _known_origin(target: Path, url: str, sha256: str) -> Origin:
    """The origin of a file that is here already; one that was put by hand has none until now."""
    try:
        known = msgspec.json.decode(origin_path(target).read_bytes(), type=Origin)
    except (OSError, msgspec.DecodeError):
        known = None
    return known or Origin(url=url, bytes=target.stat().st_size, sha256=sha256, commit=None, fetched="")


def _refuse(response: httpx.Response, url: str, part: Part) -> None:
    status = response.status_code
    if any(hop.url.scheme == "https" and response.url.scheme == "http" for hop in response.history):
        raise ServiceError(f"{url} leads to an address without encryption: refused")
    if status in {404, 410}:
        raise AbsentError(url)
    if status in {401, 403}:
        raise ServiceError(
            f"{url} is refused (status {status}): no such repository, or one that asks who you are; "
            "what huggingface_hub has fetched with your token is used from its cache"
        )
    if status == 416:
        part.discard()
        raise _PassingError("the part that is here doesn't fit the file")
    if status == 429 or status >= 500:
        raise _PassingError(f"status {status}", wait=retry_after(response.headers.get("Retry-After")))
    if status not in {200, 206}:
        raise ServiceError(f"{url} is answered with status {status}")


def _check_kind(response: httpx.Response, file: HubFile, total: int | None) -> None:
    """Refuses, before anything is fetched, what can't be the file."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise ServiceError(
            f"{response.url} is answered with a page instead of a file: is that the address of a mirror, and is no "
            "sign-in page of a network in between?"
        )
    if file.bytes is not None and total is not None and total != file.bytes:
        raise ModelError(
            f"{response.url} has {total:,} bytes, not the {file.bytes:,} of the file: nothing was fetched; try another "
            "mirror"
        )


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise StorageError(
            f"{folder} has {megabytes(free)} free, and {megabytes(needed)} are to come: free some, or let "
            "PENCHANT_MODELS name a folder on a larger disk"
        )


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageError(
                f"the disk of {target.parent} is full: free some of it, the same command goes on where it was"
            ) from error
        raise StorageError(f"{target} can't be written: {error.strerror or error}") from error


_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (httpx.ConnectTimeout, "no connection in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.TimeoutException, "no answer in time"),
    (httpx.RemoteProtocolError, "the connection was cut"),
    (httpx.DecodingError, "an answer that can't be unpacked"),
)
