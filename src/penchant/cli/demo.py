"""`penchant demo`: the main job on sample pictures that installed packages bring."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import typer

from penchant.cli.profile import EvidenceShown, Html, Json, Open, Request, run_profile
from penchant.errors import MissingExtraError

# The photographs among the packages' sample data; the rest are textures, drawings and microscopy.
_SAMPLES = {
    "skimage": (
        "data/astronaut.png", "data/camera.png", "data/chelsea.png", "data/coffee.png", "data/motorcycle_left.png",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}  # fmt: skip


def demo(json: Json = None, html: Html = None, open: Open = False, evidence: EvidenceShown = 1) -> int:  # noqa: A002
    """Profile a handful of sample photos: a cat, an espresso, a motorcycle, a temple, a flower …"""
    pictures = sample_pictures()
    if json != "-":
        typer.echo(f"{len(pictures)} sample photos, from scikit-image and scikit-learn.\n", err=True)
    return run_profile(Request(sources=pictures, json=json, html=html, open=open, evidence=evidence))


def sample_pictures() -> list[str]:
    """The paths of the sample photos.

    Raises:
        MissingExtraError: when the packages that bring them are not installed.
    """
    found: list[str] = []
    for package, names in _SAMPLES.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise MissingExtraError("The demo's sample photos", extra="demo")
        folder = Path(spec.origin).parent
        found.extend(str(folder / name) for name in names if (folder / name).is_file())
    return found
