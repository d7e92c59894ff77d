"""One thread's look at photos of jobs: their labels, the small squares that the network saw, and their keywords."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from penchant.sources import Limits, PictureReader
from penchant.types import Photo
from penchant.web.keywords import keywords_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from penchant.types import Predictions
    from penchant.web.jobs import JobFiles, JobPhoto, Seen
    from penchant.web.jobs.turns import Share
    from penchant.web.models import Models


class Looker:
    """Looks at photos; a context manager that keeps archives open, one in each thread.

    Args:
        models: the app's.
        files: of the jobs.
        max_file_bytes: of one picture.
    """

    def __init__(self, models: Models, files: JobFiles, *, max_file_bytes: int) -> None:
        self._models = models
        self._files = files
        self._reader = PictureReader(limits=Limits(max_file_bytes=max_file_bytes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def release_gone(self) -> None:
        """Lets go of archives whose jobs have ended."""
        self._models.release_gone()
        self._reader.release_gone()

    def look(self, shares: Sequence[Share]) -> list[list[JobPhoto]]:
        """Looks at photos of jobs that use one model, at as many together as that model takes.

        Args:
            shares: of the jobs; one that is stopped meanwhile costs no more than a batch.

        Returns:
            What was found of each share's photos; less of a share that was stopped.
        """
        worker = self._models.worker(shares[0].work.model)
        found: list[list[JobPhoto]] = [[] for _ in shares]
        with ExitStack() as open_files:
            small = [
                open_files.enter_context(self._files.keeping_seen(share.work.job_id, share.photos[0].number))
                for share in shares
            ]
            asked = [(place, photo) for place, share in enumerate(shares) for photo in share.photos]
            for start in range(0, len(asked), worker.classifier.batch):
                batch = [
                    (place, photo)
                    for place, photo in asked[start : start + worker.classifier.batch]
                    if not shares[place].work.stopped
                ]
                here = [self._photo(shares[place], photo) for place, photo in batch]
                words = [self._keywords(shares[place], photo) for (place, _), photo in zip(batch, here, strict=True)]

                def keep_square(row: int, square: NDArray[np.uint8], batch: list[tuple[int, JobPhoto]] = batch) -> None:
                    place, photo = batch[row]
                    small[place].add(photo.number, square)

                predictions = worker.run(here, on_square=keep_square)
                for row, (place, photo) in enumerate(batch):
                    seen = small[place].places.get(photo.number)
                    found[place].append(_found(photo, predictions, row, words[row], seen))
        return found

    def _photo(self, share: Share, photo: JobPhoto) -> Photo:
        path = self._files.incoming(share.work.job_id) / photo.file
        return Photo(str(photo.number), str(path), photo.member, size=photo.size, stamp=photo.stamp)

    def _keywords(self, share: Share, photo: Photo) -> tuple[str, ...]:
        return keywords_of(photo, self._reader) if share.work.keywords else ()


def _found(
    photo: JobPhoto, predictions: Predictions, row: int, keywords: tuple[str, ...], seen: Seen | None
) -> JobPhoto:
    """The photo with what was said of it."""
    labels = zip(predictions.label[row].tolist(), predictions.confidence[row].tolist(), strict=True)
    return replace(
        photo,
        done=True,
        error=predictions.error[row],
        digest=predictions.digest[row],
        labels=tuple((index, confidence) for index, confidence in labels if index >= 0),
        keywords=keywords,
        seen=None if predictions.error[row] else seen,
    )
