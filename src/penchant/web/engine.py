"""Threads that look at pictures, a few at a time, in turn between visitors; another keeps what they find.

So a disk that takes its time over a deletion doesn't hold up who looks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from queue import Queue
from typing import TYPE_CHECKING

from penchant.errors import StorageError
from penchant.web.jobs import DISK_FULL, Job, JobFiles, JobStore, State
from penchant.web.jobs.turns import Turns, Work
from penchant.web.looking import Looker
from penchant.web.models import Models
from penchant.web.news import News

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penchant.web.jobs import JobPhoto
    from penchant.web.jobs.turns import Share
    from penchant.web.logs import Log
    from penchant.web.metrics import Metrics
    from penchant.web.settings import Settings

_SWEEP_SECONDS = 20.0


class Engine:
    """Everything that goes on behind the requests.

    Args:
        settings: the app's.
        log: told when jobs begin and end.
        metrics: counts them.

    Raises:
        PenchantError: the data folder, the model or the taxonomy can't be used.
    """

    def __init__(self, settings: Settings, *, log: Log, metrics: Metrics) -> None:
        self.settings = settings
        self.log = log
        self.metrics = metrics
        self.files = JobFiles(settings.data)
        self.store = JobStore(settings.data / "jobs.sqlite")
        self.models = Models(settings)
        self._looker = Looker(self.models, self.files)
        self.turns = Turns()
        self.news = News()
        self._stopping = threading.Event()
        self._found: Queue[tuple[Share, Sequence[JobPhoto] | Exception] | None] = Queue(2 * settings.threads)
        self._lookers: list[threading.Thread] = []
        self._others: list[threading.Thread] = []
        self._unwritten: dict[str, dict[str, object]] = {}  # ends of jobs, and
        self._undeleted: set[str] = set()  # jobs to be deleted, while the disk is too full to note it

    # ---- beginning and end

    def start(self) -> None:
        """Clears away what a killed process left, takes unfinished jobs up again, and begins."""
        self.files.clear_gone()
        self.delete(*(job.id for job in self.store.jobs(State.RECEIVING)), why="interrupted")
        known = {job.id for job in self.store.jobs(*State)}
        for stray in self.files.ids():
            if stray not in known:
                self.files.delete(stray)
        for job in self.store.jobs(State.QUEUED, State.RUNNING):
            self.log.job("resumed", job.id, photos=job.total, done=job.done)
            self.submit(job)
        self._lookers = [_begun(self._work, f"penchant-{number}") for number in range(self.settings.threads)]
        self._others = [_begun(self._write, "penchant-keep"), _begun(self._sweep, "penchant-sweep")]

    def stop(self) -> None:
        """Finishes the batches that are being worked on; the rest waits for the next start."""
        self._stopping.set()
        self.turns.close()
        for thread in self._lookers:
            thread.join()
        if self._others:
            self._found.put(None)
        for thread in self._others:
            thread.join()
        self.models.photo_bytes.close()
        self.files.close()
        self.store.close()

    @property
    def stopping(self) -> bool:
        """Whether the app is about to end."""
        return self._stopping.is_set()

    def about_to_stop(self) -> None:
        """Tells whoever waits for news that none will come."""
        self._stopping.set()
        self.news.tell_all()

    # ---- jobs

    def submit(self, job: Job) -> None:
        """A job whose pictures are all here."""
        waiting = deque(photo for photo in self.store.photos(job.id) if not photo.done)
        if not waiting:
            self._finish(job.id)
            return
        self.turns.add(Work(job.id, job.visitor, job.model, job.keywords, waiting))

    def delete(self, *job_ids: str, why: str) -> None:
        """Deletes everything of these jobs, in memory, in the database and on disk.

        Raises:
            StorageError: the database can't be written; it is tried again until it can.
        """
        for job_id in job_ids:
            self.turns.stop(job_id)
            self.files.delete(job_id)
        if job_ids:
            try:
                self.store.delete(job_ids)
            except StorageError:  # their pictures are gone; the rows go as soon as they can
                self._undeleted.update(job_ids)
                raise
            self._undeleted.difference_update(job_ids)
        for job_id in job_ids:
            self.news.tell(job_id, ended=True)
            self.metrics.jobs_ended.labels(why).inc()
            self.log.job(why, job_id)

    # ---- threads

    def _work(self) -> None:
        ended = 0
        while (shares := self.turns.take(threads=self.settings.threads, ended=ended)) is not None:
            if not shares:
                ended = self.turns.ended
                self.models.photo_bytes.release_gone()
                continue
            for one in self._look(shares):
                self._found.put(one)

    def _look(self, shares: Sequence[Share]) -> list[tuple[Share, Sequence[JobPhoto] | Exception]]:
        """What was found of each share's photos, or why nothing was."""
        try:
            return list(zip(shares, self._looker.look(shares), strict=True))
        except Exception as fault:
            if len(shares) == 1:
                return [(shares[0], fault)]
            return [one for share in shares for one in self._look([share])]  # whosever fault it is, it costs no other

    def _write(self) -> None:
        while (one := self._found.get()) is not None:
            share, found = one
            with self._costing_only(share.work):
                self._take_in(share, found)
            if self.turns.give_back(share):
                with self._costing_only(share.work):
                    self._finish(share.work.job_id)

    @contextmanager
    def _costing_only(self, work: Work) -> Iterator[None]:
        """Whatever goes wrong with one job, the others go on."""
        try:
            yield
        except Exception as fault:
            self.log.fault("job not finished", fault, job_id=work.job_id)

    def _take_in(self, share: Share, found: Sequence[JobPhoto] | Exception) -> None:
        if isinstance(found, Exception):
            self._fail(share.work, found)
            return
        try:
            self._keep(share, found)
        except Exception as fault:
            self._fail(share.work, fault)

    def _keep(self, share: Share, found: Sequence[JobPhoto]) -> None:
        job_id = share.work.job_id
        if share.work.stopped or self.store.keep(job_id, found) is None:
            return
        self.news.tell(job_id)
        self.files.drop_files(job_id, self.turns.looked_at(share))
        failed = sum(photo.error is not None for photo in found)
        self.metrics.photos.labels("used").inc(len(found) - failed)
        self.metrics.photos.labels("failed").inc(failed)

    def _finish(self, job_id: str) -> None:
        now = time.time()
        self._end(job_id, state=State.DONE)
        job = self.store.job(job_id)
        if job is not None:
            self.metrics.jobs_ended.labels("done").inc()
            self.metrics.job_seconds.observe(now - job.created)
            self.log.job("done", job_id, photos=job.total, failed=job.failed, seconds=round(now - job.created, 2))

    def _fail(self, work: Work, fault: Exception) -> None:
        """A fault of ours, or a full disk: the job ends with it, the app goes on."""
        self.turns.stop(work.job_id, wait=False)
        told = "an unexpected fault while looking at the pictures"
        if isinstance(fault, StorageError) or getattr(fault, "errno", None) in DISK_FULL:
            told = "the server's disk is full, or can't be written to"
        self._end(work.job_id, state=State.FAILED, fault=told)
        self.metrics.jobs_ended.labels("failed").inc()
        self.log.fault("job failed", fault, job_id=work.job_id)

    def _end(self, job_id: str, **values: object) -> None:
        """Writes down that a job has ended. On a full disk that waits for the next sweep: no thread dies of it."""
        self.files.drop_incoming(job_id)
        now = time.time()
        try:
            self.store.update(job_id, **values, finished=now, expires=now + self.settings.keep_seconds)
        except StorageError as fault:
            self._unwritten[job_id] = values
            self.log.fault("end of a job not written", fault, job_id=job_id)
        else:
            self._unwritten.pop(job_id, None)
            self.news.tell(job_id, ended=True)

    def _sweep(self) -> None:
        """Deletes what has expired, and does what a full disk put off."""
        pause = min(_SWEEP_SECONDS, max(0.05, self.settings.keep_seconds / 4))
        while not self._stopping.wait(pause):
            try:
                for job_id, values in list(self._unwritten.items()):
                    self._end(job_id, **values)
                self.delete(*self._undeleted, why="refused")
                self.delete(*self.store.expired(time.time()), why="expired")
            except Exception as fault:  # a full or vanished disk: tried again in a moment
                self.log.fault("sweep failed", fault)


def _begun(target: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=target, name=name, daemon=True)
    thread.start()
    return thread
