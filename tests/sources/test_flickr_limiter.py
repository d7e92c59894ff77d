"""The limit of queries: in virtual time, with threads, with processes, and with processes that die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import StorageError, UsageError
from penchant.online import Key
from penchant.sources.flickr.limiter import Clock, Limiter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
    from multiprocessing.synchronize import Barrier

KEY = Key("0123456789abcdef0123456789abcdef")
START = 1_700_000_000.0
HOUR = 3600.0


class Time:
    """A time that passes only where somebody waits for it or says so."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []
        self.clock = Clock(now=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def most_in_an_hour(moments: Sequence[float]) -> int:
    """The most queries in any hour, its beginning included and its end not."""
    ordered = sorted(moments)
    return max(sum(1 for later in ordered[i:] if later < at + HOUR) for i, at in enumerate(ordered))


@given(
    limit=st.integers(1, 6), steps=st.lists(st.tuples(st.floats(0, 900), st.floats(0, 100)), min_size=1, max_size=30)
)
def test_no_hour_has_more(
    limit: int, steps: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whenever within a query the service counts it: at its beginning, its end, or between."""
    moment = Time()
    limiter = Limiter(KEY, per_hour=limit, path=tmp_path_factory.mktemp("limit") / "q.sqlite", clock=moment.clock)
    counted: list[tuple[float, float]] = []
    for before, during in steps:
        moment.now += before
        with limiter.query():
            began = moment.now
            moment.now += during
        counted.append((began, moment.now))
    limiter.close()
    for place in (0.0, 0.5, 1.0):
        moments = [began + place * (ended - began) for began, ended in counted]
        assert most_in_an_hour(moments) <= limit
    lates_and_earlies = [ended if number % 2 else began for number, (began, ended) in enumerate(counted)]
    assert most_in_an_hour(lates_and_earlies) <= limit


def test_nobody_waits_without_need(tmp_path: Path) -> None:
    moment = Time()
    told: list[float] = []
    limiter = Limiter(KEY, per_hour=3, path=tmp_path / "q.sqlite", clock=moment.clock, on_wait=told.append)
    assert limiter.free_now() == 3
    for _ in range(3):
        with limiter.query():
            moment.now += 1.0
    assert (moment.slept, limiter.free_now()) == ([], 0)
    with limiter.query():
        pass
    assert moment.slept == told == [HOUR - 2.0], "an hour after the end of the first"
    moment.now += 2 * HOUR
    assert limiter.free_now() == 3
    limiter.close()


def test_keys_are_counted_apart_and_not_stored(tmp_path: Path) -> None:
    moment, path = Time(), tmp_path / "caches" / "q.sqlite"
    for key in (KEY, Key("ffff456789abcdef0123456789abcdef")):
        limiter = Limiter(key, per_hour=1, path=path, clock=moment.clock)
        with limiter.query():
            pass
        limiter.close()
    assert moment.slept == []
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert KEY.reveal().encode() not in stored
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name == "nt", reason="there it can't be told without harm")
def test_what_the_dead_had_reserved_is_free_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = Time()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    limiter = Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=moment.clock)
    with limiter.query():
        pass
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: gone.pid)
        for _ in range(5):
            limiter._reserve()
    with limiter.query():
        assert moment.slept == [HOUR]
    limiter.close()


def test_who_gives_up_waiting_leaves_nothing(tmp_path: Path) -> None:
    moment = Time()

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    first, hasty = (
        Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=Clock(lambda: moment.now, sleep))
        for sleep in (moment.sleep, interrupted)
    )
    with first.query():
        pass
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt), hasty.query():
            pass
    with first.query():
        assert moment.slept == [HOUR]
    first.close()
    hasty.close()


def test_a_pause_holds_everybody(tmp_path: Path) -> None:
    moment = Time()
    one, two = (Limiter(KEY, path=tmp_path / "q.sqlite", clock=moment.clock) for _ in range(2))
    one.pause(40.0)
    one.pause(20.0)
    with two.query():
        assert moment.now == START + 40.0
    one.close()
    two.close()


def test_a_machine_that_was_asleep_asks_anew(tmp_path: Path) -> None:
    moment = Time()
    limiter = Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=moment.clock)
    other = Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=moment.clock)
    with limiter.query():
        pass
    naps = iter([5 * HOUR])

    def oversleep(seconds: float) -> None:
        moment.now += next(naps, seconds)
        if moment.now == START + 5 * HOUR:  # somebody else was quicker
            with other.query():
                pass

    slow = Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=Clock(lambda: moment.now, oversleep))
    with slow.query():
        assert moment.now >= START + 6 * HOUR
    for each in (limiter, other, slow):
        each.close()


def test_a_clock_that_went_wrong_blocks_nobody_for_long(tmp_path: Path) -> None:
    moment = Time()
    limiter = Limiter(KEY, per_hour=1, path=tmp_path / "q.sqlite", clock=moment.clock)
    moment.now += 1_000_000_000.0
    with limiter.query():
        pass
    limiter.pause(5.0)
    moment.now = START
    with limiter.query():
        assert moment.now == START
    limiter.close()


def test_wrong_limits_and_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a limit of 0 queries an hour makes no sense"):
        Limiter(KEY, per_hour=0)
    (tmp_path / "q.sqlite").write_bytes(b"no database at all, but a letter to somebody")
    with pytest.raises(StorageError, match="can't be kept"), Limiter(KEY, path=tmp_path / "q.sqlite").query():
        pass


def test_threads_share_one(tmp_path: Path) -> None:
    moment = Time()
    limiter = Limiter(KEY, per_hour=100, path=tmp_path / "q.sqlite", clock=moment.clock)

    def ask() -> None:
        for _ in range(4):
            with limiter.query():
                pass

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (limiter.free_now(), moment.slept) == (100 - 24, [])
    limiter.close()


AWAKE, GONE = -1.0, float("inf")


class SharedTime:
    """A time for several processes, which passes only when all of them wait: it moves on to the first that wakes."""

    def __init__(self, now: Synchronized[float], wakes: SynchronizedArray[float], own: int) -> None:
        self._now, self._wakes, self._own = now, wakes, own
        self.clock = Clock(now=lambda: now.value, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        until = self._now.value + seconds
        self._wakes[self._own] = until
        while True:
            with self._wakes.get_lock():
                wakes = self._wakes[:]
                if AWAKE not in wakes and until == min(wakes):
                    self._now.value = max(self._now.value, until)
                    self._wakes[self._own] = AWAKE
                    return
            time.sleep(0.0002)

    def leave(self) -> None:
        self._wakes[self._own] = GONE


def _ask(
    path: str, now: Synchronized[float], wakes: SynchronizedArray[float], barrier: Barrier, own: int, die_at: int
) -> None:
    """A process that makes twenty queries."""
    shared = SharedTime(now, wakes, own)
    limiter = Limiter(KEY, per_hour=10, path=Path(path), clock=shared.clock)
    barrier.wait()
    with open(f"{path}.{own}.log", "a", buffering=1) as file:  # noqa: PTH123
        for number in range(20):
            with limiter.query():
                file.write(f"{now.value}\n")
                if number == die_at:
                    shared.leave()
                    os.kill(os.getpid(), signal.SIGKILL)
    shared.leave()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_processes_share_a_key_and_one_dies(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    now: Synchronized[float] = context.Value("d", START)
    wakes: SynchronizedArray[float] = context.Array("d", [AWAKE] * 4)
    path = str(tmp_path / "q.sqlite")
    barrier = context.Barrier(4)
    processes = [
        context.Process(target=_ask, args=(path, now, wakes, barrier, number, 7 if number == 2 else -1))
        for number in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, -signal.SIGKILL, 0]
    made = [[float(line) for line in log.read_text().splitlines()] for log in sorted(tmp_path.glob("*.log"))]
    assert [len(moments) for moments in made] == [20, 20, 8, 20]
    assert most_in_an_hour([moment for moments in made for moment in moments]) <= 10
    for hour in (1, 2):  # fair: while all of them ask, none is left out
        begin = START + hour * HOUR
        assert all(any(begin <= moment < begin + HOUR for moment in moments) for moments in (made[0], made[1], made[3]))
    for process in processes:
        process.close()
