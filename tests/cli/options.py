"""The list of options whose effect a test shows; the files test_options*.py fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Option = tuple[str, str]
SHOWN: set[Option] = set()


def shows(*options: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Notes which options ("profile --top") a test shows the effect of."""
    SHOWN.update((command, option) for command, _, option in (name.rpartition(" ") for name in options))
    return lambda test: test
