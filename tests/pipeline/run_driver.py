"""Runs the command line with tiny shards and a log of the photos computed; dies where it is told to.

    python run_driver.py LOG POINT COUNT ARGUMENT...

POINT is "write", "fsync", "replace" or "mkdir": at the COUNT-th such call the process is killed, as by `kill -9`.
"slow" waits COUNT milliseconds in each batch; "none" changes nothing.
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from penchant import cli, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penchant.types import Photo, Predictions

# Whoever starts the tests in the background has SIGINT ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
log, point, count = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
vars(pipeline)["_SMALLEST_SHARD"] = 8
compute = pipeline.Worker.run


def logged(self: pipeline.Worker, photos: Sequence[Photo]) -> Predictions:
    predictions = compute(self, photos)
    with log.open("a") as file:
        file.writelines(f"{photo.photo_id}\n" for photo in photos)
    if point == "slow":
        time.sleep(count / 1000)
    return predictions


def deadly(call: Callable[..., Any]) -> Callable[..., Any]:
    calls = 0

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count:
            if point == "write":  # half of a part is written
                arguments[1].write(b"PAR1 and then no more")
                arguments[1].flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)

    return counted


setattr(pipeline.Worker, "run", logged)  # noqa: B010 - a method is replaced
if point == "write":
    pq.write_table = deadly(pq.write_table)
elif point == "fsync":
    os.fsync = deadly(os.fsync)
elif point == "replace":
    setattr(pathlib.Path, "replace", deadly(pathlib.Path.replace))  # noqa: B010
elif point == "mkdir":
    setattr(pathlib.Path, "mkdir", deadly(pathlib.Path.mkdir))  # noqa: B010

cli.main(sys.argv[4:])
