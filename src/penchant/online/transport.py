"""The HTTP underneath a service: one pool of connections, and the key added where httpx can't show it.

The only module here that imports httpx at its top; clients import it when their first request is made.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from penchant.errors import ServiceError
from penchant.online.passing import PassingError
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.online.key import Key

LONGEST = 64 << 20
"""Bytes of an answer; the largest of BabelNet and Flickr have some hundred thousand."""

_CONNECTIONS = 8


class Transport:
    """GET requests to one service.

    Args:
        url: the service, with a slash at its end.
        key: added to each request as the parameter `key_name`.
        timeout: seconds that a connection, or a pause within an answer, may take; a whole answer may take four
            times as long.
    """

    def __init__(self, url: str, key: Key, *, key_name: str = "key", timeout: float) -> None:
        self._timeout = timeout
        self._client = httpx.Client(
            base_url=url,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": f"penchant/{__version__}"},
            timeout=timeout,
            follow_redirects=False,  # it would hand the key to somebody else
            transport=_KeyedTransport(_plain_transport(url), key, key_name),
        )

    def get(self, endpoint: str, parameters: Sequence[tuple[str, str]]) -> tuple[int, httpx.Headers, bytes]:
        """The status, the headers and the unpacked body of an answer.

        Raises:
            PassingError: there was no answer, or only a part of one.
        """
        started = time.monotonic()
        body = bytearray()
        try:
            with self._client.stream("GET", endpoint, params=list(parameters)) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LONGEST:
                        raise PassingError(f"an answer of more than {LONGEST >> 20} MiB")
                    if time.monotonic() - started > 4 * self._timeout:
                        raise PassingError(f"no whole answer in {4 * self._timeout:.0f} s")
                return response.status_code, response.headers, bytes(body)
        except (httpx.TransportError, httpx.DecodingError) as error:
            what = _FAILURES.get(type(error), "no whole answer")
            raise PassingError(f"{what} ({error})" if str(error) else what) from error

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


class _KeyedTransport(httpx.BaseTransport):
    """Adds the key to a copy of the request: httpx logs, shows and raises only the original."""

    def __init__(self, inner: httpx.BaseTransport, key: Key, name: str) -> None:
        self._inner = inner
        self._key = key
        self._name = name

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        keyed = httpx.Request(
            request.method,
            request.url.copy_add_param(self._name, self._key.reveal()),
            headers=request.headers,
            extensions=request.extensions,
        )
        return self._inner.handle_request(keyed)

    def close(self) -> None:
        self._inner.close()


def _plain_transport(url: str) -> httpx.HTTPTransport:
    """As httpx makes it by itself, with the environment's proxy: it looks for none when it is given a transport."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is not None and proxy_bypass(parts.hostname or ""):
        proxy = None
    if proxy is not None and "://" not in proxy:
        proxy = f"http://{proxy}"
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    try:
        verify = parts.scheme == "https"  # without TLS the certificates need not be read; redirects are not followed
        return httpx.HTTPTransport(verify=verify, limits=limits, proxy=proxy)
    except (ImportError, ValueError) as error:
        raise ServiceError(f"the proxy that your environment names can't be used: {error}") from error


_FAILURES: dict[type[Exception], str] = {
    httpx.ConnectError: "no connection",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ReadTimeout: "no answer in time",
    httpx.RemoteProtocolError: "a broken answer",
    httpx.DecodingError: "an answer that can't be unpacked",
}
