"""Whose turn it is."""

from __future__ import annotations

import threading
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from penchant.web.jobs import JobPhoto
from penchant.web.jobs.turns import Turns, Work


def work(job_id: str, visitor: str, photos: int) -> Work:
    waiting = deque(JobPhoto(number, f"{number}.jpg", "f", None, 1, 1) for number in range(1, photos + 1))
    return Work(job_id, visitor, "model", keywords=False, waiting=waiting)


def everything(turns: Turns, threads: int = 1) -> list[tuple[str, int]]:
    """Who gets how many photos, turn by turn, to the end."""
    served = []
    ended = 0
    while turns.at_work():
        taken = turns.take(threads=threads, ended=ended)
        assert taken is not None
        job, photos = taken
        if job is None:
            ended = turns.ended
            continue
        served.append((job.job_id, len(photos)))
        turns.give_back(job)
    return served


def test_few_pictures_do_not_wait_for_many() -> None:
    turns = Turns()
    turns.add(work("large", "one", 5000))
    turns.add(work("small", "other", 8))
    order = [job_id for job_id, _ in everything(turns)]
    assert order[:4] == ["large", "small", "large", "small"]
    assert set(order[4:]) == {"large"}


def test_one_visitor_gains_nothing_by_many_jobs() -> None:
    turns = Turns()
    for number in range(5):
        turns.add(work(f"a{number}", "greedy", 64))
    turns.add(work("b", "modest", 64))
    order = [job_id for job_id, _ in everything(turns)]
    last = max(place for place, job_id in enumerate(order) if job_id == "b")
    assert sum(job_id.startswith("a") for job_id in order[:last]) <= order.count("b")
    assert [job_id for job_id in order if job_id != "b"] == sorted(job_id for job_id in order if job_id != "b")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 200)), min_size=1, max_size=8), st.integers(1, 4)
)  # fmt: skip
def test_everybody_is_served_in_full(jobs: list[tuple[int, int]], threads: int) -> None:
    turns = Turns()
    for place, (visitor, photos) in enumerate(jobs):
        turns.add(work(str(place), str(visitor), photos))
    totals = dict.fromkeys(map(str, range(len(jobs))), 0)
    for job_id, photos in everything(turns, threads):
        assert 1 <= photos <= 16
        totals[job_id] += photos
    assert list(totals.values()) == [photos for _, photos in jobs]


def test_a_job_that_is_stopped_gets_no_more_turns_and_waits_for_the_last() -> None:
    turns = Turns()
    turns.add(work("a", "one", 100))
    taken = turns.take(threads=1, ended=0)
    assert taken is not None
    job = taken[0]
    assert job is not None
    stopped = threading.Event()

    def stop() -> None:
        turns.stop("a")
        stopped.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    while not job.stopped:
        pass
    assert not stopped.is_set(), "somebody works on it yet"
    assert turns.give_back(job) is False, "it is not finished, it is gone"
    stopper.join()
    assert stopped.is_set()
    assert turns.at_work() == 0
    turns.stop("a")
    assert turns.take(threads=1, ended=0) == (None, ()), "whoever held its archives is told"


def test_whoever_waits_is_let_go_at_the_end() -> None:
    turns = Turns()
    answers: list[object] = []
    waiter = threading.Thread(target=lambda: answers.append(turns.take(threads=1, ended=0)))
    waiter.start()
    turns.close()
    waiter.join()
    assert answers == [None]
