"""Token buckets: how often a visitor may ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_VISITORS = 10_000


class Buckets:
    """A bucket a visitor: it holds `burst` tokens and gets `rate` back each second.

    Args:
        burst: tokens in a full bucket.
        rate: tokens a second.
        clock: seconds that never go back.
    """

    def __init__(self, burst: float, rate: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, visitor: str) -> float:
        """Takes a token: 0 where there was one, else the seconds until there will be."""
        now = self._clock()
        with self._lock:
            tokens, then = self._held.pop(visitor, (self._burst, now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
            self._held[visitor] = (tokens if wait else tokens - 1, now)
            while len(self._held) > _VISITORS:  # those not seen for longest have full buckets again, or nearly
                self._held.popitem(last=False)
        return wait
