"""Small made-up worlds for experiments: users with photos, tags, and predictions that a run already holds.

The pictures are files that no decoder could read: nothing looks at them, as the run knows what a network said.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.pipeline import Recipe, Worker
from penchant.storage import open_run
from penchant.types import ModelFacts, Predictions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

THEMES: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "pets": ((281, 282, 283, 207, 208), ("dog", "kitten", "puppy", "wildlife")),
    "food": ((963, 934, 933, 928), ("dinner", "pizza", "cheese", "cooking")),
    "cars": ((817, 609, 705, 511), ("car", "motorbike", "traffic", "road trip")),
    "music": ((402, 546, 889, 579), ("concert", "guitar", "violin", "band")),
    "sport": ((430, 768, 805, 852), ("football", "stadium", "tennis", "athlete")),
    "faith": ((663, 497, 668), ("church", "priest", "prayer", "temple")),
}
"""Classes of ImageNet, and what people call such pictures."""

NOISE = ("Canon", "macro", "the", "asdkjh", "red")


@dataclass(frozen=True)
class World:
    """Where it is: a table of photos, and a run with predictions of all of them."""

    folder: Path
    table: Path
    run: Path


@dataclass(frozen=True)
class Row:
    """One photo."""

    user: str
    photo: str
    theme: str
    tags: tuple[str, ...]
    label: tuple[int, ...]


def rows_of(users: int, photos: int, *, seed: int = 0) -> list[Row]:
    """Users with two or three themes each; every photo shows one, and half have the tag sky, which no label shows."""
    rng = random.Random(seed)
    names = list(THEMES)
    rows = []
    for user in range(users):
        mine = rng.sample(names, rng.choice((2, 3)))
        for photo in range(photos):
            theme = rng.choice(mine)
            labels, words = THEMES[theme]
            tags = [*rng.sample(words, 2), *(["sky"] if rng.random() < 0.5 else []), rng.choice(NOISE)]
            label = (rng.choice(labels), *rng.sample(range(4, 1000, 25), 3))
            rows.append(Row(f"user-{user:02}", f"{user:02}-{photo:03}", theme, tuple(tags), label))
    return rows


def make_world(folder: Path, rows: Sequence[Row], *, columns: Sequence[str] = ("theme",)) -> World:
    """Writes the pictures, the table (CSV) and the run."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    table = folder / "table.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["user_id", "photo_id", "path", "tags", *columns])
        for row in rows:
            (pictures / f"{row.photo}.jpg").write_bytes(row.photo.encode())
            extra = [getattr(row, column) for column in columns]
            writer.writerow([row.user, row.photo, f"pictures/{row.photo}.jpg", "; ".join(row.tags), *extra])
    remember(folder / "run", pictures, rows)
    return World(folder, table, folder / "run")


def remember(run: Path, pictures: Path, rows: Sequence[Row]) -> None:
    """Writes a run that holds what the embedded network said of the pictures."""
    made_by = embedded()
    status = [(pictures / f"{row.photo}.jpg").stat() for row in rows]
    label = np.full((len(rows), 10), -1, np.int32)
    confidence = np.zeros((len(rows), 10), np.float32)
    for place, row in enumerate(rows):
        label[place, : len(row.label)] = row.label
        confidence[place, : len(row.label)] = (0.6, 0.1, 0.06, 0.04)[: len(row.label)]
    predictions = Predictions(
        photo_id=tuple(row.photo for row in rows),
        user_id=tuple(row.user for row in rows),
        path=tuple(str(pictures / f"{row.photo}.jpg") for row in rows),
        size=np.array([one.st_size for one in status], np.int64),
        stamp=np.array([one.st_mtime_ns for one in status], np.int64),
        digest=tuple(hashlib.sha256(row.photo.encode()).digest() for row in rows),
        error=(None,) * len(rows),
        label=label,
        confidence=confidence,
    )
    with open_run(run) as open_:
        open_.add_predictions(predictions, made_by.recipe, {}, circumstances=made_by.circumstances)


@dataclass(frozen=True)
class MadeBy:
    """What a run must say of predictions so that they are found again."""

    recipe: str
    circumstances: str
    model: ModelFacts


@functools.cache
def embedded() -> MadeBy:
    """Of the embedded network."""
    with Worker(Recipe()) as worker:
        return MadeBy(worker.recipe_key, worker.circumstances, worker.classifier.facts)
