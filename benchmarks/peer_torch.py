"""A peer: ResNet-50 in PyTorch with a DataLoader, on the same files, against Penchant; prints JSON.

    pip install torch        # the CPU build; only this script needs it
    python benchmarks/peer_torch.py --pictures DIR [--count 128] [--workers 2] [--rounds 2]

The usual recipe: shorter side to 256, centre crop of 224, float32, mean and standard deviation of ImageNet, batches of
32, as many loader processes as cores. The weights are random: they don't change the speed.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from penchant.executors import ThreadExecutor, usable_cores
from penchant.pipeline import Recipe, Worker, collect, predict

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)


class Bottleneck(nn.Module):  # type: ignore[misc]
    """The residual block of He and others 2015, table 1, 50 layers (stride in the 3 × 3 convolution)."""

    def __init__(self, inner: int, outer: int, width: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.Conv2d(width, outer, 1, bias=False), nn.BatchNorm2d(outer),
        )  # fmt: skip
        same = inner == outer and stride == 1
        self.shortcut = nn.Identity() if same else nn.Sequential(
            nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """[n, inner, h, w] → [n, outer, h / stride, w / stride]."""
        return torch.relu(self.body(x) + self.shortcut(x))


def resnet50() -> nn.Module:
    """ResNet-50 with random weights, in evaluation mode."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
    ]  # fmt: skip
    inner = 64
    for width, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for place in range(blocks):
            layers.append(Bottleneck(inner, 4 * width, width, stride if place == 0 else 1))
            inner = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inner, 1000)).eval()


class Files(Dataset[Tensor]):  # type: ignore[misc]
    """Pictures as the network wants them, [3, 224, 224]."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Tensor:
        with Image.open(self.paths[index]) as image:
            rgb = image.convert("RGB")
        scale = 256 / min(rgb.size)
        rgb = rgb.resize((round(rgb.width * scale), round(rgb.height * scale)), Image.Resampling.BILINEAR)
        left, top = (rgb.width - 224) // 2, (rgb.height - 224) // 2
        pixels = np.asarray(rgb.crop((left, top, left + 224, top + 224)), np.float32) / 255
        return torch.from_numpy(((pixels - _MEAN) / _STD).transpose(2, 0, 1).copy())


def main() -> None:
    """Measures both, turn by turn, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--count", type=int, default=128)
    parser.add_argument("--workers", type=int, default=usable_cores())
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    photos = collect([str(arguments.pictures)]).listing.photos
    some = [photo.path for photo in photos[: arguments.count]]
    torch.set_num_threads(usable_cores())
    model = resnet50()
    best = {"peer": 0.0, "penchant": 0.0}
    with Worker(Recipe()) as worker:
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            loader = DataLoader(Files(some), batch_size=32, num_workers=arguments.workers)
            with torch.inference_mode():
                for batch in loader:
                    model(batch).softmax(1)
            best["peer"] = max(best["peer"], len(some) / (time.perf_counter() - start))
            start = time.perf_counter()
            predict(photos, worker, ThreadExecutor(usable_cores()))
            best["penchant"] = max(best["penchant"], len(photos) / (time.perf_counter() - start))
    ratio = best["penchant"] / best["peer"]
    print(json.dumps({"per_second": {k: round(v, 1) for k, v in best.items()}, "ratio": round(ratio, 1)}, indent=2))


if __name__ == "__main__":
    main()
