"""Shards of img2dataset and datasets of Hugging Face, as their programs leave them on disk."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from .pictures import picture, put

if TYPE_CHECKING:
    from pathlib import Path


def tar(path: Path, entries: dict[str, bytes], *, format: int = tarfile.PAX_FORMAT) -> Path:  # noqa: A002
    """A tar archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=format) as archive:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def sample(key: str, **more: Any) -> dict[str, bytes]:
    """A sample as img2dataset writes it: picture, JSON and caption."""
    said = {"key": key, "url": f"https://example.org/{key}.jpg", "caption": "a dog on a lawn", "status": "success",
            "error_message": None, "width": 8, "height": 8, "sha256": "", **more}  # fmt: skip
    return {f"{key}.jpg": picture(), f"{key}.json": json.dumps(said).encode(), f"{key}.txt": b"a dog on a lawn"}


def shards(folder: Path) -> Path:
    """The output of img2dataset: two shards, a list of downloads with one that failed, and statistics."""
    tar(folder / "00000.tar", {**sample("000000000"), **sample("000000001", tags=["beagle", "lawn"])})
    tar(folder / "00001.tar", {**sample("000010000", keywords="castle; hill"), "000010001.jpg": picture()})
    rows = [("000000000", "success"), ("000000001", "success"), ("000000002", "failed_to_download")]
    table = {"key": [key for key, _ in rows], "url": [f"https://example.org/{key}.jpg" for key, _ in rows],
             "status": [status for _, status in rows], "caption": ["x"] * 3}  # fmt: skip
    pq.write_table(pa.table(table), folder / "00000.parquet")
    put(folder / "00000_stats.json", b'{"count": 3, "successes": 2}')
    return folder


def dataset(
    folder: Path, columns: dict[str, Any], features: dict[str, Any], *, files: int = 1, name: str = "data"
) -> Path:
    """A dataset as save_to_disk leaves it: Arrow streams, state.json, dataset_info.json."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    schema = table.schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    table = table.replace_schema_metadata(schema.metadata)
    names = [f"{name}-{number:05}-of-{files:05}.arrow" for number in range(files)]
    rows = -(-table.num_rows // files)
    for number, file in enumerate(names):
        with pa.OSFile(str(folder / file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.slice(number * rows, rows), max_chunksize=2)
    put(folder / "state.json", json.dumps({"_data_files": [{"filename": file} for file in names]}).encode())
    put(folder / "dataset_info.json", json.dumps({"features": features}).encode())
    return folder


IMAGE = {"_type": "Image"}
LABEL = {"_type": "ClassLabel", "names": ["cat", "golden_retriever"]}


def images(*values: tuple[bytes | None, str | None]) -> pa.Array:
    """A column of pictures: bytes and path of each."""
    rows = [{"bytes": data, "path": path} for data, path in values]
    return pa.array(rows, pa.struct({"bytes": pa.binary(), "path": pa.string()}))
