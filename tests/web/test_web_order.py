"""Uploads that come at once, and news of jobs."""

from __future__ import annotations

import asyncio
import threading

import pytest

from penchant.web.news import News
from penchant.web.order import InOrder


def test_who_began_first_is_next() -> None:
    served: list[int] = []

    async def upload(order: InOrder, place: int, pieces: int) -> None:
        for _ in range(pieces):
            async with order.turn(place):
                served.append(place)
                await asyncio.sleep(0.001)

    async def all_at_once() -> None:
        order = InOrder()
        await asyncio.gather(*(upload(order, order.begin(), 5) for _ in range(4)))

    asyncio.run(all_at_once())
    last = {place: len(served) - served[::-1].index(place) for place in set(served)}
    assert sorted(last, key=last.__getitem__) == [1, 2, 3, 4], "they end in the order in which they began"
    assert served.index(4) > served.index(2), "and the last doesn't begin at once"


def test_whoever_leaves_while_waiting_holds_nobody_up() -> None:
    async def all_of_it() -> list[str]:
        order = InOrder()
        told = []

        async def want(name: str, place: int) -> None:
            async with order.turn(place):
                told.append(name)

        async with order.turn(1):
            waiting = [asyncio.create_task(want(name, place)) for place, name in enumerate("abc", 2)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        waiting[1].cancel()  # which has just been given its turn
        await asyncio.wait(waiting)
        async with asyncio.timeout(5), order.turn(9):
            told.append("later")
        return told

    assert asyncio.run(all_of_it()) == ["c", "later"]


@pytest.mark.parametrize("ended", [False, True])
def test_followers_are_told_from_other_threads(ended: bool) -> None:
    news = News()

    async def follow() -> tuple[bool, bool, bool]:
        with news.followed("mine") as mine, news.followed("another's") as other:
            threading.Thread(target=lambda: news.tell("mine", ended=ended)).start()
            async with asyncio.timeout(5):
                await mine.changed.wait()
                if ended:
                    await mine.ended.wait()
            return mine.changed.is_set(), mine.ended.is_set(), other.changed.is_set()

    assert asyncio.run(follow()) == (True, ended, False)
    news.tell("mine")  # nobody follows it any more
    assert not news._followers


def test_all_are_told_of_the_end() -> None:
    news = News()

    async def follow() -> None:
        with news.followed("a") as one, news.followed("b") as other:
            news.tell_all()
            async with asyncio.timeout(5):
                await one.ended.wait()
                await other.ended.wait()

    asyncio.run(follow())
