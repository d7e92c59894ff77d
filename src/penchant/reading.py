"""The bytes of photos wherever they are: files, archives, addresses. Within the memory that they may take.

Part of `pipeline`: joins the sources' readers with recognition's budget of memory.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from penchant.recognition import MemoryBudget
from penchant.sources import Limits, PictureReader
from penchant.sources.fetch import FetchAhead, PictureFetcher, check_consent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penchant.sources.fetch import FetchOptions
    from penchant.types import Photo

Batch = TypeVar("Batch", bound="Sequence[Photo]")

_MIB = 1 << 20
_AHEAD_MIB = 128
_LEAST_AHEAD_MIB = 32


class PhotoBytes:
    """Reads photos for all threads of a process; a thread keeps the archives open that it reads.

    Args:
        max_memory_mib: what the process shall stay under, in MiB; None for what the threads usually need, and 128 more
            for pictures that are fetched ahead.
        threads: how many run the model at once.
        fetch: how addresses are asked; None where they may not be.

    Raises:
        UsageError: when the memory is too small.
        MissingExtraError: when pictures are to be fetched and httpx isn't installed.
    """

    def __init__(self, max_memory_mib: int | None, *, threads: int, fetch: FetchOptions | None = None) -> None:
        self.fetch = fetch
        ahead = 0 if fetch is None else _AHEAD_MIB
        if fetch is not None and max_memory_mib is not None:
            ahead = max(_LEAST_AHEAD_MIB, min(ahead, max_memory_mib // 8))
        self.budget = MemoryBudget.of(max_memory_mib, threads=threads, set_aside_mib=ahead)
        self._limits = Limits(max_file_bytes=self.budget.files.total)
        self._local = threading.local()
        self._readers: list[PictureReader] = []
        self._fetcher: PictureFetcher | None = None
        self._ahead: FetchAhead | None = None
        if fetch is not None:
            most = min(fetch.max_bytes, self.budget.files.total, ahead * _MIB)
            self._fetcher = PictureFetcher(replace(fetch, max_bytes=most))
            self._ahead = FetchAhead(self._fetcher, memory=ahead * _MIB)

    @contextmanager
    def of(self, photo: Photo) -> Iterator[bytes]:
        """A photo's bytes, counted against the budget while the block lasts.

        Raises:
            PictureError: they can't be had; a FetchError where they should come from an address.
            StorageError: they can't be kept where the fetching's options say.
        """
        if photo.url is None:
            with self.budget.files.take(photo.size):
                yield self._reader().read(photo)
            return
        if self._fetcher is None or self._ahead is None:
            check_consent([photo], None)
            return
        data = self._ahead.take(photo)
        if data is None:
            with self.budget.files.take(self._fetcher.options.max_bytes):
                yield self._fetcher.fetch(photo.url).data
        else:
            with self.budget.files.take(len(data)):
                yield data

    def ahead(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches, the pictures of each begun to be fetched when it is handed out."""
        return iter(batches) if self._ahead is None else self._ahead.begin(batches)

    def release_gone(self) -> None:
        """Lets go of the archives that this thread keeps open and that are no longer where they were."""
        reader: PictureReader | None = getattr(self._local, "reader", None)
        if reader is not None:
            reader.release_gone()

    def close(self) -> None:
        """Lets go of everything: archives, connections, pictures fetched that nobody wants any more."""
        while self._readers:
            self._readers.pop().close()
        if self._ahead is not None:
            self._ahead.close()
        if self._fetcher is not None:
            self._fetcher.close()

    def _reader(self) -> PictureReader:
        reader: PictureReader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = PictureReader(limits=self._limits)
            self._readers.append(reader)
        return reader
