"""A server of the tests' own with the hub's paths, on loopback: ranges, redirects, and faults on demand, with a log."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Fault:
    """What happens to one request in place of an answer.

    Attributes:
        status, headers: sent instead.
        cut: bytes of the body that are sent before the connection is closed.
        stall: seconds without a word, after the cut's bytes where there is a cut.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One request."""

    path: str
    range: str | None
    if_range: str | None


class HubServer:
    """The server, for the length of a `with` block.

    Attributes:
        files: "OWNER/NAME/resolve/REVISION/PATH" → bytes.
        faults: for the next requests, in their order; None for none.
        ranges: whether parts are given.
        etags: whether files have a strong ETag.
        sizes: whether the length is announced.
        elsewhere: another server that large files are fetched from, as the hub does it.
        log: every request, as it comes in.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: deque[Fault | None] = deque()
        self.ranges = self.etags = self.sizes = True
        self.content_type = "application/octet-stream"
        self.elsewhere: HubServer | None = None
        self.commit: str | None = None
        self.log: list[Seen] = []
        self._server = _QuietServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def put(self, repo: str, path: str, data: bytes, *, revision: str = "main") -> None:
        """Adds a file."""
        self.files[f"{repo}/resolve/{revision}/{path}"] = data

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away, or are killed, are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: HubServer

    def do_GET(self) -> None:
        hub = self.hub
        hub.log.append(Seen(self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        fault = (hub.faults.popleft() if hub.faults else None) or Fault()
        data = hub.files.get(self.path.lstrip("/"))
        try:
            if fault.status is not None or data is None:
                self._answer(fault.status or 404, fault.headers, b"no", fault)
            elif hub.elsewhere is not None and len(data) > 1000:
                hub.elsewhere.files["blob"] = data
                linked = {"X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
                self._answer(302, {"Location": f"{hub.elsewhere.url}/blob", **linked, **self._commit()}, b"", fault)
            else:
                self._file(data, fault)
        except OSError:  # the client has had enough
            self.close_connection = True

    def _file(self, data: bytes, fault: Fault) -> None:
        hub = self.hub
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        headers = {"Content-Type": hub.content_type, **({"ETag": etag} if hub.etags else {}), **self._commit()}
        wanted = self.headers.get("Range")
        start, status = 0, 200
        if wanted and hub.ranges and self.headers.get("If-Range", etag) == etag:
            start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
            if start >= len(data):
                self._answer(416, {}, b"", fault)
                return
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._answer(status, {**headers, **fault.headers}, data[start:], fault)

    def _commit(self) -> dict[str, str]:
        return {} if self.hub.commit is None else {"X-Repo-Commit": self.hub.commit}

    def _answer(self, status: int, headers: dict[str, str], body: bytes, fault: Fault) -> None:
        if fault.cut is None and fault.stall:
            self.hub.closing.wait(fault.stall)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.hub.sizes or status >= 300:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body if fault.cut is None else body[: fault.cut])
        if fault.cut is not None:
            self.wfile.flush()
            self.hub.closing.wait(fault.stall)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
