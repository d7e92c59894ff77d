"""What is looked at of jobs' photos: their labels, the small squares that the network saw, and their keywords."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from penchant.types import Photo
from penchant.web.keywords import keywords_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from penchant.pipeline import Worker
    from penchant.web.jobs import JobFiles, JobPhoto, Seen
    from penchant.web.jobs.files import SeenWriter
    from penchant.web.jobs.turns import Share
    from penchant.web.models import Models


class Looker:
    """Looks at photos of jobs; safe to share between threads.

    Args:
        models: the app's.
        files: of the jobs.
    """

    def __init__(self, models: Models, files: JobFiles) -> None:
        self._models = models
        self._files = files

    def look(self, shares: Sequence[Share]) -> list[list[JobPhoto]]:
        """Looks at photos of jobs that use one model, at as many together as that model takes.

        Args:
            shares: of the jobs; one that is stopped meanwhile costs no more than a batch.

        Returns:
            What was found of each share's photos; less of a share that was stopped.
        """
        worker = self._models.worker(shares[0].work.model)
        size = worker.classifier.batch
        found: list[tuple[Share, JobPhoto]] = []
        asked = [one for share in shares for one in self._asked(share)]
        for start in range(0, len(asked), size):
            batch = [one for one in asked[start : start + size] if not one.share.work.stopped]
            found += zip([one.share for one in batch], _looked_at(batch, worker), strict=True)
        return [[photo for whose, photo in found if whose is share] for share in shares]

    def _asked(self, share: Share) -> Iterator[_Asked]:
        job_id = share.work.job_id
        incoming = str(self._files.incoming(job_id))
        small = self._files.seen_writer(job_id)
        for photo in share.photos:
            path = f"{incoming}/{photo.file}"
            here = Photo(str(photo.number), path, photo.member, size=photo.size, stamp=photo.stamp)
            yield _Asked(share, photo, here, small)


class _Asked(NamedTuple):
    """A photo of a job, where it is, and what keeps its square."""

    share: Share
    photo: JobPhoto
    here: Photo
    small: SeenWriter | None


def _looked_at(batch: Sequence[_Asked], worker: Worker) -> list[JobPhoto]:
    """The photos with what was said of them."""
    kept: dict[int, tuple[Seen | None, tuple[str, ...]]] = {}

    def keep(row: int, data: bytes, square: NDArray[np.uint8]) -> None:
        one = batch[row]
        seen = None if one.small is None else one.small.add(square)
        kept[row] = seen, keywords_of(data) if one.share.work.keywords else ()

    said = worker.run([one.here for one in batch], on_picture=keep)
    photos = []
    for row, one in enumerate(batch):
        labels = zip(said.label[row].tolist(), said.confidence[row].tolist(), strict=True)
        seen, keywords = kept.get(row, (None, ()))
        photos.append(
            replace(
                one.photo,
                done=True,
                error=said.error[row],
                digest=said.digest[row],
                labels=tuple((index, confidence) for index, confidence in labels if index >= 0),
                keywords=keywords,
                seen=seen,
            )
        )
    return photos
