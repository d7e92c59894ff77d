"""Threads: results in order, bounded, and errors where they belong."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.executors import ThreadExecutor, local, usable_cores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@given(st.lists(st.integers(), max_size=40), st.integers(1, 4))
def test_results_stand_in_the_order_of_the_items(items: list[int], threads: int) -> None:
    assert list(ThreadExecutor(threads).map(lambda item: item * 2, iter(items))) == [item * 2 for item in items]


def test_a_slow_item_does_not_change_the_order() -> None:
    def work(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return item

    assert list(ThreadExecutor(4).map(work, range(20))) == list(range(20))


def test_items_are_drawn_only_as_they_are_needed() -> None:
    drawn = 0

    def items() -> Iterator[int]:
        nonlocal drawn
        for item in range(10_000):
            drawn += 1
            yield item

    results = ThreadExecutor(2).map(lambda item: item, items())
    for _ in range(10):
        next(results)
    assert drawn < 100
    results.close()  # type: ignore[attr-defined]


def test_an_error_stands_where_its_result_would_and_drops_what_has_not_begun() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise LookupError("three")
        time.sleep(0.002)
        return item

    results = ThreadExecutor(1).map(work, range(1000))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError, match="three"):
        next(results)
    assert len(begun) < 100
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("penchant")]


def test_the_cores_of_this_process_are_counted() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize(
    ("text", "cores"), [("max 100000\n", math.inf), ("150000 100000\n", 1.5), ("nonsense", math.inf), ("", math.inf)]
)
def test_a_containers_quota(tmp_path: Path, text: str, cores: float) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(text)
    assert local._quota(file) == cores
    assert local._quota(tmp_path / "absent") == math.inf


def test_a_quota_bounds_the_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpu.max").write_text("50000 100000")
    monkeypatch.setattr(local, "_CGROUP", tmp_path / "cpu.max")
    assert usable_cores() == 1
