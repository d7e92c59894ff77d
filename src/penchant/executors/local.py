"""Runs work in threads of this process: decoding and inference release the interpreter's lock."""

from __future__ import annotations

import math
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")

_CGROUP = Path("/sys/fs/cgroup/cpu.max")
_AHEAD = 16  # results kept a thread, so that one slow picture doesn't hold up the others


def usable_cores() -> int:
    """The cores that this process may use: what `taskset` or a container's CPU quota leave of the machine."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Windows and macOS
        cores = os.cpu_count() or 1
    quota = _quota(_CGROUP)
    return cores if math.isinf(quota) else max(1, min(cores, math.ceil(quota)))


def _quota(file: Path) -> float:
    """A control group's share of processor time, in cores; infinite where there is none."""
    try:
        most, period = file.read_text().split()  # "200000 100000", or "max 100000"
        return float(most) / float(period) if most != "max" else math.inf
    except (OSError, ValueError):
        return math.inf


@dataclass(frozen=True, slots=True)
class ThreadExecutor:
    """Maps a function over items in `threads` threads."""

    threads: int

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Results in the order of the items; at most a bounded number of them wait for the reader.

        An exception of the function is raised where its result would stand; what has not begun is then dropped, and
        items that can be closed are, so that what is prepared for them can stop as well.
        """
        pending: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(self.threads, thread_name_prefix="penchant") as pool:
            try:
                for item in items:
                    pending.append(pool.submit(function, item))
                    if len(pending) > self.threads * _AHEAD:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            except BaseException:
                close = getattr(items, "close", None)
                if close is not None:  # before the pool waits for what is running, which may wait for that
                    close()
                raise
            finally:
                for future in pending:
                    future.cancel()
