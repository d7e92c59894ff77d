"""Whether 95 % intervals hold the truth 95 times in 100: samples of photos against the population they come from.

    python benchmarks/intervals.py --pictures SOURCE [--samples 300]

The population is every photo of the source; its shares are the truth. Samples of n photos are drawn from it with
replacement, and the intervals of their ten largest domains are checked, beside those of an ordinary bootstrap over
photos. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import numpy as np

from penchant.executors import ThreadExecutor, usable_cores
from penchant.pipeline import Recipe, Worker, collect, predict, understand
from penchant.profiles import ProfileOptions, sort_out
from penchant.profiles.interval import share_interval
from penchant.profiles.weights import Contributions, contributions
from penchant.semantics import OntologyGeneraliser

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOP = 10


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", required=True)
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    weights, prior = population(arguments.pictures)
    rng = np.random.default_rng(arguments.seed)
    rows = [coverage(weights, prior, photos, arguments.samples, rng) for photos in (20, 50, 100, 300, 1000)]
    print(json.dumps({"population": len(weights), "intervals": rows}, indent=2))


def population(source: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[photos, domains] weights, and the background."""
    options = ProfileOptions()
    with Worker(Recipe()) as worker:
        used = sort_out(predict(collect([source]).listing.photos, worker, ThreadExecutor(usable_cores()))).used
        meaning = understand(worker.classifier.label_set, OntologyGeneraliser.load(), options)
    given = contributions(used, meaning.matrix, options.adding)
    weights = np.zeros((len(used), len(meaning.domains)))
    np.add.at(weights, (given.photo, given.domain), given.weight)
    assert meaning.background is not None
    return weights, meaning.background


def coverage(
    weights: NDArray[np.float64], prior: NDArray[np.float64], photos: int, samples: int, rng: np.random.Generator
) -> dict[str, float]:
    """How often, and how widely, each kind of interval holds the population's share."""
    truth = weights.sum(axis=0) / weights.sum()
    hits: dict[str, list[bool]] = {"penchant": [], "bootstrap": []}
    widths: dict[str, list[float]] = {"penchant": [], "bootstrap": []}
    for _ in range(samples):
        sample = weights[rng.integers(0, len(weights), photos)]
        totals = sample.sum(axis=0)
        top = np.argsort(-totals)[:_TOP]
        draws = rng.multinomial(photos, np.full(photos, 1 / photos), 200) @ sample
        shares = draws / draws.sum(axis=1, keepdims=True)
        for name, (low, high) in {
            "penchant": share_interval(_sparse(sample), prior),
            "bootstrap": (np.quantile(shares, 0.025, axis=0), np.quantile(shares, 0.975, axis=0)),
        }.items():
            hits[name].extend(((low <= truth) & (truth <= high))[top].tolist())
            widths[name].extend((high - low)[top].tolist())
    result: dict[str, float] = {"photos": photos}
    for name, held in hits.items():
        result[f"{name}_coverage"] = round(float(np.mean(held)), 3)
        result[f"{name}_width"] = round(float(np.mean(widths[name])), 4)
    return result


def _sparse(weights: NDArray[np.float64]) -> Contributions:
    photo, domain = np.nonzero(weights)
    return Contributions(photo, np.zeros_like(photo), domain, weights[photo, domain], lost=0.0)


if __name__ == "__main__":
    main()
