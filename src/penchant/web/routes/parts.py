"""What routes share: the app's parts, and the job that an address names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from penchant.web.problems import Problem, no_such_job

if TYPE_CHECKING:
    from penchant.web.analysis import Analyst
    from penchant.web.engine import Engine
    from penchant.web.intake import Intake
    from penchant.web.jobs import Job, JobPhoto
    from penchant.web.security import Security

_ID = re.compile(r"[A-Za-z0-9_-]{24}")


@dataclass(frozen=True, slots=True)
class Parts:
    """The app's parts."""

    engine: Engine
    intake: Intake
    analyst: Analyst
    security: Security

    def job(self, job_id: str) -> Job:
        """The job that an address names. Raises Problem."""
        job = self.engine.store.job(job_id) if _ID.fullmatch(job_id) else None
        if job is None:
            raise no_such_job()
        return job

    def finished(self, job_id: str) -> Job:
        """… which has a profile. Raises Problem."""
        job = self.job(job_id)
        if not job.state.finished:
            raise Problem(409, "The pictures are still being looked at.", retry_after=2)
        if job.fault is not None:
            raise Problem(500, f"These pictures could not be looked at: {job.fault}.")
        return job

    def photo(self, job: Job, number: int) -> JobPhoto:
        """One of a job's photos. Raises Problem."""
        photo = self.engine.store.photo(job.id, number) if 0 < number < 1 << 31 else None
        if photo is None:
            raise Problem(404, "There is no such picture in this profile.")
        return photo

    def small(self, job: Job, photo: JobPhoto) -> bytes:
        """A photo's small picture. Raises Problem."""
        found = None if photo.seen is None else self.engine.files.read_seen(job.id, photo.seen)
        if found is None:
            raise Problem(404, "There is no small picture of that one: it could not be read.")
        return found

    def delete(self, job_id: str) -> None:
        """Deletes everything of a job, what is remembered of it included."""
        self.engine.delete(job_id, why="deleted")
        self.analyst.forget(job_id)

    def not_me(self, job: Job, *, domains: tuple[str, ...], photos: tuple[int, ...]) -> None:
        """Sets what is not the person's. Raises Problem for what isn't there."""
        known = {domain.code for domain in self.analyst.meaning(job).domains}
        numbers = set(range(1, job.total + 1))
        unknown = [*(code for code in domains if code not in known), *(str(n) for n in photos if n not in numbers)]
        if unknown:
            raise Problem(422, f"There is no domain or picture {unknown[0][:80]!r} in this profile.")
        self.engine.store.revise(
            job.id, removed_domains=list(dict.fromkeys(domains)), removed_photos=list(dict.fromkeys(photos))
        )

    def view(self, job: Job, *, generaliser: str, taxonomy: str) -> None:
        """Reads the kept labels another way. Raises UsageError and SemanticsError."""
        _, generaliser, taxonomy = self.engine.models.checked(
            generaliser=generaliser or job.generaliser, taxonomy=taxonomy or job.taxonomy
        )
        self.engine.models.meaning(job.model, generaliser, taxonomy)
        known = {domain.code for domain in self.engine.models.meaning(job.model, generaliser, taxonomy).domains}
        self.engine.store.revise(
            job.id,
            generaliser=generaliser,
            taxonomy=taxonomy,
            removed_domains=[code for code in job.removed_domains if code in known],
        )


async def _parts(request: Request) -> Parts:  # async: else each request would go through a thread for it
    parts: Parts = request.app.state.parts
    return parts


App = Annotated[Parts, Depends(_parts)]
