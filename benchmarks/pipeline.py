"""How close the whole pipeline comes to its ideal, 1 / (1/decode + 1/infer), on the same pictures and cores.

    python benchmarks/pipeline.py --pictures DIR [--megapixels 12] [--count 1200] [--threads 2] [--rounds 3]

Each round measures decoding alone (reading included), inference alone, and the whole (listing, reading, hashing,
decoding, inference, profile), one after the other, so that all three meet the same noise; the best of the rounds
counts for each. Prints JSON.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from penchant.executors import ThreadExecutor, usable_cores
from penchant.pipeline import Recipe, Worker, collect, predict, profiles_of, understand
from penchant.profiles import ProfileOptions
from penchant.recognition import DecodeLimits, Decoder
from penchant.semantics import OntologyGeneraliser
from penchant.types import Listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penchant.types import Photo


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--megapixels", type=float, help="enlarge the pictures to this size first (JPEG, quality 90)")
    parser.add_argument("--count", type=int, default=1200, help="pictures a measurement (repeated if there are fewer)")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.pictures
        if arguments.megapixels:
            enlarge(Path(source), Path(folder), arguments.megapixels)
            source = folder
        print(json.dumps(measure(source, arguments.count, arguments.threads, arguments.rounds), indent=2))


def enlarge(source: Path, target: Path, megapixels: float, most: int = 48) -> None:
    """Writes some of the pictures again at a given size, with a little grain so that they compress like photos."""
    rng = np.random.default_rng(0)
    for path in itertools.islice(sorted(source.iterdir()), most):
        with Image.open(path) as image:
            scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
            size = (round(image.width * scale), round(image.height * scale))
            large = np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
        grainy = np.clip(large + rng.integers(-6, 7, large.shape, dtype=np.int16), 0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(target / f"{path.stem}.jpg", quality=90)


def measure(source: str, count: int, threads: int, rounds: int) -> dict[str, object]:
    """Rates in pictures a second, and the ratio of the whole to the ideal."""
    executor = ThreadExecutor(threads)
    photos = repeated(collect([source]).listing.photos, count)
    best = dict.fromkeys(("decode", "infer", "whole"), 0.0)
    with Worker(Recipe()) as worker:
        decoder, classifier = Decoder(DecodeLimits()), worker.classifier
        batches = [photos[i : i + classifier.batch] for i in range(0, len(photos), classifier.batch)]
        squares = [decoder.square(Path(p.path).read_bytes(), side=classifier.side, resize=classifier.resize)
                   for p in photos[: classifier.batch]]  # fmt: skip
        pixels = np.stack(squares)
        options = ProfileOptions()
        meaning = understand(classifier.label_set, OntologyGeneraliser.load(), options)

        def decode(batch: Sequence[Photo]) -> None:
            for photo in batch:
                decoder.square(Path(photo.path).read_bytes(), side=classifier.side, resize=classifier.resize)

        def whole() -> None:
            collect([source])
            profiles_of(predict(photos, worker, executor), classifier, meaning, options, Listing(tuple(photos)))

        for _ in range(rounds):
            for name, work in {
                "decode": lambda: list(executor.map(decode, batches)),
                "infer": lambda: list(executor.map(classifier.classify, [pixels] * len(batches))),
                "whole": whole,
            }.items():
                best[name] = max(best[name], len(photos) / seconds(work))
                print(f"{name}: {best[name]:.0f}/s", file=sys.stderr)
    ideal = 1 / (1 / best["decode"] + 1 / best["infer"])
    return {
        "pictures": len(photos),
        "bytes_a_picture": round(sum(photo.size for photo in photos) / len(photos)),
        "threads": threads,
        "per_second": {name: round(rate, 1) for name, rate in best.items()},
        "ideal_per_second": round(ideal, 1),
        "whole_to_ideal": round(best["whole"] / ideal, 3),
    }


def repeated(photos: Sequence[Photo], count: int) -> list[Photo]:
    """`count` photos: the given ones, over and over under new names."""
    cycle = itertools.islice(itertools.cycle(photos), count)
    return [replace(photo, photo_id=f"{place}:{photo.photo_id}") for place, photo in enumerate(cycle)]


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
