"""Logs: one JSON object a line on standard error, without names of files, addresses of visitors, or whole job ids."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import traceback
from hashlib import sha256
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

_LIBRARIES = re.compile(
    r".*[/\\](?:site-packages|lib[/\\]python[^/\\]*|src)[/\\]"
)  # whose machine it is, is nobody's business

LEVELS = ("none", "jobs", "all")


class Log:
    """Writes what happens, as far as the operator asked for it.

    Args:
        level: one of `LEVELS`. Faults of ours are always written.
        stream: by default standard error.
    """

    def __init__(self, level: str = "jobs", stream: TextIO | None = None) -> None:
        self._level = LEVELS.index(level)
        self._stream = stream
        self._lock = threading.Lock()

    def job(self, event: str, job_id: str, **facts: object) -> None:
        """Something happened to a job."""
        if self._level >= LEVELS.index("jobs"):
            self._write("info", event, job=short_id(job_id), **facts)

    def request(self, **facts: object) -> None:
        """A request was answered."""
        if self._level >= LEVELS.index("all"):
            self._write("info", "request", **facts)

    def fault(self, event: str, fault: BaseException, *, job_id: str | None = None) -> None:
        """A fault of ours: its kind and the places in the code, not its message, which may quote a name."""
        job = {} if job_id is None else {"job": short_id(job_id)}
        self._write("error", event, fault=type(fault).__name__, at=_places(fault.__traceback__), **job)

    def _write(self, level: str, event: str, **facts: object) -> None:
        line = json.dumps({"time": round(time.time(), 3), "level": level, "event": event, **facts})
        with self._lock:
            print(line, file=self._stream or sys.stderr, flush=True)


def short_id(job_id: str) -> str:
    """Tells jobs apart in a log, and opens none of them."""
    return sha256(job_id.encode()).hexdigest()[:10]


def _places(trace: TracebackType | None) -> list[str]:
    return [
        f"{_LIBRARIES.sub('', frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)[-4:]
    ]
