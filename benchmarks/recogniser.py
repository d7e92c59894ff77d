"""How right and how fast a recogniser's ONNX file is, as JSON on standard output.

    python benchmarks/recogniser.py --pictures DIR [MODEL.onnx ...]

DIR holds pictures named by what they show: `n02101006_anything.jpeg`. A model takes uint8 RGB pixels [N,224,224,3] (its
graph normalises them) and gives probabilities [N,1000] first; without one, the embedded model is measured. Models
are timed in turns, and each one's best turn counts: on a busy machine read the rates as ratios.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before the import, which would begin to report
import onnxruntime as ort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIDE, RESIZED = 224, 256
BINS = 15
DATA = Path(__file__).parents[1] / "src/penchant/data"
EMBEDDED = DATA / "models/efficientnet-lite0-int8.onnx"
LABELS = DATA / "labels/imagenet-1k.tsv"


def square(path: Path) -> NDArray[np.uint8]:
    """The centred square of a picture, 224/256 of its shorter side, [224, 224, 3] RGB."""
    with Image.open(path) as picture:
        width, height = picture.size
        side = min(width, height) * SIDE / RESIZED
        box = ((width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2)
        return np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box))


def wilson(hits: int, total: int, z: float = 1.96) -> dict[str, float]:
    """A share and its Wilson 95 % interval, in per cent."""
    share = hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 100 / (1 + z * z / total)
    return {
        "percent": round(100 * share, 2),
        "low": round(scale * (middle - spread), 2),
        "high": round(scale * (middle + spread), 2),
    }


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The expected calibration error: how far confidences are from the share that is right, in 15 equal bins.

    ECE = Σ over bins of |right − confidence| in the bin, weighted by the bin's share of the pictures
    (Guo et al. 2017, arXiv:1706.04599).
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return float(sum(abs((right[bins == b] - confidence[bins == b]).sum()) for b in range(BINS)) / len(right))


def tempered(probabilities: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Probabilities as if the logits had been divided by a temperature: below 1 they get surer."""
    logits = np.log(np.maximum(probabilities, 1e-12)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def best_temperature(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """The temperature with the least mean negative log likelihood, to 0.01."""
    grid = np.arange(0.4, 2.01, 0.01)
    rows = np.arange(len(truth))
    losses = [-np.log(np.maximum(tempered(probabilities, t)[rows, truth], 1e-12)).mean() for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 2)


def accuracy(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> dict[str, Any]:
    """Top-1, top-5, and how far the confidences can be believed."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    right = order[:, 0] == truth
    total = len(truth)
    confidence = probabilities.max(axis=1)
    halves = [np.arange(total) % 2 == half for half in (0, 1)]
    temperatures = [best_temperature(probabilities[half], truth[half]) for half in halves]
    # Each half is mended by the temperature that the other one asks for.
    mended = np.empty(total)
    for half, temperature in zip(halves, reversed(temperatures), strict=True):
        mended[half] = tempered(probabilities[half], temperature).max(axis=1)
    return {
        "top1": wilson(int(right.sum()), total),
        "top5": wilson(int((order[:, :5] == truth[:, None]).any(axis=1).sum()), total),
        "mean_confidence": round(float(confidence.mean()), 4),
        "calibration_error": round(calibration_error(confidence, right), 4),
        "temperature": best_temperature(probabilities, truth),
        "temperature_of_each_half": temperatures,
        "calibration_error_with_the_other_halfs_temperature": round(calibration_error(mended, right), 4),
    }


class Model:
    """A model in a session of one core a call."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        started = time.perf_counter()
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.load_seconds = time.perf_counter() - started
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Probabilities [N, 1000]."""
        return np.asarray(self._session.run([self._output], {self._input: pictures})[0], np.float64)

    def rate(self, pictures: NDArray[np.uint8], *, batch: int, threads: int) -> float:
        """Pictures a second when so many threads take batches from one queue."""
        batches = iter([pictures[start : start + batch] for start in range(0, len(pictures), batch)])
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    taken = next(batches, None)
                if taken is None:
                    return
                self(taken)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        started = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return len(pictures) / (time.perf_counter() - started)


def measure(paths: Sequence[Path], folder: Path, *, batch: int, threads: int, rounds: int) -> dict[str, Any]:
    """Accuracy and speed of each model on the pictures of a folder."""
    wnids = [line.split("\t")[1] for line in LABELS.read_text("utf-8").splitlines() if line[:1].isdigit()]
    index = {wnid: position for position, wnid in enumerate(wnids)}
    files = sorted(path for path in folder.iterdir() if path.name.split("_")[0] in index)
    if not files:
        raise SystemExit(f"{folder} holds no picture named after a class, such as n02101006_1.jpeg")
    truth = np.array([index[path.name.split("_")[0]] for path in files])
    pictures = np.stack([square(path) for path in files])
    models = {str(path): Model(path) for path in paths}
    results: dict[str, Any] = {}
    for path, model in models.items():
        chunks = [model(pictures[start : start + batch]) for start in range(0, len(files), batch)]
        content = Path(path).read_bytes()
        results[path] = {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "load_seconds": round(model.load_seconds, 3),
            **accuracy(np.concatenate(chunks), truth),
        }
    timed = pictures[: 12 * batch]
    rates: dict[str, list[float]] = {path: [] for path in models}
    for _ in range(rounds):
        for path, model in models.items():
            rates[path].append(model.rate(timed, batch=batch, threads=threads))
    for path, seen in rates.items():
        results[path]["pictures_per_second"] = {
            "best": round(max(seen), 1),
            "median": round(float(np.median(seen)), 1),
        }
    return {"pictures": len(files), "batch": batch, "threads": threads, "models": results}


def main() -> None:
    """Measure the models named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", type=Path, nargs="*", default=[EMBEDDED], metavar="MODEL.onnx")
    parser.add_argument("--pictures", type=Path, required=True, metavar="DIR", help="pictures named by wnid")
    parser.add_argument("--batch", type=int, default=8, help="pictures a call (%(default)s)")
    parser.add_argument("--threads", type=int, default=2, help="threads that call at once (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each model (%(default)s)")
    options = parser.parse_args()
    result = measure(
        options.models, options.pictures, batch=options.batch, threads=options.threads, rounds=options.rounds
    )
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
