"""From a request to a job that waits for its turn; whatever is refused leaves nothing behind."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import CancelScope, to_thread

from penchant.errors import FetchError, MissingExtraError, SourceError, StorageError, UsageError
from penchant.sources import Limits as SourceLimits
from penchant.sources.archive import list_archive
from penchant.text import printable
from penchant.web.jobs import DISK_FULL, Job, NewPhoto, new_job_id
from penchant.web.order import InOrder
from penchant.web.problems import Problem
from penchant.web.security import is_this_machine
from penchant.web.uploads import Received, ReceivedFile, check_length, drain, receive, shown_name, too_many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import Request

    from penchant.web.engine import Engine

_SPARE_BYTES = 100_000_000  # of the disk, which stay free
_ENTRIES_A_PHOTO = 4  # exports hold a description beside each picture
_WAIT_SECONDS = 30


class Intake:
    """Takes uploads in.

    Args:
        engine: what the jobs go to.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._settings = engine.settings
        self._lock = threading.Lock()
        self._order = InOrder()

    async def take(
        self, request: Request, visitor: str, *, check: Callable[[dict[str, str]], None] = lambda _: None
    ) -> Job:
        """Receives an upload, and queues its pictures.

        Args:
            request: the request, its body unread.
            visitor: whose it is.
            check: given the form's fields before any file is taken; may refuse.

        Raises:
            Problem: it is refused; nothing of it is left.
        """
        job_id = ""
        try:
            length = check_length(request, self._settings.limits)
            self._check_disk(length)
            with CancelScope(shield=True):  # whoever goes away meanwhile shall not leave a place behind
                job_id = await to_thread.run_sync(partial(self._reserve, visitor, local=is_this_machine(request)))
            folder = await to_thread.run_sync(self._engine.files.make, job_id)
            received = await receive(request, folder, self._settings.limits, order=self._order, before_files=check)
            self._engine.metrics.upload_bytes.inc(received.bytes)
            return await to_thread.run_sync(self._queue, job_id, received)
        except BaseException as fault:
            told = _disk_full() if _means_full(fault) else fault
            with CancelScope(shield=True):  # also where the visitor went away
                if job_id:
                    await to_thread.run_sync(self._forget, job_id)
                if isinstance(told, Problem):
                    self._engine.metrics.refused.labels(told.reason or str(told.status)).inc()
                    if told.status != 408:
                        await drain(request)
            if told is not fault:
                raise told from fault
            raise

    def _forget(self, job_id: str) -> None:
        """Deletes what was refused; where the disk is too full even for that, the engine tries again."""
        try:
            self._engine.delete(job_id, why="refused")
        except StorageError as fault:
            self._engine.log.fault("not deleted yet", fault, job_id=job_id)

    def _check_disk(self, length: int) -> None:
        if self._engine.files.free_bytes() < length + _SPARE_BYTES:
            raise _disk_full()

    def _reserve(self, visitor: str, *, local: bool) -> str:
        """A place in the queue."""
        limits, store = self._settings.limits, self._engine.store
        with self._lock:
            waiting = store.unfinished()
            if waiting >= limits.queue:
                raise Problem(
                    503,
                    f"{waiting} collections are being looked at just now, and no more can wait. "
                    "Try again in half a minute: nothing of yours was kept.",
                    reason="queue",
                    retry_after=_WAIT_SECONDS,
                )
            if not local and store.unfinished(visitor) >= limits.of_one_visitor:
                raise Problem(
                    429,
                    f"{limits.of_one_visitor} of your collections are being looked at already: wait for one of them.",
                    reason="visitor",
                    retry_after=_WAIT_SECONDS,
                )
            job_id = new_job_id()
            model, generaliser, taxonomy = self._engine.models.checked()
            store.add(job_id, visitor, model=model, generaliser=generaliser, taxonomy=taxonomy)
            return job_id

    def _queue(self, job_id: str, received: Received) -> Job:
        fields = received.fields
        try:
            model, generaliser, taxonomy = self._engine.models.checked(
                model=fields.get("model", ""),
                generaliser=fields.get("generaliser", ""),
                taxonomy=fields.get("taxonomy", ""),
            )
            self._engine.models.worker(model)
        except UsageError as error:
            raise Problem(422, str(error), reason="choice") from error
        if fields.get("url", "").strip():
            received.files.append(self._fetch(job_id, fields["url"].strip(), len(received.files)))
        if fields.get("samples") and not received.files:
            received.files.extend(self._copy_samples(job_id))
        photos = list(self._photos(job_id, received))
        if not photos:
            raise Problem(422, _nothing(received), reason="nothing")
        tags = fields.get("tags", "").strip()[: self._settings.limits.text_chars]
        self._engine.store.queue(
            job_id, photos, model=model, generaliser=generaliser, taxonomy=taxonomy, tags=tags,
            keywords=fields.get("keywords", "1") not in {"", "0", "no", "false"},
            failures=received.failures, skipped=sorted(received.skipped.items()),
        )  # fmt: skip
        job = self._engine.store.job(job_id)
        if job is None:
            raise Problem(404, "The job was deleted.")
        self._engine.log.job("queued", job_id, photos=len(photos), bytes=received.bytes)
        self._engine.submit(job)
        return job

    def _photos(self, job_id: str, received: Received) -> Iterator[NewPhoto]:
        """The pictures, those in archives one by one, each under a name of its own."""
        names: Counter[str] = Counter()
        number = 0
        for file in received.files:
            for photo in self._within(job_id, file, received):
                number += 1
                if number > self._settings.limits.files:
                    raise too_many(self._settings.limits)
                names[photo.name] += 1
                name = photo.name if names[photo.name] == 1 else f"{photo.name} ({names[photo.name]})"
                yield replace(photo, number=number, name=name)

    def _within(self, job_id: str, file: ReceivedFile, received: Received) -> Iterator[NewPhoto]:
        if not file.archive:
            yield NewPhoto(0, file.name, file.file, file.member, file.size, 0)
            return
        path = str(self._engine.files.incoming(job_id) / file.file)
        limits = self._settings.limits
        source = SourceLimits(
            max_file_bytes=limits.file_bytes,
            max_archive_entries=_ENTRIES_A_PHOTO * limits.files,
            max_archive_bytes=limits.unpacked_bytes,
        )
        try:
            listing = list_archive(path, limits=source)
        except SourceError as error:
            received.failures.append((file.name, _without(str(error), path, file.name)))
            return
        for failure in listing.failures:
            name = shown_name(_without(failure.photo_id, path, file.name))
            received.failures.append((name, _without(failure.error, path, file.name)))
        received.skipped.update(dict(listing.skipped))
        for photo in listing.photos:
            if photo.member is None:
                continue
            name = shown_name(f"{file.name}/{photo.member}")
            yield NewPhoto(0, name, file.file, photo.member, photo.size, photo.stamp)

    def _fetch(self, job_id: str, url: str, place: int) -> ReceivedFile:
        if not self._settings.allow_url:
            raise Problem(
                403,
                "Addresses aren't fetched here; its operator can allow it: penchant serve --allow-url.",
                reason="url",
            )
        from penchant.web.addresses import fetch_picture

        try:
            data = fetch_picture(url, most=self._settings.limits.file_bytes)
        except FetchError as error:
            raise Problem(422, f"The picture can't be fetched: {error}.", reason="url") from error
        except MissingExtraError as error:
            raise Problem(503, str(error), reason="url") from error
        return self._put(job_id, f"url-{place}", shown_name(url.partition("?")[0].rpartition("/")[2] or url), data)

    def _copy_samples(self, job_id: str) -> list[ReceivedFile]:
        if not self._settings.samples:
            raise Problem(422, f"There are no samples here: {self._settings.samples_hint}", reason="samples")
        return [
            self._put(job_id, f"sample-{place}", Path(path).name, Path(path).read_bytes())
            for place, path in enumerate(self._settings.samples)
        ]

    def _put(self, job_id: str, file: str, name: str, data: bytes) -> ReceivedFile:
        (self._engine.files.incoming(job_id) / file).write_bytes(data)
        return ReceivedFile(name, file, None, len(data), archive=False)


def _means_full(fault: BaseException) -> bool:
    return isinstance(fault, StorageError) or (isinstance(fault, OSError) and fault.errno in DISK_FULL)


def _disk_full() -> Problem:
    return Problem(
        507, "The server's disk is full: try again later, or with fewer pictures.", reason="disk", retry_after=600
    )


def _without(text: str, path: str, name: str) -> str:
    """A sentence of the sources' with the visitor's name in place of ours."""
    return printable(text.replace(path, name))


def _nothing(received: Received) -> str:
    """Why there is nothing to look at."""
    if received.failures:
        told = "; ".join(f"{name}: {error}" for name, error in received.failures[:3])
        more = f" (and {len(received.failures) - 3:,} more)" if len(received.failures) > 3 else ""
        return f"None of that can be used. {told}{more}."
    if received.skipped:
        kinds = ", ".join(
            f"{files:,} {suffix or 'without a suffix'}" for suffix, files in received.skipped.most_common(5)
        )
        inside = " Archives within an archive are not opened." if received.skipped.get(".zip") else ""
        return f"There are no pictures in that, only {kinds}.{inside}"
    return "No picture was sent: choose some pictures, a folder or a zip archive."
