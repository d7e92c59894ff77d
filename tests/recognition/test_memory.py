"""The bound on memory: the pools, and whether whole processes keep to it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.recognition import MemoryBudget
from penchant.recognition.memory import MIB, Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = Path(__file__).parents[1]


def test_a_budget_leaves_room_for_the_program_itself() -> None:
    budget = MemoryBudget.of(1024, threads=2)
    assert budget.files.total + budget.pixels.total == (1024 - 256) * MIB
    assert budget.pixels.total > budget.files.total > 0


def test_each_further_thread_needs_room_of_its_own() -> None:
    few, many = MemoryBudget.of(1024, threads=2), MemoryBudget.of(1024, threads=12)
    assert few.pixels.total + few.files.total - (many.pixels.total + many.files.total) == 160 * MIB
    assert MemoryBudget.of(threads=64).pixels.total == MemoryBudget.of(threads=1).pixels.total


def test_a_budget_that_can_not_be_kept_is_refused() -> None:
    assert MemoryBudget.of(384, threads=2).pixels.total > 0
    with pytest.raises(UsageError, match="--max-memory 383 is too small: at least 384 MiB"):
        MemoryBudget.of(383, threads=2)


def test_who_asks_for_too_much_waits() -> None:
    pool = Pool(10)
    got_it = threading.Event()

    def ask() -> None:
        with pool.take(6):
            got_it.set()

    with pool.take(5):
        asking = threading.Thread(target=ask)
        asking.start()
        assert not got_it.wait(0.05)
    assert got_it.wait(5)
    asking.join()


def test_more_than_everything_is_served_alone() -> None:
    pool = Pool(10)
    with pool.take(1000):
        waiting = threading.Thread(target=lambda: pool.take(1).__enter__())
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_failure_gives_back_what_it_held() -> None:
    pool = Pool(10)
    with pytest.raises(ZeroDivisionError), pool.take(10):
        _ = 1 / 0
    with pool.take(10):
        pass


@given(st.lists(st.integers(0, 40), min_size=1, max_size=20))
def test_never_more_is_out_than_there_is(amounts: list[int]) -> None:
    pool, lock = Pool(30), threading.Lock()
    out, seen = 0, 0

    def work(mine: Sequence[int]) -> None:
        nonlocal out, seen
        for amount in mine:
            with pool.take(amount):
                with lock:
                    out += min(amount, 30)
                    seen = max(seen, out)
                with lock:
                    out -= min(amount, 30)

    threads = [threading.Thread(target=work, args=(amounts[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen <= 30
    assert out == 0


def in_a_process(script: str) -> Any:
    """Runs a script that prints JSON; the high-water mark of memory belongs to a process."""
    done = subprocess.run(
        [sys.executable, "-c", SHARED_START + script], capture_output=True, text=True, cwd=TESTS, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


SHARED_START = """
import json, threading
from contextlib import contextmanager
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from PIL import Image
from penchant.recognition import Classifier, DecodeLimits, Decoder, MemoryBudget
from penchant.recognition.memory import Pool
from recognition.handmade import grey_jpeg, png, progressive_jpeg, saved

def status(key):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self")


@on_linux
def test_four_threads_with_large_pictures_stay_under_the_limit() -> None:
    """Eight of them at once would take some 900 MiB."""
    result = in_a_process("""
classifier = Classifier.open("efficientnet-lite0-int8")
budget = MemoryBudget.of(512)
decoder = Decoder(DecodeLimits(budget))
files = [
    png(5000, 4800, colour=2), png(4000, 3500, colour=6), progressive_jpeg(8000, 7000, scans=3), grey_jpeg(9000, 8000),
    grey_jpeg(5000, 4000, one_scan=False), saved(Image.new("RGB", (3000, 2600)), "WEBP", method=0),
    saved(Image.new("P", (4000, 4000)), "GIF"),
    saved(Image.new("RGB", (4000, 3000)), "TIFF", compression="tiff_lzw", tiffinfo={278: 3000}),
]

def work(data):
    square = decoder.square(data, side=classifier.side, resize=classifier.resize)
    return classifier.classify(square[None])[0].shape

Path("/proc/self/clear_refs").write_text("5")
before = status("VmRSS")
with ThreadPoolExecutor(4) as pool:
    done = list(pool.map(work, files * 2))
print(json.dumps({"done": len(done), "peak": status("VmHWM"), "before": before}))
""")
    assert result["done"] == 16
    assert result["peak"] < 512 * MIB
    assert result["peak"] - result["before"] > 80 * MIB  # else it tried nothing


@on_linux
def test_what_is_reserved_covers_what_is_taken_and_little_more() -> None:
    """See benchmarks/decode_memory.py for all kinds of pictures."""
    result = in_a_process("""
class Recording(Pool):
    taken = 0
    @contextmanager
    def take(self, amount):
        self.taken = amount
        yield

MemoryBudget.of(512)  # freed pixels go back at once
pool = Recording(1 << 60)
decoder = Decoder(DecodeLimits(MemoryBudget(files=Pool(1), pixels=pool)))
kinds = {
    "png": lambda w, h: png(w, h, colour=2),
    "png rgba": lambda w, h: png(w, h, colour=6),
    "png grey and alpha": lambda w, h: saved(Image.new("LA", (w, h), (90, 120)), "PNG"),
    "png 16 bits": lambda w, h: png(w, h, depth=16),
    "jpeg progressive": lambda w, h: progressive_jpeg(w, h, scans=3),
    "jpeg in scans": lambda w, h: grey_jpeg(w, h, one_scan=False),
    "gif": lambda w, h: saved(Image.new("P", (w, h)), "GIF"),
    "webp": lambda w, h: saved(Image.new("RGB", (w, h)), "WEBP", method=0),
    "tiff float": lambda w, h: saved(Image.new("F", (w, h)), "TIFF"),
}
result = {}
for name, make in kinds.items():
    decoder.square(make(64, 64), side=224, resize=256)
    data = make(3000, 2500)
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    decoder.square(data, side=224, resize=256)
    result[name] = [status("VmHWM") - before, pool.taken]
print(json.dumps(result))
""")
    for name, (measured, reserved) in result.items():
        assert measured <= reserved + 3 * MIB, name
        assert reserved <= 1.4 * measured + 6 * MIB, name
