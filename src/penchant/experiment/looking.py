"""What each network says of the photos: predictions, made or found in the run, in the order of the photos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from penchant.pipeline import Worker, predict
from penchant.profiles.aggregate import KeysSeen, counting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.executors import Executor
    from penchant.pipeline import Recipe
    from penchant.storage import RunDirectory
    from penchant.types import LabelSet, ModelFacts, Photo, Predictions


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """One network's predictions of n photos, as columns.

    Attributes:
        label: [n, k] int32, −1 where there is none.
        confidence: [n, k] float32.
        error: for photos that could not be used, why.
        counted: [n] photos that count: classified, and each picture once a user.
        digest: [n] uint64, equal for equal bytes; 0 where a photo could not be read.
    """

    model: ModelFacts
    label_set: LabelSet
    notes: tuple[str, ...]
    label: NDArray[np.int32]
    confidence: NDArray[np.float32]
    error: dict[int, str]
    counted: NDArray[np.bool_]
    digest: NDArray[np.uint64]

    def select(self, mask: NDArray[np.bool_]) -> Looked:
        """Those of the photos."""
        return replace(
            self,
            label=self.label[mask],
            confidence=self.confidence[mask],
            error={},
            counted=self.counted[mask],
            digest=self.digest[mask],
        )


def look(
    photos: Sequence[Photo],
    owner: NDArray[np.int64],
    recipe: Recipe,
    executor: Executor,
    *,
    run: RunDirectory | None = None,
    known: Sequence[RunDirectory] = (),
    retry_failed: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Looked:
    """Classifies the photos with one network; arguments as `pipeline.predict`.

    Args:
        owner: [photos] the row of each photo's user.
    """
    with Worker(recipe) as worker:
        predictions = predict(
            photos, worker, executor, run=run, known=known, retry_failed=retry_failed, on_progress=on_progress
        )
        classifier = worker.classifier
        return in_order(predictions, photos, owner, classifier.facts, classifier.label_set, classifier.notes)


def in_order(
    predictions: Predictions,
    photos: Sequence[Photo],
    owner: NDArray[np.int64],
    model: ModelFacts,
    label_set: LabelSet,
    notes: tuple[str, ...] = (),
) -> Looked:
    """The predictions in the order of the photos, with what counts sorted out."""
    place = {key: row for row, key in enumerate(zip(predictions.user_id, predictions.photo_id, strict=True))}
    rows = np.fromiter((place[photo.user_id, photo.photo_id] for photo in photos), np.int64, len(photos))
    error = {}
    failed = np.zeros(len(photos), np.bool_)
    for at, row in enumerate(rows):
        reason = predictions.error[row]
        if reason is not None:
            error[at], failed[at] = reason, True
    heads = b"".join(digest[:8].ljust(8, b"\0") for digest in predictions.digest)
    digest = np.frombuffer(heads, np.uint64)[rows]
    return Looked(
        model=model,
        label_set=label_set,
        notes=notes,
        label=predictions.label[rows],
        confidence=predictions.confidence[rows],
        error=error,
        counted=counting(digest, owner, failed, KeysSeen()),
        digest=digest,
    )
