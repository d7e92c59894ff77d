"""Runs the app with uvicorn: one process, a graceful end, and the address told when it is ready."""

from __future__ import annotations

import gc
import logging
import signal
import socket
from typing import TYPE_CHECKING

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from penchant.errors import UsageError
from penchant.web.app import create_app

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

    from penchant.web.settings import Settings

_GRACE_SECONDS = 10
_IDLE_SECONDS = 15
_HEADERS_SECONDS = 15.0
_CONNECTIONS = 500
_BACKLOG = 256
_LONGEST_HEADERS = 32_768


class SlowHeadersRefused(H11Protocol):
    """HTTP as uvicorn has it, which by itself would wait for ever for a request to be complete in its headers."""

    headers_seconds = _HEADERS_SECONDS
    _awaited: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request shall come soon."""
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """So shall what begins later: the next ones on the same connection."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._awaited is None:
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._awaited = self.loop.call_later(self.headers_seconds, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _hang_up(self) -> None:
        self._awaited = None
        if self.conn.their_state is h11.IDLE and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()


class _Server(uvicorn.Server):
    """Ends event streams as soon as the end is asked for: they would hold it up."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            gc.collect()
            gc.freeze()  # lexicon and routes stay for good, and need not be gone through again
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asks for a graceful end; a second Ctrl-C, for one at once. The signal is dealt with: nobody else gets it."""
        del frame
        self._app.state.engine.about_to_stop()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def serve(settings: Settings, *, host: str, port: int, proxy: str | None, on_ready: Callable[[str], None]) -> None:
    """Serves until it is told to stop (SIGINT, SIGTERM); unfinished jobs go on at the next start.

    Args:
        settings: the app's.
        host: the address to listen on.
        port: 0 for any free one.
        proxy: the address of a proxy whose word on visitors' addresses is taken, or None.
        on_ready: given the app's address for browsers.

    Raises:
        UsageError: nobody can listen there.
        PenchantError: as `create_app`.
    """
    # uvicorn's own messages repeat what our log says, and may quote what is nobody's business.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    with _listening(host, port) as listener:
        app = create_app(settings)
        address = listener.getsockname()
        config = uvicorn.Config(
            app,
            http=SlowHeadersRefused,
            log_config=None,
            access_log=False,
            proxy_headers=proxy is not None,
            forwarded_allow_ips=proxy or "",
            root_path=settings.root_path,
            server_header=False,
            date_header=True,
            limit_concurrency=_CONNECTIONS,
            backlog=_BACKLOG,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            h11_max_incomplete_event_size=_LONGEST_HEADERS,
        )
        shown = "localhost" if host in {"127.0.0.1", "::1", "localhost"} else f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{address[1]}{settings.root_path}/"
        _Server(config, app, lambda: on_ready(url)).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens; taken before anything else, so that a wrong address costs no time."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sends at once only on sockets that say that they speak TCP; else each answer waits 40 ms for the last.
        listener = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--host {host} --port {port}: nobody can listen there ({reason}); try --port 0") from error
    return listener
