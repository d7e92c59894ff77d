"""The values of jobs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_ID_BYTES = 18  # 144 bits: 24 characters, none of them padding


class Seen(NamedTuple):
    """A small picture: a piece of the file in the job's folder that holds them all."""

    start: int
    size: int


class State(StrEnum):
    """How far a job is: receiving → queued → running → done, or failed by a fault of ours."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self in {State.DONE, State.FAILED}


@dataclass(frozen=True, slots=True)
class Job:
    """One upload and what became of it.

    Attributes:
        id: unguessable; who knows it may see, change and delete the job.
        visitor: a keyed hash of where it came from, so that visitors are served in turn.
        created, finished, expires: seconds since 1970; None where that isn't so yet.
        model, generaliser, taxonomy: as chosen; taxonomy "" is the operator's.
        tags: what the visitor typed of themselves.
        keywords: whether keywords inside the pictures are read, too.
        removed_domains, removed_photos: what is "not me": codes, and numbers of photos.
        total, done, failed: photos in all, those looked at, and of these those that could not be used.
        failures: (name, reason) of files that are no photos at all.
        skipped: files that are not pictures, by suffix.
        fault: what went wrong, where the state is failed.
        revision: raised by whatever changes the profile.
    """

    id: str
    state: State
    visitor: str
    created: float
    finished: float | None
    expires: float | None
    model: str
    generaliser: str
    taxonomy: str
    tags: str
    keywords: bool
    removed_domains: tuple[str, ...]
    removed_photos: tuple[int, ...]
    total: int
    done: int
    failed: int
    failures: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, int], ...]
    fault: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A picture that was received.

    Attributes:
        number: from 1, within its job.
        name: the visitor's own, only ever shown.
        file: the file in the job's folder, under a name of ours.
        member: its entry in that file; None where it has the file to itself.
        size, stamp: as `types.Photo` has them.
    """

    number: int
    name: str
    file: str
    member: str | None
    size: int
    stamp: int


@dataclass(frozen=True, slots=True)
class JobPhoto:
    """A picture of a job, and what was said of it.

    Attributes:
        done: whether it was looked at.
        error: why it could not be used.
        digest: SHA-256 of its bytes.
        labels: (class index, confidence), most probable first.
        keywords: what stands in the picture's own metadata.
        seen: where its small picture is, as `JobFiles` has it; None where there is none.
    """

    number: int
    name: str
    file: str
    member: str | None
    size: int
    stamp: int
    done: bool = False
    error: str | None = None
    digest: bytes = b""
    labels: tuple[tuple[int, float], ...] = ()
    keywords: tuple[str, ...] = ()
    seen: Seen | None = None


def new_job_id() -> str:
    """A name that nobody guesses: 24 characters of A-Z, a-z, 0-9, - and _."""
    return secrets.token_urlsafe(_ID_BYTES)
