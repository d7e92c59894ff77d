"""Which upload goes on, where several come at once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class InOrder:
    """A lock for the uploads of one event loop: of those that wait, the one that began first is next.

    So uploads that come at once don't all end at once, and the first pictures are looked at while others still come.
    """

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._began = 0

    def begin(self) -> int:
        """The place of a new upload."""
        self._began += 1
        return self._began

    @asynccontextmanager
    async def turn(self, place: int) -> AsyncIterator[None]:
        """Waits until no other upload has the lock, and none that began before this one wants it."""
        if self._taken:
            mine = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (place, mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():  # it had been given the lock in the same moment
                    self._pass_on()
                raise
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, next_one = heappop(self._waiting)
            if not next_one.done():
                next_one.set_result(None)
                return
        self._taken = False
