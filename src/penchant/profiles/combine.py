"""Putting predictions together: the union of sets of photos, so that parts make the whole however they were cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.types import Duplicate, Failure, Predictions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def concatenate(parts: Sequence[Predictions]) -> Predictions:
    """The rows of all parts, one after another.

    Raises:
        UsageError: when the parts keep different numbers of labels, so come from different classifiers.
    """
    filled = [part for part in parts if len(part)]
    widths = {part.label.shape[1] for part in filled}
    if len(widths) > 1:
        raise UsageError(f"predictions of different classifiers can't be put together: {sorted(widths)} labels each")
    if not filled:
        return parts[0] if parts else select(_EMPTY, ())
    if len(filled) == 1:
        return filled[0]
    return Predictions(
        photo_id=tuple(name for part in filled for name in part.photo_id),
        user_id=tuple(user for part in filled for user in part.user_id),
        path=tuple(path for part in filled for path in part.path),
        size=np.concatenate([part.size for part in filled]),
        stamp=np.concatenate([part.stamp for part in filled]),
        digest=tuple(digest for part in filled for digest in part.digest),
        error=tuple(error for part in filled for error in part.error),
        label=np.concatenate([part.label for part in filled]),
        confidence=np.concatenate([part.confidence for part in filled]),
    )


def select(predictions: Predictions, rows: Iterable[int]) -> Predictions:
    """Some of the rows, in the order given."""
    index = list(rows)
    take = np.array(index, np.int64)
    return Predictions(
        photo_id=tuple(predictions.photo_id[i] for i in index),
        user_id=tuple(predictions.user_id[i] for i in index),
        path=tuple(predictions.path[i] for i in index),
        size=predictions.size[take],
        stamp=predictions.stamp[take],
        digest=tuple(predictions.digest[i] for i in index),
        error=tuple(predictions.error[i] for i in index),
        label=predictions.label[take],
        confidence=predictions.confidence[take],
    )


def merge(parts: Sequence[Predictions]) -> Predictions:
    """The union of the parts, in the order of user and photo.

    A photo that stands in several parts counts once; where it failed in one and not in another, it did not fail. So
    the operation is associative, commutative and idempotent: any cutting of a collection gives the same whole.

    Raises:
        UsageError: as `concatenate`.
    """
    whole = concatenate(parts)
    order = sorted(
        range(len(whole)),
        key=lambda i: (
            whole.user_id[i] is not None, whole.user_id[i] or "", whole.photo_id[i],
            whole.error[i] is not None, whole.digest[i],
            whole.error[i] or "", int(whole.stamp[i]), int(whole.size[i]), whole.path[i],
        ),
    )  # fmt: skip
    kept: list[int] = []
    for i in order:
        if kept and _same_photo(whole, kept[-1], i):
            continue
        kept.append(i)
    return select(whole, kept)


def _same_photo(predictions: Predictions, i: int, j: int) -> bool:
    return (predictions.photo_id[i], predictions.user_id[i]) == (
        predictions.photo_id[j],
        predictions.user_id[j],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """One person's photos, sorted into those that count and those that don't.

    Attributes:
        used: photos that were classified, each picture once.
        duplicates: photos with the same bytes as one of those.
        failures: photos that could not be classified.
    """

    used: Predictions
    duplicates: tuple[Duplicate, ...]
    failures: tuple[Failure, ...]


def sort_out(predictions: Predictions) -> Sorted:
    """Separates duplicates and failures; among equal bytes the first photo in order of name is the one that counts."""
    whole = merge([predictions])
    first: dict[bytes, int] = {}
    used: list[int] = []
    duplicates: list[Duplicate] = []
    failures: list[Failure] = []
    for i, error in enumerate(whole.error):
        if error is not None:
            failures.append(Failure(whole.photo_id[i], error))
        elif whole.digest[i] in first:
            duplicates.append(Duplicate(whole.photo_id[i], same_as=whole.photo_id[first[whole.digest[i]]]))
        else:
            first[whole.digest[i]] = i
            used.append(i)
    return Sorted(select(whole, used), tuple(duplicates), tuple(failures))


_EMPTY = Predictions(
    photo_id=(), user_id=(), path=(), size=np.zeros(0, np.int64), stamp=np.zeros(0, np.int64), digest=(), error=(),
    label=np.zeros((0, 0), np.int32), confidence=np.zeros((0, 0), np.float32),
)  # fmt: skip
