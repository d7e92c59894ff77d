"""HTTP as uvicorn speaks it with llhttp, within bounds: headers shall come soon, and nothing shall be too long.

Uvicorn by itself would wait for ever for the end of a request's headers, and keep whatever came of them. It would also
take large bodies in smaller pieces, and copy each three times where this does it once.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEADERS_SECONDS = 15.0
_LONGEST = 32_768  # bytes that bring nothing of the body: headers, trailers, what chunks say of themselves
_AT_FIRST, _AT_ONCE = 1 << 16, 1 << 20  # bytes of a body: what begins shall not hold up what is nearly whole


def shared_room() -> memoryview:
    """What all connections of an event loop can receive into: nothing stays in it from one piece to the next."""
    return memoryview(bytearray(_AT_ONCE))


class BoundedHttp(HttpToolsProtocol, asyncio.BufferedProtocol):
    """A connection to a visitor.

    Args:
        room: what it receives into, of its own or shared with the loop's other ones.
        uvicorns: what uvicorn gives each connection.
    """

    headers_seconds = _HEADERS_SECONDS
    _awaited: asyncio.TimerHandle | None = None
    _in_message = _in_headers = False
    _body = _without_body = 0

    def __init__(self, *, room: memoryview | None = None, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._room = room or memoryview(bytearray(_AT_FIRST))

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request shall come soon."""
        super().connection_made(transport)
        self._await_headers()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        del sizehint
        return self._room[: max(_AT_FIRST, self._body)]

    def buffer_updated(self, nbytes: int) -> None:
        """They have come. What begins later than the first request shall come soon, too."""
        self._without_body += nbytes
        self.data_received(self._room[:nbytes])  # type: ignore[arg-type]  # llhttp takes any bytes
        if self._in_message and self._without_body > _LONGEST and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")
        elif self._awaited is None and (self._in_headers or self._idle):
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_message = self._in_headers = True
        self._body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; a trailer would come too late to be taken for one."""
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers have come."""
        self._in_headers = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._body += len(body)
        self._without_body = 0
        if not self.cycle.body:
            self.cycle.body, body = body, b""  # type: ignore[assignment]  # it is handed on as it is
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_message, self._without_body = False, 0
        super().on_message_complete()

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_headers(self) -> None:
        self._awaited = self.loop.call_later(self.headers_seconds, self._hang_up)

    def _stop_waiting(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()
            self._awaited = None

    def _hang_up(self) -> None:
        self._awaited = None
        if self._idle:
            self.transport.close()
        elif self._in_headers:  # of a next request, while the last is still being answered
            self._await_headers()
