"""How long to wait before a request is made again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a request is tried, and how long the pauses are.

    The pause after the nth failure is `first` · 2ⁿ⁻¹ seconds, at most `longest`, of which chance takes up to a half, so
    that several clients don't come back at the same moment.

    Attributes:
        attempts: tries in all, the first included.
        first: seconds.
        longest: seconds.
        patience: the longest pause that the service may ask for; more is an error that says when to come back.
        sleep: what waits.
    """

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0
    patience: float = 120.0
    sleep: Callable[[float], None] = time.sleep

    def pause(self, failures: int) -> float:
        """Seconds to wait after this many failures."""
        return random.uniform(0.5, 1.0) * min(self.longest, self.first * 2.0 ** (failures - 1))  # noqa: S311


def retry_after(header: str | None) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number, or a date); None if it asks none."""
    # Retry-After: 120
    # Retry-After: Fri, 31 Dec 1999 23:59:59 GMT
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
