"""Measures the background: how much each label weighs in a typical collection of photos.

    python tools/build_background.py --half COLLECTIONS... --half COLLECTIONS... --output src/penchant/data/background

Each --half is a list of collections (folders, or tables with a column `theme`, whose themes are one collection each).
Collections weigh the same within their half, halves weigh the same in the whole. The result, a table of the label
set's classes with their weight by `mass` and by `count`, is data of the package; its README says what was measured.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from penchant.executors import ThreadExecutor, usable_cores
from penchant.pipeline import Recipe, Worker, collect, predict
from penchant.profiles import Adding, sort_out
from penchant.types import Aggregation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.types import LabelSet, Photo, Predictions


def main() -> None:
    """Measures and writes `<label set>.tsv`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", action="append", nargs="+", required=True, metavar="COLLECTION")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    with Worker(Recipe()) as worker:
        label_set = worker.classifier.label_set
        halves = [_half(names, worker) for names in arguments.half]
    columns = {how: np.mean([half[how] for half in halves], axis=0) for how in Aggregation}
    _write(arguments.output / f"{label_set.name}.tsv", label_set, columns)


def _half(names: list[str], worker: Worker) -> dict[Aggregation, NDArray[np.float64]]:
    weights: dict[Aggregation, list[NDArray[np.float64]]] = defaultdict(list)
    for name in names:
        for theme, photos in _collections(name).items():
            used = sort_out(predict(photos, worker, ThreadExecutor(usable_cores()))).used
            print(f"{name} {theme}: {len(used)} photos", file=sys.stderr)
            for how in Aggregation:
                weights[how].append(_label_weights(used, len(worker.classifier.label_set.classes), how))
    return {how: np.mean(vectors, axis=0) for how, vectors in weights.items()}


def _collections(name: str) -> dict[str, list[Photo]]:
    """The photos of a source, by theme where its table has such a column."""
    photos = collect([name]).listing.photos
    themes: dict[str, str] = {}
    if name.endswith(".csv"):
        with Path(name).open(encoding="utf-8", newline="") as file:
            themes = {row["photo_id"]: row.get("theme", "") for row in csv.DictReader(file)}
    grouped: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        grouped[themes.get(photo.photo_id, "")].append(photo)
    return grouped


def _label_weights(used: Predictions, classes: int, how: Aggregation) -> NDArray[np.float64]:
    """[classes], summing to 1: the labels' weights before any domain is known."""
    adding = Adding(aggregation=how)
    depth = adding.top_k if how is Aggregation.MASS else 1
    label, confidence = used.label[:, :depth], used.confidence[:, :depth].astype(np.float64)
    if how is Aggregation.MASS:
        counted = confidence >= adding.min_confidence
        amount = confidence[counted]
    else:
        counted = label >= 0
        amount = np.ones(int(counted.sum()))
    weights = np.bincount(label[counted], amount, minlength=classes)
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _write(path: Path, label_set: LabelSet, columns: dict[Aggregation, NDArray[np.float64]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(["index", "wnid", *columns]) + "\n")
        for label in label_set.classes:
            numbers = [f"{column[label.index]:.8f}" for column in columns.values()]
            file.write("\t".join([str(label.index), label.synset or "", *numbers]) + "\n")


if __name__ == "__main__":
    main()
