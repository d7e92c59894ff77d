"""The HTTP underneath: connections that go to addresses which the policy has looked at, and nowhere else."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from penchant.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penchant.sources.fetch.policy import AddressPolicy

_ADDRESSES_TRIED = 3
_IDLE = 15.0  # seconds that an unused connection stays open


class PinnedTransport(httpx.BaseTransport):
    """httpx's way to the network, with the name looked up, checked and connected to in one step.

    TLS still checks the certificate against the name. Behind a proxy the proxy looks names up; then only what can be
    said without a look-up is checked.

    Args:
        policy: which addresses may be asked.
        connections: open at once, at most.
        use_proxy: whether the environment's proxies are used.
    """

    def __init__(self, policy: AddressPolicy, *, connections: int, use_proxy: bool) -> None:
        self._policy = policy
        self._connections = connections
        self._proxies = getproxies() if use_proxy else {}
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request and gives the answer, its body not yet read."""
        address = request.url
        port = address.port or (443 if address.scheme == "https" else 80)
        self._policy.check_host(address.host, port)
        pool = self._pool(self._proxy(address))
        wire = httpcore.Request(
            request.method,
            httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        with _as_httpx():
            answer = pool.handle_request(wire)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=dict(answer.extensions)
        )

    def close(self) -> None:
        """Closes all connections."""
        with self._lock:
            while self._pools:
                self._pools.popitem()[1].close()

    def _proxy(self, address: httpx.URL) -> str | None:
        proxy = self._proxies.get(address.scheme) or self._proxies.get("all")
        if not proxy or proxy_bypass(address.host):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def _pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        with self._lock:
            pool = self._pools.get(proxy)
            if pool is None:
                pool = self._pools[proxy] = self._new_pool(proxy)
            return pool

    def _new_pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        options: dict[str, Any] = {
            "ssl_context": httpx.create_ssl_context(),
            "max_connections": self._connections,
            "max_keepalive_connections": self._connections,
            "keepalive_expiry": _IDLE,
        }
        if proxy is None:
            return httpcore.ConnectionPool(network_backend=_PinnedBackend(self._policy), **options)
        if not proxy.startswith(("http://", "https://")):
            raise FetchError("the proxy that your environment names is not one for HTTP", lasting=False)
        given = httpx.Proxy(proxy)  # takes a name and password out of the address
        return httpcore.HTTPProxy(str(given.url), proxy_auth=given.raw_auth, **options)


class _PinnedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """One connection to the first address of the name that takes it."""
        try:
            found = self._policy.addresses(host, port)
        except (OSError, UnicodeError) as error:  # a label of more than 63 characters is a UnicodeError
            raise httpcore.ConnectError(f"nothing is known of a host {host}") from error
        problem: Exception = httpcore.ConnectError(f"nothing is known of a host {host}")
        for address in found[:_ADDRESSES_TRIED]:
            try:
                return self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """The two libraries have errors of the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
