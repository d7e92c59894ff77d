"""A failure after which the same request may succeed."""

from __future__ import annotations


class PassingError(Exception):
    """A request failed in a way that may pass; `wait` is what the service asks for, in seconds, or None."""

    def __init__(self, reason: str, *, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
