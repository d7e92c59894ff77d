"""How often a host is asked: so many at once, so far apart, and no more when it doesn't answer."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penchant.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penchant.sources.fetch.robots import Rules

GIVEN_UP_AT = 12
"""A host isn't asked any more after so many pictures in a row that failed in all tries; those to which there was not
even a connection count twice."""


class Host:
    """One host's turn-taking, and what its robots.txt says.

    Args:
        at_once: requests at the same time.
        interval: seconds between the beginnings of two requests.
        wait: waits so many seconds; raises when all is to stop.
    """

    def __init__(self, at_once: int, interval: float, wait: Callable[[float], None]) -> None:
        self._places = threading.Semaphore(at_once)
        self._interval = interval
        self._wait = wait
        self._lock = threading.Lock()
        self._next = 0.0
        self._failed = 0
        self._given_up: str | None = None
        self.asking = threading.Lock()
        self.rules: Rules | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One request's place; waits for it.

        Raises:
            FetchError: the host has been given up.
        """
        with self._places:
            with self._lock:
                now = time.monotonic()
                at = max(now, self._next)
                self._next = at + self._interval
            if at > now:
                self._wait(at - now)
            self._check()
            yield

    def slow_down(self, interval: float) -> None:
        """At least so many seconds between two requests from now on."""
        with self._lock:
            self._interval = max(self._interval, interval)

    def pause(self, seconds: float) -> None:
        """No further request for so long: it has said that there were too many."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def answered(self) -> None:
        """It is there."""
        with self._lock:
            self._failed = 0

    def failed(self, reason: str, *, connected: bool) -> None:
        """A picture could not be had in all tries, for a reason that is the host's."""
        with self._lock:
            self._failed += 1 if connected else 2
            if self._failed >= GIVEN_UP_AT:
                self._given_up = reason

    def give_up(self, reason: str) -> None:
        """It wants no more requests for long."""
        with self._lock:
            self._given_up = reason

    def _check(self) -> None:
        if self._given_up is not None:
            raise FetchError(f"not asked any more, as its host failed before: {self._given_up}")


class Hosts:
    """The hosts that have been asked so far."""

    def __init__(self, at_once: int, interval: float, wait: Callable[[float], None]) -> None:
        self._made_with = (at_once, interval, wait)
        self._hosts: dict[str, Host] = {}
        self._lock = threading.Lock()

    def of(self, origin: str) -> Host:
        """The host of an origin, "https://example.org:443"."""
        with self._lock:
            host = self._hosts.get(origin)
            if host is None:
                host = self._hosts[origin] = Host(*self._made_with)
            return host
