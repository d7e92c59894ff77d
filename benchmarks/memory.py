"""The peak memory of `penchant profile` for few pictures and for many; prints JSON.

    python benchmarks/memory.py --pictures DIR [--counts 1000 50000] [--run]

The pictures are copied under new names, each with a few bytes of its own behind its end, so that none is a duplicate.
The peak is the resident set's, of the whole process (VmHWM).
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 50_000])
    parser.add_argument("--run", action="store_true", help="keep the run on disk, as --run does")
    arguments = parser.parse_args()
    results = [peak(arguments.pictures, count, keep=arguments.run) for count in arguments.counts]
    print(json.dumps({"runs": results}, indent=2))


def peak(pictures: Path, count: int, *, keep: bool) -> dict[str, object]:
    """Profiles `count` pictures in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "pictures"
        place.mkdir()
        files = [path.read_bytes() for path in sorted(pictures.iterdir())]
        for number, data in enumerate(itertools.islice(itertools.cycle(files), count)):
            (place / f"{number:06}.jpg").write_bytes(data + f"\n{number}".encode())
        command = [sys.executable, "-m", "penchant", "profile", str(place), "--json", f"{folder}/profile.json"]
        start = time.perf_counter()
        subprocess.run([*command, *(["--run", f"{folder}/run"] if keep else [])], check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"pictures": count, "peak_mib": round(used), "seconds": round(took, 1), "per_second": round(count / took)}


if __name__ == "__main__":
    main()
