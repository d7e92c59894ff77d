"""Executors: where the work runs. One method, `map`, that keeps the order of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from penchant.executors.local import ThreadExecutor, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Anything that maps a function over items and gives the results in the items' order."""

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results, in order."""
        ...


__all__ = ["Executor", "ThreadExecutor", "usable_cores"]
