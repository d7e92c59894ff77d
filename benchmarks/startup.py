"""How long a person waits before anything happens: help, import, one picture; prints JSON (seconds, best and median).

python benchmarks/startup.py --picture FILE [--rounds 7]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    commands = {
        "python": ["-c", "pass"],
        "import penchant": ["-c", "import penchant"],
        "penchant --help": ["-m", "penchant", "--help"],
        "penchant profile PICTURE": ["-m", "penchant", "profile", arguments.picture],
        "penchant domains bass": ["-m", "penchant", "domains", "bass"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(arguments.rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - start)
    print(
        json.dumps(
            {name: {"best": round(min(t), 3), "median": round(statistics.median(t), 3)} for name, t in taken.items()},
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
