"""Threads that nobody waits for when the work is stopped: one may hang in a connection until its time is over."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class Helpers(Generic[_T]):
    """Does jobs in threads of its own, which begin with the jobs; a context manager.

    Leaving it ends the threads that have nothing to do; the others end with their job, or with the process.

    Args:
        most: threads, at most.
        name: of the threads.
    """

    def __init__(self, most: int, *, name: str) -> None:
        self._most = most
        self._name = name
        self._jobs: SimpleQueue[tuple[Future[_T], Callable[[], _T]] | None] = SimpleQueue()
        self._threads = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        for _ in range(self._threads):
            self._jobs.put(None)

    def submit(self, job: Callable[[], _T]) -> Future[_T]:
        """The job's future result, which can be cancelled until a thread takes it up."""
        future: Future[_T] = Future()
        self._jobs.put((future, job))
        if self._threads < self._most:
            self._threads += 1
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()
        return future

    def _serve(self) -> None:
        while (taken := self._jobs.get()) is not None:
            future, job = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = job()
            except BaseException as error:  # whoever asks for the result gets it
                future.set_exception(error)
            else:
                future.set_result(result)
