"""What templates and programs are given of jobs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penchant.report import SCHEMA_VERSION, wording
from penchant.web.jobs import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penchant.types import Interest, Profile
    from penchant.web.jobs import Job, JobPhoto
    from penchant.web.models import Choice, Choices

CHARTED = 10
OPEN = 3


def job_document(job: Job, base: str) -> dict[str, Any]:
    """A job as the API tells it."""
    here = f"{base}/api/jobs/{job.id}"
    return {
        "schema_version": SCHEMA_VERSION,
        "id": job.id,
        "state": job.state.value,
        "created": _when(job.created),
        "finished": _when(job.finished),
        "expires": _when(job.expires),
        "photos": {"total": job.total, "done": job.done, "failed": job.failed},
        "model": job.model,
        "generaliser": job.generaliser,
        "taxonomy": job.taxonomy,
        "not_me": {"domains": list(job.removed_domains), "pictures": list(job.removed_photos)},
        "fault": job.fault,
        "links": {
            "self": here,
            "profile": f"{here}/profile",
            "pictures": f"{here}/pictures",
            "events": f"{here}/events",
            "page": f"{base}/jobs/{job.id}",
        },
    }


def progress_document(job: Job) -> dict[str, Any]:
    """What changes while a job is worked on: the data of its events."""
    return {
        "state": job.state.value, "total": job.total, "done": job.done, "failed": job.failed,
        "said": progress_said(job), "finished": job.state.finished,
    }  # fmt: skip


def progress_said(job: Job) -> str:
    """How far a job is, in one sentence."""
    if job.state is State.DONE:
        return f"All {wording.counted(job.total, 'picture')} looked at."
    if job.state is State.FAILED:
        return "It could not be finished."
    if job.state is State.RUNNING:
        failed = f", {job.failed:,} could not be used" if job.failed else ""
        return f"{job.done:,} of {wording.counted(job.total, 'picture')} looked at{failed}."
    return f"{wording.counted(job.total, 'picture')} received; waiting for a turn."


def options_document(choices: Choices, limits: Mapping[str, int], *, allow_url: bool, samples: bool) -> dict[str, Any]:
    """What can be chosen, and what is too much."""

    def listed(some: tuple[Choice, ...]) -> list[dict[str, object]]:
        return [{"value": choice.value, "title": choice.title, "default": choice.default} for choice in some]

    return {
        "schema_version": SCHEMA_VERSION,
        "models": listed(choices.models),
        "generalisers": listed(choices.generalisers),
        "taxonomies": listed(choices.taxonomies),
        "limits": dict(limits),
        "allow_url": allow_url,
        "samples": samples,
    }


@dataclass(frozen=True, slots=True)
class Shot:
    """A piece of evidence: the picture's number, the label by which it counts, its name."""

    number: int
    label: str
    confidence: float
    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """One domain on the page. `bar`, `low` and `high` are lengths in percent of the chart's width."""

    interest: Interest
    name: str
    labels: tuple[tuple[str, float], ...]
    shots: tuple[Shot, ...]
    bar: str
    low: str
    high: str
    open: bool


def sections(profile: Profile, photos: Sequence[JobPhoto]) -> list[Section]:
    """The domains with their evidence, by rank."""
    numbers = {photo.name: photo.number for photo in photos}
    widest = max((domain.share_high for domain in profile.domains), default=0.0)
    made = []
    for domain in profile.domains:
        bar, low, high = (
            f"{100 * value / widest if widest > 0 else 0:.2f}%"
            for value in (domain.share, domain.share_low, domain.share_high)
        )
        shots = tuple(
            Shot(numbers[item.photo_id], wording.visible(item.label), item.confidence, wording.visible(item.photo_id))
            for item in domain.evidence
            if item.photo_id in numbers
        )
        labels = tuple((wording.visible(label), part) for label, part in domain.labels)
        made.append(
            Section(domain, wording.visible(domain.name), labels, shots, bar, low, high, open=domain.rank <= OPEN)
        )
    return made


def leaders(profile: Profile) -> tuple[Interest, ...]:
    """The domains at the top that can't be told apart: their intervals reach the first one's."""
    return tuple(domain for domain in profile.domains if domain.share_high >= profile.domains[0].share_low)


def failures(profile: Profile) -> list[tuple[str, str]]:
    """Names and reasons of what could not be used."""
    return [(wording.visible(failure.photo_id), wording.visible(failure.error)) for failure in profile.failures]


def minutes_left(job: Job) -> int | None:
    """Whole minutes until a job expires, at least one; None for one that isn't finished."""
    if job.expires is None:
        return None
    return max(1, round((job.expires - time.time()) / 60))


def duration(seconds: float) -> str:
    """How long jobs are kept, in words: "1 hour", "30 minutes"."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return wording.counted(int(seconds // size), unit)
    if seconds >= 120:
        return wording.counted(round(seconds / 60), "minute")
    return wording.counted(round(seconds), "second")


def _when(seconds: float | None) -> str | None:
    """ISO 8601, in UTC."""
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
