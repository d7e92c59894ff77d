"""Runs the app with uvicorn: one process, a graceful end, and the address told when it is ready."""

from __future__ import annotations

import ctypes
import gc
import logging
import signal
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

from penchant.errors import UsageError
from penchant.web.app import create_app
from penchant.web.protocol import BoundedHttp, shared_room

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from fastapi import FastAPI

    from penchant.web.settings import Settings

_GRACE_SECONDS = 10
_IDLE_SECONDS = 15
_CONNECTIONS = 500
_BACKLOG = 256
_SWITCH_SECONDS = 0.001  # a page shall not wait five times that for each thread that looks at pictures
_LARGE_BYTES = 32 << 20  # larger blocks still go back at once
_KEPT_BYTES = 128 << 20
_KEPT_BYTES_A_THREAD = 16 << 20
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h


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
    _keep_freed_memory()
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _listening(host, port) as listener:
        app = create_app(settings)
        address = listener.getsockname()
        config = uvicorn.Config(
            app,
            http=partial(BoundedHttp, room=shared_room()),  # type: ignore[arg-type]
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
            ws="none",
        )
        shown = "localhost" if host in {"127.0.0.1", "::1", "localhost"} else f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{address[1]}{settings.root_path}/"
        _Server(config, app, lambda: on_ready(url)).run(sockets=[listener])


def _keep_freed_memory() -> None:
    """Has glibc keep what is freed for what comes next.

    By itself it gives the memory of each received piece back, and gets it anew from the system, page by page, for the
    next: a third of what receiving large photos takes.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:
        kept = ((_M_MMAP_THRESHOLD, _LARGE_BYTES), (_M_TRIM_THRESHOLD, _KEPT_BYTES), (_M_TOP_PAD, _KEPT_BYTES_A_THREAD))
        for option, value in kept:
            mallopt(option, value)


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
