"""The report's folder: the metrics, what was left out, the profiles; and beside them the tables, figures and page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from penchant.errors import StorageError
from penchant.storage import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.experiment.run import Experiment

METRICS, EXCLUDED, PROFILES = "metrics.json", "excluded.csv", "profiles.parquet"


def check_folder(path: Path) -> None:
    """Refuses to write a report over something else; an earlier report is replaced.

    Raises:
        StorageError: the place is a file, or a folder of other things.
    """
    if path.exists() and not path.is_dir():
        raise StorageError(f"{path} is a file: name a folder for the report")
    if path.is_dir() and not (path / METRICS).is_file() and any(path.iterdir()):
        raise StorageError(f"{path} is not empty and no report of an experiment: name a new folder, or an empty one")


def write_folder(folder: Path, experiment: Experiment, *, hide_sensitive: bool = False) -> None:
    """Writes the whole report; no file of it is ever half written.

    Raises:
        StorageError: when it can't be written.
        MissingExtraError: without the library that draws the figures.
    """
    from penchant.report.experiment import write_report

    with atomic_file(folder / EXCLUDED) as file:
        file.write(_excluded(experiment))
    with atomic_file(folder / PROFILES) as file:
        file.write(profiles_parquet(experiment, hide_sensitive=hide_sensitive))
    with atomic_file(folder / METRICS) as file:
        file.write(metrics_json(experiment))
    write_report(folder, experiment.result, opener=atomic_file)


def metrics_json(experiment: Experiment) -> bytes:
    """`metrics.json`, indented."""
    return msgspec.json.format(msgspec.json.encode(experiment.result), indent=1) + b"\n"


def _excluded(experiment: Experiment) -> bytes:
    from penchant.report.experiment.escapes import csv_text

    rows = ([e.why.value, e.user_id, e.photo_id, e.reason] for e in experiment.excluded)
    return csv_text(["what", "user_id", "photo_id", "reason"], rows)


def profiles_parquet(experiment: Experiment, *, hide_sensitive: bool) -> bytes:
    """Every profile, one row a user, method and domain; shares are of all domains, also of hidden ones."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list[object]] = {
        name: [] for name in ("kind", "method", "reference", "user_id", "domain", "name", "weight", "share", "rank")
    }
    for table in experiment.profiles:
        kind = "reference" if table.method is None else "predicted"
        total = table.weights.sum(axis=1)
        for row, user in enumerate(experiment.users):
            weights = table.weights[row]
            for rank, place in enumerate(np.argsort(-weights, kind="stable"), start=1):
                domain = experiment.domains[place]
                if weights[place] <= 0:
                    break
                if hide_sensitive and domain.sensitive:
                    continue
                values = (
                    kind, table.method, table.reference, user, domain.code, domain.name,
                    float(weights[place]), float(weights[place] / total[row]), rank,
                )  # fmt: skip
                for name, value in zip(columns, values, strict=True):
                    columns[name].append(value)
    schema = pa.schema(
        {
            "kind": pa.string(), "method": pa.string(), "reference": pa.string(), "user_id": pa.string(),
            "domain": pa.string(), "name": pa.string(), "weight": pa.float64(), "share": pa.float64(),
            "rank": pa.int32(),
        },
        metadata={"schema_version": "1"},
    )  # fmt: skip
    sink = io.BytesIO()
    pq.write_table(pa.table(columns, schema=schema), sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()
