"""Fetching ahead: in time, within its memory, and never waiting for itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import FetchError
from penchant.sources.fetch import FetchAhead, Fetched, FetchOptions
from penchant.sources.fetch.fetcher import STOPPED, NoRoomError
from penchant.types import Photo

if TYPE_CHECKING:
    from collections.abc import Callable

    from penchant.sources.fetch import PictureFetcher


class FakeFetcher:
    """Gives each address so many bytes as it names, in two halves; "bad" ones fail. Knows what is out at most."""

    def __init__(self, parallel: int, *, announces: bool) -> None:
        self.options = FetchOptions(parallel=parallel)
        self.announces = announces
        self.begun: list[str] = []
        self.lock = threading.Lock()

    def fetch(self, url: str, *, room: Callable[[int], bool] | None = None) -> Fetched:
        with self.lock:
            self.begun.append(url)
        kind, _, size = url.rpartition("/")
        if kind.endswith("bad"):
            raise FetchError("404 Not Found", lasting=True)
        if kind.endswith("broken"):
            raise ZeroDivisionError
        for part in [int(size)] if self.announces else [int(size) // 2, int(size)]:
            if room is not None and not room(part):
                raise NoRoomError
        return Fetched(bytes(int(size)), url)

    def stop(self) -> None:
        pass


def ahead_of(fetcher: FakeFetcher, memory: int) -> FetchAhead:
    return FetchAhead(cast("PictureFetcher", fetcher), memory=memory)


def photo(number: int, kind: str, size: int) -> Photo:
    url = f"http://a.example/{kind}/{size}"
    return Photo(str(number), url, url=url)


@given(
    st.lists(st.tuples(st.sampled_from(["good", "good", "good", "bad"]), st.integers(0, 1500)), max_size=60),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 5),
    st.booleans(),
)
@settings(max_examples=60)
def test_every_picture_is_had_once_whatever_the_sizes(
    wanted: list[tuple[str, int]], parallel: int, threads: int, batch: int, announces: bool
) -> None:
    """More bytes than the memory holds, in batches that several threads take in their order: nobody waits forever."""
    fetcher = FakeFetcher(parallel, announces=announces)
    ahead = ahead_of(fetcher, 1000)
    photos = [photo(number, kind, size) for number, (kind, size) in enumerate(wanted)]
    batches = ahead.begin(photos[start : start + batch] for start in range(0, len(photos), batch))

    def use(batch: list[Photo]) -> list[Any]:
        found: list[Any] = []
        for one in batch:
            try:
                found.append(ahead.take(one))
            except FetchError as error:
                found.append(error)
        assert ahead._free >= 0
        return found

    try:
        with ThreadPoolExecutor(threads) as pool:
            results = [result for future in [pool.submit(use, b) for b in batches] for result in future.result(20)]
    finally:
        ahead.close()
    for (kind, size), result in zip(wanted, results, strict=True):
        if kind == "bad":
            assert isinstance(result, FetchError)
        else:
            assert result == bytes(size) or (result is None and size > 250), "what fits its place is always there"
    assert fetcher.begun == [one.url for one in photos] or parallel > 1
    assert (ahead._free, ahead._jobs) == (1000, {})


def test_nothing_is_begun_before_its_batch_is_handed_out_or_beyond_the_memory() -> None:
    fetcher = FakeFetcher(1, announces=True)
    ahead = ahead_of(fetcher, 1000)
    photos = [photo(number, "good", 250) for number in range(10)]
    batches = ahead.begin([photos[:1], photos[1:]])
    assert fetcher.begun == []
    assert next(batches) == photos[:1]
    assert ahead.take(photos[0]) == bytes(250)
    assert len(fetcher.begun) == 1
    next(batches)
    for one in photos[1:]:
        assert len(fetcher.begun) <= int(one.photo_id) + 4, "four places"
        assert ahead.take(one) == bytes(250)
    assert ahead.take(photos[0]) is None, "nobody has begun it again"
    ahead.close()


def test_a_photo_that_is_here_is_left_alone_and_faults_come_to_whoever_takes() -> None:
    fetcher = FakeFetcher(2, announces=True)
    ahead = ahead_of(fetcher, 1000)
    here, broken = Photo("here", "/a.jpg"), photo(1, "broken", 1)
    assert list(ahead.begin([[here, broken]])) == [[here, broken]]
    assert ahead.take(here) is None
    with pytest.raises(ZeroDivisionError):
        ahead.take(broken)
    ahead.close()
    ahead.close()
    assert list(ahead.begin([[photo(2, "good", 1)]]))
    assert fetcher.begun == [broken.url], "nothing is begun after the end"


def test_stopping_frees_whoever_waits_for_a_host_that_stalls() -> None:
    under_way, stalled, over = threading.Event(), threading.Event(), threading.Event()

    class Stalling(FakeFetcher):
        def fetch(self, url: str, *, room: Callable[[int], bool] | None = None) -> Fetched:
            under_way.set()
            stalled.wait(60)
            return super().fetch(url, room=room)

    ahead = ahead_of(Stalling(1, announces=True), 1000)
    one = photo(1, "good", 10)
    next(ahead.begin([[one]]))
    assert under_way.wait(20)
    refused: list[str] = []

    def take() -> None:
        try:
            ahead.take(one)
        except FetchError as error:
            refused.append(str(error))
        over.set()

    threading.Thread(target=take, daemon=True).start()
    while one.url in {job.url for job in ahead._jobs.values()}:
        over.wait(0.001)  # until it is waited for
    ahead.stop()
    assert over.wait(20), "long before the host answers"
    assert refused == [STOPPED]
    stalled.set()
    ahead.close()
