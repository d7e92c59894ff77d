"""What an answer says: where it leads, what it is, and how it is packed."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from penchant.errors import FetchError
from penchant.retry import retry_after
from penchant.sources.formats import HEAD_BYTES, looks_like_picture
from penchant.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_AGAIN = frozenset({408, 425, 429})  # and all from 500 on
_MOVED = frozenset({301, 302, 303, 307, 308})


def may_pass(status: int) -> bool:
    """Whether the same request may succeed later."""
    return status in _AGAIN or status >= 500


def target_of(answer: httpx.Response, url: str) -> str | None:
    """Where an answer redirects to, or None. Raises FetchError where it doesn't say."""
    if answer.status_code not in _MOVED:
        return None
    location = answer.headers.get("location", "")
    if not location:
        raise FetchError(f"{phrase(answer.status_code)}, and not where to", lasting=True)
    try:
        return urljoin(url, str(location))
    except ValueError as error:
        raise FetchError(f"{phrase(answer.status_code)} to no web address ({error})", lasting=True) from error


def phrase(status: int) -> str:
    """ "404 Not Found"; the words are the standard's, not the server's."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"status {status}"


def wait_asked(answer: httpx.Response) -> float | None:
    """Seconds that Retry-After asks for, or None."""
    asked: str | None = answer.headers.get("retry-after")
    return retry_after(asked)


def refuse_other(data: bytearray, answer: httpx.Response) -> None:
    """Raises FetchError unless the bytes begin a picture, whatever the server calls them."""
    if not looks_like_picture(bytes(data[:HEAD_BYTES])):
        kind = printable(answer.headers.get("content-type", "").partition(";")[0].strip()[:40])
        raise FetchError(f"no picture: {kind or 'nobody says what it is'}", lasting=True)


def unpacker(encoding: str, most: int) -> Callable[[bytes], bytes]:
    """What unpacks an answer that came packed though it wasn't asked to be; never far beyond `most` bytes."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return bytes
    if name not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"packed as {printable(name[:20])}, which was not asked for", lasting=True)
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as it begins

    def unpack(chunk: bytes) -> bytes:
        try:
            return unpacking.decompress(chunk, most + 1)
        except zlib.error as error:
            raise FetchError("packed, and damaged", lasting=True) from error

    return unpack


def said(error: Exception) -> str:
    """A network error in a few words."""
    import httpx

    kinds: tuple[tuple[type[Exception], str], ...] = (
        (httpx.ConnectTimeout, "no connection in time"),
        (httpx.TimeoutException, "no answer in time"),
        (httpx.ConnectError, "no connection"),
        (httpx.ProxyError, "the proxy refuses"),
        (httpx.RemoteProtocolError, "cut off, or no HTTP"),
        (httpx.NetworkError, "the connection broke"),
    )
    words = next((words for kind, words in kinds if isinstance(error, kind)), "no answer")
    text = printable(str(error))
    return f"{words} ({text})" if text and isinstance(error, httpx.ConnectError | httpx.ProxyError) else words
