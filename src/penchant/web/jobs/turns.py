"""Whose turn it is: visitors take turns, a batch each; a visitor's own jobs follow one another.

So whoever drops ten pictures doesn't wait for somebody else's five thousand.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.web.jobs.values import JobPhoto


_FEWEST, _MOST = 4, 16  # photos of a turn: multiples of what a model usually takes at once


@dataclass(slots=True, eq=False)
class Work:
    """What is left to do of one job.

    Attributes:
        waiting: photos that nobody has taken.
        out: batches that are being worked on.
        stopped: the job was deleted, or can't go on.
    """

    job_id: str
    visitor: str
    model: str
    keywords: bool
    waiting: deque[JobPhoto] = field(default_factory=deque)
    out: int = 0
    stopped: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing is waiting and nothing is out."""
        return not self.out and (self.stopped or not self.waiting)


class Turns:
    """Unfinished work of all visitors; safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._visitors: OrderedDict[str, deque[Work]] = OrderedDict()
        self._works: dict[str, Work] = {}
        self._closed = False
        self._ended = 0

    def add(self, work: Work) -> None:
        """Another job."""
        with self._changed:
            self._works[work.job_id] = work
            self._visitors.setdefault(work.visitor, deque()).append(work)
            self._changed.notify_all()

    def take(self, *, threads: int, ended: int) -> tuple[Work | None, Sequence[JobPhoto]] | None:
        """Waits for work, and takes some of it: no more than a moment's, and so that all threads have some to the end.

        Args:
            threads: how many share the work.
            ended: how many jobs the caller knows to have ended.

        Returns:
            The job and some of its photos; (None, ()) where other jobs have ended than the caller knows of;
            None when it is time to stop.
        """
        with self._changed:
            while True:
                if self._closed:
                    return None
                if self._ended != ended:
                    return None, ()
                work = self._next()
                if work is not None:
                    break
                self._changed.wait()
            share = len(work.waiting) // (2 * threads) // _FEWEST * _FEWEST
            size = min(max(share, _FEWEST), _MOST, len(work.waiting))
            batch = [work.waiting.popleft() for _ in range(size)]
            work.out += 1
            return work, batch

    def give_back(self, work: Work) -> bool:
        """A batch is done; whether it was the job's last."""
        with self._changed:
            work.out -= 1
            if work.over:
                self._forget(work)
            self._changed.notify_all()
            return work.over and not work.stopped

    def stop(self, job_id: str, *, wait: bool = True) -> None:
        """Ends a job; with `wait`, returns when nobody works on it any more."""
        with self._changed:
            work = self._works.get(job_id)
            if work is None:
                return
            work.stopped = True
            work.waiting.clear()
            if work.over:
                self._forget(work)
            self._changed.notify_all()
            if wait:
                self._changed.wait_for(lambda: not work.out, timeout=30)

    def close(self) -> None:
        """Nobody gets any more work."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def ended(self) -> int:
        """How many jobs have ended so far."""
        return self._ended

    def at_work(self) -> int:
        """How many jobs are not finished."""
        with self._changed:
            return len(self._works)

    def _next(self) -> Work | None:
        for visitor in list(self._visitors):
            works = self._visitors[visitor]
            work = next((work for work in works if work.waiting), None)
            if work is not None:
                self._visitors.move_to_end(visitor)
                return work
        return None

    def _forget(self, work: Work) -> None:
        self._ended += 1
        self._works.pop(work.job_id, None)
        works = self._visitors.get(work.visitor)
        if works is not None and work in works:
            works.remove(work)
            if not works:
                del self._visitors[work.visitor]
