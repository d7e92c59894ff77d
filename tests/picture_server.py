"""A server of the tests' own that hands out pictures on loopback, with faults on demand, and a log."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    Attributes:
        cut: bytes of the body that are sent before the connection is closed.
        stall: wait for the end of the server after this many bytes of the body; -1 stalls before the headers.
        unsized: no Content-Length.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: int | None = None
    unsized: bool = False


@dataclass(frozen=True)
class Asked:
    """One line of the log."""

    path: str
    host: str
    agent: str
    cookie: str | None
    at: float


def jpeg(number: int = 0, *, side: int = 64, noise: bool = False) -> bytes:
    """A small JPEG, another for each number."""
    from PIL import Image

    colour = ((number * 37) % 256, (number * 91) % 256, (number * 53) % 256)
    image = Image.effect_noise((side, side), 90).convert("RGB") if noise else Image.new("RGB", (side, side), colour)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


class PictureServer:
    """The server, for the length of a `with` block.

    Attributes:
        pages: answers by path; others are 404.
        faults: answers for the next requests of a path, in their order, before its page.
        log: every request, as it comes in.
        most_at_once: the most requests that were being answered at the same time.
        stalled: set when a request waits for headers in vain.
    """

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.faults: dict[str, deque[Answer]] = {}
        self.log: list[Asked] = []
        self.at_once = 0
        self.most_at_once = 0
        self.meet: threading.Barrier | None = None
        self.lock = threading.Lock()
        self.ending = threading.Event()
        self.stalled = threading.Event()
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"pictures": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put(self, path: str, body: bytes, **options: object) -> str:
        """Hands a body out under a path; gives the address."""
        self.pages[path] = Answer(body, **options)  # type: ignore[arg-type]
        return self.root + path

    def asked(self, *, robots: bool = False) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(entry.path for entry in self.log if robots or entry.path != "/robots.txt")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nobody's fault."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pictures: PictureServer

    def do_GET(self) -> None:
        server = self.pictures
        with server.lock:
            server.log.append(
                Asked(
                    self.path, self.headers.get("Host", ""), self.headers.get("User-Agent", ""),
                    self.headers.get("Cookie"), time.monotonic(),
                )
            )  # fmt: skip
            faults = server.faults.get(self.path)
            answer = faults.popleft() if faults else server.pages.get(self.path, Answer(b"nothing here", 404))
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            if server.meet is not None and self.path != "/robots.txt":
                server.meet.wait(20)
            self.send(answer)
        except (OSError, threading.BrokenBarrierError):
            self.close_connection = True
        finally:
            with server.lock:
                server.at_once -= 1

    def send(self, answer: Answer) -> None:
        if answer.stall == -1:
            self.pictures.stalled.set()
            self.pictures.ending.wait(90)
        self.send_response(answer.status)
        for name, value in {"Content-Type": "image/jpeg", **answer.headers}.items():
            self.send_header(name, value)
        if answer.unsized:
            self.send_header("Connection", "close")
            self.close_connection = True
        elif "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        part = answer.cut if answer.cut is not None else answer.stall
        self.wfile.write(answer.body if part is None else answer.body[:part])
        self.wfile.flush()
        if answer.stall is not None:
            self.pictures.ending.wait(90)
        if part is not None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
