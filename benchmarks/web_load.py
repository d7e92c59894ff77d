"""The web app under load: clients at once, each with its pictures, against the command line on the same pictures.

    python benchmarks/web_load.py [--clients 20] [--pictures 50] [--megapixels 12] [--folder PHOTOS] [--cores 2]
        [--rounds 3]

A round runs `penchant profile` on all pictures as one folder, starts `penchant serve` and lets all clients send theirs
at once, and runs `penchant profile` again: the app is compared with the mean of before and after, because machines
change their pace. The rate of the app counts from the first byte sent to the last profile received, uploads and all.
The command line's counts all pictures from the command's start to its end, as its user sees it. A server is started
once, though, so a stricter ratio stands beside that: without the command's start, for which `penchant profile` with one
picture stands. All are confined to the same cores.

Before each run, as much memory as it needs is written once: to a virtual machine memory that it didn't use for a while
is lent anew, page by page, at ten times what writing to it costs, and who pays for that would be chance.

Pictures are synthetic JPEGs of 500 pixels (54 kB), or of as many megapixels as asked for (12: 3 MB); of those there are
as many different ones as a client has, and each client has the same. `--folder` takes others.

The clients run wherever the system puts them, on a machine of two cores on the same two; what they cost (some 0.06 ms
a picture, printed) counts against the app. Beside the ratios of rates, which include all
waiting, stands that of the processor time that the processes themselves took, again without the start: it suffers less
from whatever else the machine does.

It fails where a picture is lost, where the app takes more than a gigabyte, or where its rate is more than 15 % below
that of the command line, by the median over the rounds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_MOST_BYTES = 1_000_000_000
_LEAST_RATE = 0.85
_BOUNDARY = b"pictures-of-a-visitor"


@dataclass(frozen=True)
class Round:
    """What one round measured: pictures a second, processor time a picture in ms, the app's largest memory in bytes."""

    line: float
    line_started: float
    web: float
    line_cpu: float
    web_cpu: float
    clients_cpu: float
    peak: int


def synthesise(folder: Path, count: int, width: int) -> None:
    """Different JPEGs, soft blobs with a little noise, about as many bytes as photos have."""
    from PIL import Image

    rng = np.random.default_rng(20180)
    height = width * 3 // 4
    blobs = (12, 16, 3) if width < 1000 else (48, 64, 3)
    for number in range(count):
        coarse = rng.integers(0, 256, blobs, np.uint8)
        image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        pixels = np.asarray(image).astype(np.int16) + rng.integers(-12, 13, (height, width, 1))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"{number:05}.jpg", quality=85)


def touch_memory(needed: int) -> None:
    """Writes to so much memory, or to half of what is free, and gives it back."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    np.empty(min(needed, free // 2), np.uint8)[:: os.sysconf("SC_PAGE_SIZE")] = 1


def confined(cores: int) -> list[str]:
    """What confines a command to the first cores, where the system can."""
    return ["taskset", "-c", f"0-{cores - 1}"] if shutil.which("taskset") else []


def command_line(folder: Path, cores: int) -> tuple[float, float]:
    """Seconds, and seconds of processor time, that `penchant profile` takes for a folder."""
    began, used = time.perf_counter(), _children()
    command = [*confined(cores), sys.executable, "-m", "penchant", "profile", str(folder), "--json", "-", "--quiet"]
    subprocess.run([*command, "--threads", str(cores)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, _children() - used


def _children() -> float:
    """Seconds of processor time that processes of ours took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _so_far(process: int) -> float:
    """Seconds of processor time that a process took so far."""
    after_name = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


class Visitor:
    """One client, as light as can be: its upload is made before the clock starts, because clients share the cores."""

    def __init__(self, files: list[Path]) -> None:
        parts = [
            b'--%s\r\nContent-Disposition: form-data; name="pictures"; filename="%s"\r\n\r\n%s\r\n'
            % (_BOUNDARY, path.name.encode(), path.read_bytes())
            for path in files
        ]
        self._body = b"".join(parts) + b"--%s--\r\n" % _BOUNDARY
        self.used = 0
        self.served = 0.0  # when the profile had come

    def visit(self, address: str) -> None:
        """Sends the pictures, waits for the profile, deletes the job; notes when the profile came, of how many."""
        web = http.client.HTTPConnection(address, timeout=600)
        kind = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY.decode()}"}
        while True:
            status, job, headers = self._ask(web, "POST", "/api/jobs", self._body, kind)
            if status not in {429, 503}:
                break
            time.sleep(int(headers["retry-after"]))
        assert status == 202, (status, job)
        place = job["links"]["self"]
        web.request("GET", job["links"]["events"])
        told = web.getresponse().read()  # ends when the job does
        assert b'"state": "done"' in told, told
        _, profile, _ = self._ask(web, "GET", f"{place}/profile")
        self.served = time.perf_counter()
        self.used = profile["photos"]["used"] + profile["photos"]["duplicates"]
        assert self._ask(web, "DELETE", place)[0] == 204
        web.close()

    @staticmethod
    def _ask(
        web: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None, headers: Any = None
    ) -> tuple[int, Any, Any]:
        web.request(method, path, body, headers or {})
        answer = web.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None, answer.headers


def visit(address: str, visitors: list[Visitor]) -> int:
    """All clients at once; gives how many pictures came back."""
    with ThreadPoolExecutor(len(visitors)) as pool:
        for done in [pool.submit(visitor.visit, address) for visitor in visitors]:
            done.result()
    return sum(visitor.used for visitor in visitors)


def serve_to(groups: list[list[Path]], cores: int) -> tuple[float, float, float, int]:
    """Seconds from the first byte sent to the last profile, processor time of app and clients, the app's memory."""
    with tempfile.TemporaryDirectory() as data:
        command = [
            *confined(cores), sys.executable, "-m", "penchant", "serve", "--port", "0", "--data", data,
            "--queue", str(len(groups)), "--threads", str(cores), "--quiet",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        address = (
            process.stdout.readline().strip().removeprefix("http://").rstrip("/").replace("localhost", "127.0.0.1")
        )
        visitors = [Visitor(files) for files in groups]
        try:
            began, used, ours = time.perf_counter(), _so_far(process.pid), time.process_time()
            came = visit(address, visitors)
            took = max(visitor.served for visitor in visitors) - began
            used = _so_far(process.pid) - used
            ours = time.process_time() - ours
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            peak = next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        sent = sum(len(group) for group in groups)
        assert came == sent, f"{sent - came} of {sent} pictures were lost"
        left = list(Path(data).rglob("*.jpg"))
        assert not left, f"{len(left)} pictures were left behind"
    return took, used, ours, peak


def main() -> None:
    """Runs the rounds, prints what they measured, and fails where a target is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clients", type=int, default=20)
    options.add_argument("--pictures", type=int, default=50)
    options.add_argument("--megapixels", type=float)
    options.add_argument("--folder", type=Path)
    options.add_argument("--cores", type=int, default=min(2, os.cpu_count() or 1))
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    count = given.clients * given.pictures
    with tempfile.TemporaryDirectory() as scratch:
        folder, single = Path(scratch) / "all", Path(scratch) / "one"
        folder.mkdir()
        single.mkdir()
        if given.megapixels is not None:
            synthesise(folder, given.pictures, round((given.megapixels * 1e6 * 4 / 3) ** 0.5))
            different = sorted(folder.iterdir())
            for number in range(given.pictures, count):
                (folder / f"{number:05}.jpg").hardlink_to(different[number % given.pictures])
        elif given.folder is None:
            synthesise(folder, count, 500)
        else:
            for number, path in enumerate(sorted(given.folder.rglob("*.jp*g"))[:count]):
                shutil.copy(path, folder / f"{number:05}.jpg")
        files = sorted(folder.iterdir())
        # The clients hold the pictures in memory, and the app on disk.
        needed = 2 * sum(path.stat().st_size for path in files) + (1 << 30)
        shutil.copy(files[0], single)
        groups = [files[first : first + given.pictures] for first in range(0, len(files), given.pictures)]
        rounds = []
        for _ in range(given.rounds):
            touch_memory(needed)
            start, start_cpu = command_line(single, given.cores)
            before = command_line(folder, given.cores)
            touch_memory(needed)
            took, cpu, clients, peak = serve_to(groups, given.cores)
            touch_memory(needed)
            after = command_line(folder, given.cores)
            whole, whole_cpu = ((one + other) / 2 for one, other in zip(before, after, strict=True))
            number = len(files)
            last = Round(
                number / whole,
                (number - 1) / (whole - start),
                number / took,
                1000 * (whole_cpu - start_cpu) / (number - 1),
                1000 * cpu / number,
                1000 * clients / number,
                peak,
            )
            rounds.append(last)
            print(
                f"line {last.line:6.1f}/s, {last.line_cpu:4.1f} ms   app {last.web:6.1f}/s, {last.web_cpu:4.1f} ms"
                f"   rates {last.web / last.line:.2f}, {last.web / last.line_started:.2f} without the start",
                file=sys.stderr,
            )
    ratio = statistics.median(one.web / one.line for one in rounds)
    peak = max(one.peak for one in rounds)
    result = {
        "clients": given.clients, "pictures": len(files), "cores": given.cores, "rounds": given.rounds, "lost": 0,
        "line_per_second": round(statistics.median(one.line for one in rounds), 1),
        "line_per_second_without_start": round(statistics.median(one.line_started for one in rounds), 1),
        "web_per_second": round(statistics.median(one.web for one in rounds), 1),
        "line_cpu_ms": round(statistics.median(one.line_cpu for one in rounds), 2),
        "web_cpu_ms": round(statistics.median(one.web_cpu for one in rounds), 2),
        "clients_cpu_ms": round(statistics.median(one.clients_cpu for one in rounds), 2),
        "ratio": round(ratio, 3),
        "ratio_without_start": round(statistics.median(one.web / one.line_started for one in rounds), 3),
        "cpu_ratio": round(statistics.median(one.line_cpu / one.web_cpu for one in rounds), 3),
        "peak_mb": round(peak / 1e6),
    }  # fmt: skip
    print(json.dumps(result))
    if ratio < _LEAST_RATE or peak > _MOST_BYTES:
        sys.exit(1)


if __name__ == "__main__":
    main()
