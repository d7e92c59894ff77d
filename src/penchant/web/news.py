"""Tells those who follow a job that something has changed; the threads that change jobs are not theirs."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Follower:
    """Who follows a job, in one event loop.

    Attributes:
        changed: set when there is something new.
        ended: set when nothing will follow that.
    """

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def tell(self, *, ended: bool) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self.changed.set)
        if ended:
            self._loop.call_soon_threadsafe(self.ended.set)


class News:
    """Who follows which job; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._followers: defaultdict[str, set[Follower]] = defaultdict(set)

    @contextmanager
    def followed(self, job_id: str) -> Iterator[Follower]:
        """A new follower of a job."""
        follower = Follower()
        with self._lock:
            self._followers[job_id].add(follower)
        try:
            yield follower
        finally:
            with self._lock:
                self._followers[job_id].discard(follower)
                if not self._followers[job_id]:
                    del self._followers[job_id]

    def tell(self, job_id: str, *, ended: bool = False) -> None:
        """Something about this job has changed."""
        with self._lock:
            for follower in self._followers.get(job_id, ()):
                follower.tell(ended=ended)

    def tell_all(self) -> None:
        """The app is about to end."""
        with self._lock:
            for followers in self._followers.values():
                for follower in followers:
                    follower.tell(ended=True)
