"""A bound on the memory that pictures may take while they are read and decoded, shared by all threads."""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20
_PROGRAM_MIB = 224  # the interpreter, the libraries, the model, the lexicon, a list of 50,000 photos
_THREAD_MIB = 16  # what each thread that runs the model takes for it
_LEAST_FOR_PICTURES_MIB = 128
_USUAL_FOR_PICTURES_MIB = 768
_M_MMAP_THRESHOLD = -3  # glibc's number of the parameter, in <malloc.h>
_LARGE_BLOCK = 1 << 20


class Pool:
    """Bytes that several threads take from and give back.

    A request for more than the whole pool is served alone, when nothing else is out: whoever asks has decided that it
    may be served at all.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._changed = threading.Condition()

    @contextmanager
    def take(self, amount: int) -> Iterator[None]:
        """Waits until `amount` bytes are free, and holds them."""
        amount = min(amount, self.total)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()


@dataclass(frozen=True, slots=True)
class MemoryBudget:
    """What pictures may take at once: bytes of files, and bytes of pixels.

    Two pools, always taken in this order, so that no two threads can wait for each other.
    """

    files: Pool
    pixels: Pool

    @classmethod
    def of(cls, max_memory_mib: int | None = None, *, threads: int = 2, set_aside_mib: int = 0) -> MemoryBudget:
        """A budget for a process that shall stay under `max_memory_mib` MiB in all.

        Args:
            max_memory_mib: None for 1,024 with two threads, 16 more for each further one, and what is set aside.
            threads: how many run the model at once.
            set_aside_mib: what else the process will hold.

        Raises:
            UsageError: when that is less than the program itself needs.
        """
        reserved = _PROGRAM_MIB + _THREAD_MIB * threads + set_aside_mib
        allowed = reserved + _USUAL_FOR_PICTURES_MIB if max_memory_mib is None else max_memory_mib
        least = reserved + _LEAST_FOR_PICTURES_MIB
        if allowed < least:
            raise UsageError(
                f"--max-memory {allowed} is too small: at least {least} MiB are needed with this many threads"
            )
        _return_large_blocks()
        usable = (allowed - reserved) * MIB
        return cls(files=Pool(usable // 3), pixels=Pool(usable - usable // 3))


def _return_large_blocks() -> None:
    """Has freed pixels go back to the system at once.

    glibc raises the size above which it does that to that of whole pictures, and then keeps what each thread freed:
    with eight threads 640 MiB where 290 were in use (docs/memory.md).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # not glibc
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


@dataclass(frozen=True, slots=True)
class PixelLimits:
    """What is refused before it is decoded.

    Attributes:
        full: the most pixels of a picture that can only be decoded at its full size.
        scaled: the most pixels of a JPEG, which is decoded at a fraction of its size.
    """

    full: int = 100_000_000
    scaled: int = 400_000_000


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """All that bounds a picture's decoding."""

    budget: MemoryBudget = field(default_factory=MemoryBudget.of)
    pixels: PixelLimits = PixelLimits()
