"""Whose turn it is."""

from __future__ import annotations

import threading
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from penchant.web.jobs import JobPhoto
from penchant.web.jobs.turns import Turns, Work


def work(job_id: str, visitor: str, photos: int, *, model: str = "model", size: int = 1) -> Work:
    waiting = deque(JobPhoto(number, f"{number}.jpg", "f", None, size, 1) for number in range(1, photos + 1))
    return Work(job_id, visitor, model, keywords=False, waiting=waiting)


def everything(turns: Turns, threads: int = 1) -> list[list[tuple[str, int]]]:
    """Who gets how many photos, turn by turn, to the end."""
    served = []
    ended = 0
    while turns.at_work():
        shares = turns.take(threads=threads, ended=ended)
        assert shares is not None
        if not shares:
            ended = turns.ended
            continue
        served.append([(share.work.job_id, len(share.photos)) for share in shares])
        for share in shares:
            turns.give_back(share)
    return served


def first_of(served: list[list[tuple[str, int]]]) -> list[str]:
    """Whose turn it was each time."""
    return [turn[0][0] for turn in served]


def test_few_pictures_do_not_wait_for_many() -> None:
    turns = Turns()
    turns.add(work("large", "one", 5000))
    turns.add(work("small", "other", 40))
    order = first_of(everything(turns))
    assert order[:4] == ["large", "small", "large", "small"]
    assert set(order[4:]) == {"large"}


def test_one_visitor_gains_nothing_by_many_jobs() -> None:
    turns = Turns()
    for number in range(5):
        turns.add(work(f"a{number}", "greedy", 64))
    turns.add(work("b", "modest", 64))
    order = first_of(everything(turns))
    last = max(place for place, job_id in enumerate(order) if job_id == "b")
    assert sum(job_id.startswith("a") for job_id in order[:last]) <= order.count("b")
    assert [job_id for job_id in order if job_id != "b"] == sorted(job_id for job_id in order if job_id != "b")


def test_the_last_pictures_of_one_job_are_looked_at_with_the_first_of_another() -> None:
    turns = Turns()
    turns.add(work("a", "one", 18))
    turns.add(work("other model", "two", 6, model="other"))
    turns.add(work("b", "three", 6))
    served = everything(turns)
    assert [turn for turn in served if len(turn) > 1] == [[("b", 2), ("a", 2)]], "and none of another model"
    assert sum(len(turn) for turn in served) == len(served) + 1


def test_all_threads_have_some_to_the_end() -> None:
    turns = Turns()
    turns.add(work("a", "one", 64))
    sizes = [photos for [(_, photos)] in everything(turns, threads=2)]
    assert sizes[0] == 16
    assert sizes[-1] == 4


def test_large_pictures_are_fewer_a_turn() -> None:
    turns = Turns()
    turns.add(work("large", "one", 400, size=3_000_000))
    turns.add(work("larger", "two", 400, size=90_000_000))
    turns.add(work("small", "three", 400, size=50_000))
    [large, larger, small, *_] = everything(turns)
    assert (large, larger, small) == ([("large", 4)], [("larger", 4)], [("small", 32)])


def test_a_file_is_done_with_when_all_its_photos_were_looked_at() -> None:
    waiting = deque(JobPhoto(number, "", f"file {number // 8}", f"{number}", 1, 1) for number in range(20))
    turns = Turns()
    turns.add(Work("a", "one", "model", keywords=False, waiting=waiting))
    ended: list[str] = []
    looked_at: set[str] = set()
    while shares := turns.take(threads=1, ended=0):
        [share] = shares
        left = {photo.file for photo in share.work.waiting}
        files = turns.looked_at(share)
        looked_at |= {photo.file for photo in share.photos}
        ended += files
        assert set(ended) == looked_at - left
        turns.give_back(share)
    assert sorted(ended) == ["file 0", "file 1", "file 2"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 200)), min_size=1, max_size=8), st.integers(1, 4)
)  # fmt: skip
def test_everybody_is_served_in_full(jobs: list[tuple[int, int]], threads: int) -> None:
    turns = Turns()
    for place, (visitor, photos) in enumerate(jobs):
        turns.add(work(str(place), str(visitor), photos))
    totals = dict.fromkeys(map(str, range(len(jobs))), 0)
    for turn in everything(turns, threads):
        assert 1 <= sum(photos for _, photos in turn) <= 32
        for job_id, photos in turn:
            totals[job_id] += photos
    assert list(totals.values()) == [photos for _, photos in jobs]


def test_a_job_that_is_stopped_gets_no_more_turns_and_waits_for_the_last() -> None:
    turns = Turns()
    turns.add(work("a", "one", 100))
    shares = turns.take(threads=1, ended=0)
    assert shares
    stopped = threading.Event()

    def stop() -> None:
        turns.stop("a")
        stopped.set()

    stopper = threading.Thread(target=stop)
    stopper.start()
    while not shares[0].work.stopped:
        pass
    assert not stopped.is_set(), "somebody works on it yet"
    assert turns.give_back(shares[0]) is False, "it is not finished, it is gone"
    stopper.join()
    assert stopped.is_set()
    assert turns.at_work() == 0
    turns.stop("a")
    assert turns.take(threads=1, ended=0) == (), "whoever held its archives is told"


def test_whoever_waits_is_let_go_at_the_end() -> None:
    turns = Turns()
    answers: list[object] = []
    waiter = threading.Thread(target=lambda: answers.append(turns.take(threads=1, ended=0)))
    waiter.start()
    turns.close()
    waiter.join()
    assert answers == [None]
