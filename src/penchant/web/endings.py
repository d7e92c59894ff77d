"""Tells those who follow a job at once that it has ended; the threads that end jobs are not theirs."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    Listener = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Endings:
    """Who waits for the end of which job; safe to share between threads and event loops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)

    @contextmanager
    def awaited(self, job_id: str) -> Iterator[asyncio.Event]:
        """What is set, in the running event loop, when the job has ended."""
        listener = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            self._listeners[job_id].add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners[job_id].discard(listener)
                if not self._listeners[job_id]:
                    del self._listeners[job_id]

    def tell(self, *job_ids: str) -> None:
        """These jobs have ended."""
        with self._lock:
            for job_id in job_ids:
                for loop, ended in self._listeners.get(job_id, ()):
                    loop.call_soon_threadsafe(ended.set)

    def tell_all(self) -> None:
        """The app is about to end."""
        with self._lock:
            job_ids = tuple(self._listeners)
        self.tell(*job_ids)
