"""How long an experiment takes: many users' pictures looked at once, then another protocol and generaliser on that run.

    python benchmarks/experiment.py [--pictures DIR] [--users 300] [--photos 200] [--folder DIR]

Makes a table of users whose pictures are copies of those in DIR (by default drawn ones), each with a few bytes at its
end that make it another file, tagged with ten words each; then calls `penchant experiment` as a user would.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

from penchant.recognition.labels import read_labels

PHOTO_WORDS = (
    "Canon",
    "nikond90",
    "macro",
    "bokeh",
    "black and white",
    "100v10f",
    "the",
    "red",
    "sunsett",
    "geo:lat=4",
)


def main() -> None:
    """Does as the module says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "penchant-benchmark-experiment")
    given = parser.parse_args()
    table = given.folder / "table.parquet"
    if not table.exists():
        make(table, given.pictures or draw(given.folder / "drawn", 200), given.users, given.photos)
    run = given.folder / "run"
    shutil.rmtree(run, ignore_errors=True)
    call("all pictures, default protocol", table, "--run", run, "--protocol", "default")
    call("both protocols, on the same run", table, "--run", run)
    call("another generaliser, on the same run", table, "--run", run, "--generaliser", "ontology")


def call(what: str, table: Path, *options: object) -> None:
    """Times one call."""
    report = table.parent / "report"
    began = time.perf_counter()
    command = [sys.executable, "-m", "penchant", "experiment", table, "--output", report, "--quiet", *options]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    print(f"{what}: {time.perf_counter() - began:.1f} s", flush=True)


def make(table: Path, pictures: Path, users: int, photos: int) -> None:
    """Writes the table and its pictures."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = random.Random(0)
    files = sorted(path for path in pictures.iterdir() if path.is_file())
    labels, _ = read_labels("imagenet-1k", called="benchmark")
    words = [name for one in labels.classes for name in one.names]
    rows = []
    for user in range(users):
        folder = table.parent / "pictures" / f"{user:04}"
        folder.mkdir(parents=True, exist_ok=True)
        liked = rng.sample(words, 200)
        for number, path in enumerate(itertools.islice(itertools.cycle(rng.sample(files, len(files))), photos)):
            copy = folder / f"{number:04}{path.suffix}"
            copy.write_bytes(path.read_bytes() + os.urandom(16))
            tags = [*rng.sample(liked, 9), rng.choice(PHOTO_WORDS)]
            rows.append({"user_id": f"user-{user}", "photo_id": f"{user}-{number}", "path": str(copy), "tags": tags})
    pq.write_table(pa.Table.from_pylist(rows), table)


def draw(folder: Path, count: int) -> Path:
    """Draws pictures, the size of a thumbnail on a photo site."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    for number in range(count):
        image = Image.effect_noise((500, 375), 60).convert("RGB")
        for _ in range(12):
            x, y = rng.randrange(500), rng.randrange(375)
            colour = tuple(rng.randrange(256) for _ in range(3))
            ImageDraw.Draw(image).ellipse((x, y, x + rng.randrange(20, 200), y + rng.randrange(20, 200)), fill=colour)
        image.save(folder / f"{number:03}.jpg", quality=85)
    return folder


if __name__ == "__main__":
    main()
