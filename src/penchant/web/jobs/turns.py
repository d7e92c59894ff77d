"""Whose turn it is: visitors take turns, some pictures each; a visitor's own jobs follow one another.

So whoever drops ten pictures doesn't wait for somebody else's five thousand.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penchant.web.jobs.values import JobPhoto


_FEWEST, _MOST = 4, 32  # photos of a turn: multiples of what a model usually looks at together
_BYTES = 16 << 20  # of a turn: large photos take longer


@dataclass(slots=True, eq=False)
class Work:
    """What is left to do of one job.

    Attributes:
        waiting: photos that nobody has taken.
        unread: how many photos of each file nobody has looked at.
        out: shares that are being worked on.
        stopped: the job was deleted, or can't go on.
    """

    job_id: str
    visitor: str
    model: str
    keywords: bool
    waiting: deque[JobPhoto] = field(default_factory=deque)
    unread: Counter[str] = field(init=False)
    out: int = 0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.unread = Counter(photo.file for photo in self.waiting)

    @property
    def over(self) -> bool:
        """Whether nothing is waiting and nothing is out."""
        return not self.out and (self.stopped or not self.waiting)


class Share(NamedTuple):
    """Some photos of one job."""

    work: Work
    photos: Sequence[JobPhoto]


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

    def take(self, *, threads: int, ended: int) -> Sequence[Share] | None:
        """Waits for work, and takes some of it: no more than a moment's, and so that all threads have some to the end.

        Args:
            threads: how many share the work.
            ended: how many jobs the caller knows to have ended.

        Returns:
            Photos to look at with one model: of the job whose turn it is, and of others where its own are too few to
            look at together. Nothing where other jobs have ended than the caller knows of; None when it is time to
            stop.
        """
        with self._changed:
            while True:
                if self._closed:
                    return None
                if self._ended != ended:
                    return ()
                first = next(self._with_photos(), None)
                if first is not None:
                    break
                self._changed.wait()
            self._visitors.move_to_end(first.visitor)
            left = sum(len(work.waiting) for work in self._works.values())
            fair = left // (2 * threads) // _FEWEST * _FEWEST
            most = min(fair, _light(first.waiting) // _FEWEST * _FEWEST)
            shares = [_share(first, max(most, _FEWEST))]
            missing = -len(shares[0].photos) % _FEWEST
            for work in self._with_photos() if missing else ():
                if work.model == first.model:
                    shares.append(_share(work, missing))
                    missing -= len(shares[-1].photos)
                    if not missing:
                        break
            return shares

    def looked_at(self, share: Share) -> list[str]:
        """The files that nobody needs any more, now that these photos were looked at."""
        with self._changed:
            unread = share.work.unread
            unread.subtract(photo.file for photo in share.photos)
            return [file for file in {photo.file for photo in share.photos} if not unread[file]]

    def give_back(self, share: Share) -> bool:
        """Photos are done; whether they were the job's last."""
        work = share.work
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

    def _with_photos(self) -> Iterator[Work]:
        """Jobs in which something waits, in the order of their turns; of a visitor's several the first comes first."""
        for works in self._visitors.values():
            yield from (work for work in works if work.waiting)

    def _forget(self, work: Work) -> None:
        self._ended += 1
        self._works.pop(work.job_id, None)
        works = self._visitors.get(work.visitor)
        if works is not None and work in works:
            works.remove(work)
            if not works:
                del self._visitors[work.visitor]


def _share(work: Work, most: int) -> Share:
    work.out += 1
    return Share(work, [work.waiting.popleft() for _ in range(min(most, len(work.waiting)))])


def _light(photos: Iterable[JobPhoto]) -> int:
    """How many of the first photos are a turn, by their bytes."""
    sizes = (photo.size for photo in islice(photos, _MOST))
    return sum(size <= _BYTES for size in accumulate(sizes))
