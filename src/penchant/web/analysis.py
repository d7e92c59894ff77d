"""From what is kept of a job to its profile, without looking at any picture again.

So "not me", another generaliser or another taxonomy take milliseconds.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from penchant.pipeline import profiles_of
from penchant.types import Failure, Listing, Predictions, Profile
from penchant.web.models import OPTIONS
from penchant.web.words import spoken_photos
from penchant.words import with_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penchant.profiles import Meaning
    from penchant.web.engine import Engine
    from penchant.web.jobs import Job, JobPhoto

_KEPT = 64
Key = tuple[str, int, str]


class Analyst:
    """Profiles of finished jobs; the latest are remembered until their jobs are deleted.

    Args:
        engine: whose jobs these are.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._known: OrderedDict[Key, Profile] = OrderedDict()

    def profile(self, job: Job, *, sensitive: bool) -> Profile:
        """A finished job's profile, the visitor's own words beside it where there are any.

        Args:
            job: it, as it is now.
            sensitive: whether sensitive domains are shown; shares refer to all domains in any case.
        """
        return self._remembered(
            (job.id, job.revision, "shown" if sensitive else "hidden"),
            lambda: self._with_words(
                job, self.whole(job) if sensitive else without_sensitive(self.whole(job)), sensitive=sensitive
            ),
        )

    def whole(self, job: Job) -> Profile:
        """The profile with all its domains, without words."""
        return self._remembered((job.id, job.revision, "whole"), lambda: self._build(job))

    def forget(self, job_id: str) -> None:
        """Drops what is remembered of a job."""
        with self._lock:
            for key in [key for key in self._known if key[0] == job_id]:
                del self._known[key]

    def _remembered(self, key: Key, make: Callable[[], Profile]) -> Profile:
        with self._lock:
            found = self._known.get(key)
        if found is None:
            found = make()
            with self._lock:
                self._known[key] = found
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return found

    def meaning(self, job: Job) -> Meaning:
        """What labels mean to a job, "not me" aside."""
        return self._engine.models.meaning(job.model, job.generaliser, job.taxonomy)

    def predictions(self, job: Job, photos: Sequence[JobPhoto]) -> Predictions:
        """The kept predictions, under the names that the visitor knows."""
        classifier = self._engine.models.worker(job.model).classifier
        label = np.full((len(photos), classifier.kept_labels), -1, np.int32)
        confidence = np.zeros(label.shape, np.float32)
        for row, photo in enumerate(photos):
            kept = photo.labels[: classifier.kept_labels]
            label[row, : len(kept)] = [index for index, _ in kept]
            confidence[row, : len(kept)] = [sure for _, sure in kept]
        return Predictions(
            photo_id=tuple(photo.name for photo in photos),
            user_id=(None,) * len(photos),
            path=tuple(photo.name for photo in photos),
            size=np.array([photo.size for photo in photos], np.int64),
            stamp=np.zeros(len(photos), np.int64),
            digest=tuple(photo.digest for photo in photos),
            error=tuple(photo.error for photo in photos),
            label=label,
            confidence=confidence,
        )

    def _with_words(self, job: Job, profile: Profile, *, sensitive: bool) -> Profile:
        photos = spoken_photos(job, self._engine.store)
        if not photos:
            return profile
        meaning, ontology = self.meaning(job), self._engine.models.ontology(job.taxonomy)
        if meaning.domains != tuple(ontology.taxonomy.domains):
            return profile
        (spoken,) = with_words([profile], photos, ontology, background=meaning.background, hide_sensitive=not sensitive)
        return spoken

    def _build(self, job: Job) -> Profile:
        removed = set(job.removed_photos)
        photos = [photo for photo in self._engine.store.photos(job.id) if photo.done and photo.number not in removed]
        listing = Listing(failures=tuple(Failure(name, error) for name, error in job.failures), skipped=job.skipped)
        (profile,) = profiles_of(
            self.predictions(job, photos),
            self._engine.models.worker(job.model).classifier,
            narrowed(self.meaning(job), job.removed_domains),
            OPTIONS,
            listing,
        )
        marks = {"not_me_domains": len(job.removed_domains), "not_me_pictures": len(job.removed_photos)}
        said = {key: str(number) for key, number in marks.items() if number}
        return replace(profile, provenance={**profile.provenance, **said})


def narrowed(meaning: Meaning, removed: Sequence[str]) -> Meaning:
    """The meaning without domains that the person says are not theirs: the others share what is left."""
    kept = [place for place, domain in enumerate(meaning.domains) if domain.code not in set(removed)]
    if len(kept) == len(meaning.domains) or not kept:
        return meaning
    background = None
    if meaning.background is not None:
        background = meaning.background[kept] / meaning.background[kept].sum()
    return replace(
        meaning,
        domains=tuple(meaning.domains[place] for place in kept),
        matrix=meaning.matrix[:, kept],
        background=background,
    )


def without_sensitive(profile: Profile) -> Profile:
    """The profile without its sensitive domains; shares stay what they are of the whole."""
    domains = tuple(
        replace(domain, rank=rank)
        for rank, domain in enumerate((domain for domain in profile.domains if not domain.sensitive), start=1)
    )
    return replace(profile, domains=domains, provenance={**profile.provenance, "sensitive_domains": "hidden"})
