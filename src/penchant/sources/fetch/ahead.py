"""Pictures fetched in time, so that the classifier needn't wait for the network."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from penchant.errors import FetchError
from penchant.sources.fetch.fetcher import STOPPED, NoRoomError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penchant.sources.fetch.fetcher import PictureFetcher
    from penchant.types import Photo

Key = tuple[str | None, str]
Batch = TypeVar("Batch", bound="Sequence[Photo]")

_PATIENCE = 0.2  # seconds
_SLOT = 4 << 20  # bytes set aside for a picture whose size isn't known yet


@dataclass(slots=True, eq=False)
class _Job:
    url: str
    held: int = 0
    future: Future[bytes | None] = field(default_factory=Future)


class FetchAhead:
    """Begins to fetch the pictures of photos as they are handed out, and holds them until they are taken.

    What is held, and what is being fetched, stays within `memory` bytes. Places are given in the photos' order, so
    that the one needed next always has its own; a picture that finds no room while others wait to be taken is not
    read to its end, and whoever takes it has to fetch it by himself.

    Args:
        fetcher: what fetches.
        memory: bytes.
    """

    def __init__(self, fetcher: PictureFetcher, *, memory: int) -> None:
        self._fetcher = fetcher
        self._memory = memory
        self._slot = max(1, min(_SLOT, memory // 4))
        self._free = memory
        self._changed = threading.Condition()
        self._queue: deque[_Job] = deque()
        self._jobs: dict[Key, _Job] = {}
        self._wanted: set[_Job] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def begin(self, batches: Iterable[Batch]) -> Begun[Batch]:
        """The batches as they are, the fetching of each one's pictures begun when it is handed out.

        Closing them stops everything: whoever wanted the pictures has lost interest.
        """
        return Begun(self, batches)

    def add(self, batch: Sequence[Photo]) -> None:
        """Begins to fetch the pictures of a batch."""
        for photo in batch:
            if photo.url is not None:
                self._add(photo, photo.url)

    def take(self, photo: Photo) -> bytes | None:
        """The picture, waited for where it is under way; None where it wasn't begun, or didn't fit.

        Raises:
            FetchError: it can't be had.
            StorageError: it can't be kept.
        """
        with self._changed:
            job = self._jobs.pop(_key(photo), None)
            if job is None:
                return None
            self._wanted.add(job)
            if self._closed:
                job.future.cancel()
        try:
            return job.future.result()
        except CancelledError:
            raise FetchError(STOPPED) from None
        finally:
            with self._changed:
                self._wanted.discard(job)
            self._hold(job, 0)

    def stop(self) -> None:
        """Begins nothing more; whoever waits for a picture gets a FetchError at once."""
        with self._changed:
            self._closed = True
            jobs = [*self._jobs.values(), *self._queue, *self._wanted]
            self._queue.clear()
            self._changed.notify_all()
        self._fetcher.stop()
        for job in jobs:
            job.future.cancel()

    def close(self) -> None:
        """Stops, and lets go of all that nobody took."""
        self.stop()
        for thread in self._threads:
            thread.join(_PATIENCE)  # one that hangs in a connection ends with it
        self._threads.clear()
        self._jobs.clear()

    # ---- inside

    def _add(self, photo: Photo, url: str) -> None:
        job = _Job(url)
        with self._changed:
            if self._closed or _key(photo) in self._jobs:
                return
            self._jobs[_key(photo)] = job
            self._queue.append(job)
            self._changed.notify()
            more = len(self._threads) < min(self._fetcher.options.parallel, len(self._jobs))
        if more:
            thread = threading.Thread(target=self._serve, name="penchant-fetch", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or (bool(self._queue) and self._free >= self._slot))
                if self._closed:
                    return
                job = self._queue.popleft()
                job.held = self._slot
                self._free -= self._slot
            try:
                data = self._fetcher.fetch(job.url, room=partial(self._grow, job)).data
            except NoRoomError:
                self._settle(job, None)
            except Exception as error:  # whoever takes the picture gets it
                self._settle(job, error)
            else:
                self._settle(job, data)

    def _settle(self, job: _Job, result: bytes | Exception | None) -> None:
        self._hold(job, len(result) if isinstance(result, bytes) else 0)
        with suppress(InvalidStateError):  # nobody waits for it any more
            if isinstance(result, Exception):
                job.future.set_exception(result)
            else:
                job.future.set_result(result)

    def _grow(self, job: _Job, size: int) -> bool:
        """Sets so many bytes in all aside for a picture, if they are free."""
        with self._changed:
            more = size - job.held
            if more > self._free:
                return False
            if more > 0:
                self._free -= more
                job.held = size
            return True

    def _hold(self, job: _Job, size: int) -> None:
        with self._changed:
            self._free += job.held - size
            job.held = size
            self._changed.notify_all()


class Begun(Generic[Batch]):
    """Batches on their way through `FetchAhead.begin`."""

    def __init__(self, ahead: FetchAhead, batches: Iterable[Batch]) -> None:
        self._ahead = ahead
        self._batches = iter(batches)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        batch = next(self._batches)
        self._ahead.add(batch)
        return batch

    def close(self) -> None:
        """Stops what was begun."""
        self._ahead.stop()


def _key(photo: Photo) -> Key:
    return photo.user_id, photo.photo_id
