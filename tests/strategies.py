"""A small world of labels, domains and photos, and strategies that draw predictions from it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from penchant.profiles import Adding, Meaning, ProfileOptions, build_profile, select
from penchant.types import (
    Aggregation,
    Domain,
    LabelClass,
    LabelSet,
    ModelFacts,
    Predictions,
    Profile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WIDTH = 3
"""Labels kept a photo."""

DOMAINS = (
    Domain("ANIMALS", "Animals"),
    Domain("FOOD", "Food and drink"),
    Domain("HEALTH", "Health", sensitive=True),
    Domain("SPORT", "Sport"),
)
LABELS = LabelSet(
    "tiny",
    tuple(
        LabelClass(i, name, f"n{i:08}", (name,))
        for i, name in enumerate(("cat", "fish dish", "pill", "surfing dog", "thing", "ball"))
    ),
)
MATRIX = np.array(
    [
        [1.0, 0.0, 0.0, 0.0],  # cat
        [0.25, 0.75, 0.0, 0.0],  # fish dish
        [0.0, 0.0, 1.0, 0.0],  # pill
        [1 / 3, 0.0, 0.0, 2 / 3],  # surfing dog
        [0.0, 0.0, 0.0, 0.0],  # thing: no domain
        [0.0, 0.0, 0.0, 1.0],  # ball
    ]
)
BACKGROUND = np.array([0.4, 0.3, 0.1, 0.2])
MODEL = ModelFacts("tiny-model", "ab" * 32, "tiny")


@dataclass(frozen=True)
class Row:
    """One photo's prediction, written by hand: labels are pairs of class index and confidence."""

    photo_id: str
    labels: tuple[tuple[int, float], ...] = ()
    digest: bytes | None = None
    error: str | None = None
    user_id: str | None = None
    size: int = 100
    stamp: int = 1


def predictions_of(rows: Sequence[Row]) -> Predictions:
    """The rows as columns; where no digest is given, the name stands for the bytes."""
    label = np.full((len(rows), WIDTH), -1, np.int32)
    confidence = np.zeros((len(rows), WIDTH), np.float32)
    for i, row in enumerate(rows):
        for j, (index, sure) in enumerate(row.labels):
            label[i, j], confidence[i, j] = index, sure
    return Predictions(
        photo_id=tuple(row.photo_id for row in rows),
        user_id=tuple(row.user_id for row in rows),
        path=tuple(f"/pictures/{row.photo_id}" for row in rows),
        size=np.array([row.size for row in rows], np.int64),
        stamp=np.array([row.stamp for row in rows], np.int64),
        digest=tuple(row.photo_id.encode() if row.digest is None else row.digest for row in rows),
        error=tuple(row.error for row in rows),
        label=label,
        confidence=confidence,
    )


def profile_of(
    predictions: Predictions,
    *,
    aggregation: Aggregation = Aggregation.MASS,
    top_k: int = WIDTH,
    min_confidence: float = 0.0,
    background: NDArray[np.float64] | None = BACKGROUND,
    minimum_photos: int = 2,
    evidence: int = 4,
    rank_by: str = "share",
    hide_sensitive: bool = False,
) -> Profile:
    """The profile of predictions in the small world."""
    return build_profile(
        predictions,
        label_set=LABELS,
        model=MODEL,
        meaning=Meaning("by-hand", "four", DOMAINS, MATRIX, background),
        options=ProfileOptions(
            Adding(aggregation, top_k, min_confidence),
            minimum_photos=minimum_photos,
            evidence=evidence,
            rank_by=rank_by,
            hide_sensitive=hide_sensitive,
        ),
    )


def as_rows(predictions: Predictions) -> list[tuple[object, ...]]:
    """Everything that predictions hold, to compare to the last bit."""
    return [
        (
            predictions.photo_id[i],
            predictions.user_id[i],
            predictions.path[i],
            int(predictions.size[i]),
            int(predictions.stamp[i]),
            predictions.digest[i],
            predictions.error[i],
            predictions.label[i].tobytes(),
            predictions.confidence[i].tobytes(),
        )
        for i in range(len(predictions))
    ]


CONFIDENCES = st.floats(0, 1, width=32)
AGGREGATIONS = st.sampled_from(list(Aggregation))


@st.composite
def label_lists(draw: st.DrawFn) -> tuple[tuple[int, float], ...]:
    """Up to WIDTH different labels, most probable first."""
    indices = draw(st.lists(st.integers(0, len(LABELS.classes) - 1), unique=True, min_size=1, max_size=WIDTH))
    sure = sorted(draw(st.lists(CONFIDENCES, min_size=len(indices), max_size=len(indices))), reverse=True)
    return tuple(zip(indices, sure, strict=True))


@st.composite
def row_lists(draw: st.DrawFn, *, users: bool = False, max_size: int = 24) -> list[Row]:
    """Rows of a collection: equal bytes have equal labels; a photo may stand there twice, failed or changed."""
    pictures = draw(st.lists(label_lists(), min_size=1, max_size=8))
    people: st.SearchStrategy[str | None] = st.sampled_from([None, "", "ann", "bob"]) if users else st.none()

    def row(name: str, picture: int, error: str | None, user: str | None) -> Row:
        return Row(
            photo_id=name,
            labels=() if error else pictures[picture],
            digest=b"" if error == "empty file" else f"picture {picture}".encode(),
            error=error,
            user_id=user,
            size=100 + picture,
            stamp=1000 + picture,
        )

    return draw(
        st.lists(
            st.builds(
                row,
                st.sampled_from(["a.jpg", "b.jpg", "c.jpg", "é ü.jpg", "d/e.jpg", "f", "\\xff.jpg", "g.png", "h", "i"]),
                st.integers(0, len(pictures) - 1),
                st.sampled_from([None, None, None, "empty file", "truncated JPEG: the file ends too early"]),
                people,
            ),
            max_size=max_size,
        )
    )


def cut(predictions: Predictions, places: Sequence[int]) -> list[Predictions]:
    """The rows cut at the places given."""
    edges = [0, *sorted(places), len(predictions)]
    return [select(predictions, range(start, end)) for start, end in itertools.pairwise(edges)]
