"""A calibration's file: one Parquet table, a row a label, with all that it was made from in its metadata.

    class  name      synset     ANIMALS  ART_…  …        one float32 a domain
    0      tench     n01440764  0.213    0      …

The metadata has `schema_version`, `calibration` (JSON: the strengths, the background, the datasheet) and `sha256`, of
that JSON and the numbers, so that a file that was cut, changed or swapped is found out. Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from penchant.errors import SemanticsError, UsageError
from penchant.semantics.calibration.values import Calibration, Strengths, Transform

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import pyarrow as pa
    from numpy.typing import NDArray

    from penchant.types import LabelSet

SCHEMA_VERSION = 1
BEGINNING = b"PAR1"
_MAGIC = "penchant calibration"


@dataclass(frozen=True, slots=True)
class Score:
    """A mean with its 95 % interval; NaN ends where there are too few for one."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that photos came from: its name without folders, and its hash."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Datasheet:
    """What a calibration was learned from, and how well it did on people that it had not seen.

    Attributes:
        made: the day, as 2026-11-23.
        penchant: the version that made it.
        tables: where the photos came from.
        photos: that taught; without_tags: without a domain in their tags, and so left out; failed: could not be used.
        users, groups: how many; group_column: the column that the groups stood in, if any.
        folds, seed: of the cross-validation; folds 0 where there was none.
        model, model_sha256, label_set: what made the predictions.
        generaliser, taxonomy, taxonomy_sha256: what it started from.
        domains: code to photos' worth of tags.
        scored: what the scores are means over: "users" or "groups", and how many.
        scores: F1@5 on what was left out: "before" (the ontology), "after", "constant" (the commonest five domains of
            the others, for everybody), "after - before" and "after - constant".
    """

    made: str
    penchant: str
    photos: int
    without_tags: int
    failed: int
    users: int
    groups: int
    group_column: str | None
    folds: int
    seed: int
    model: str
    model_sha256: str
    label_set: str
    generaliser: str
    taxonomy: str
    taxonomy_sha256: str
    domains: dict[str, float]
    tables: tuple[Table, ...] = ()
    scored: str = ""
    scored_count: int = 0
    scores: dict[str, Score] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Header:
    kind: str
    power: float
    depth: int
    freedom: float
    label_sha256: str
    background: list[float]
    datasheet: Datasheet


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A calibration with its papers.

    Attributes:
        calibration: what was learned.
        domains: the codes of the matrix's columns.
        label_sha256: names the label set that its rows belong to (`labels_sha256`).
        datasheet: what it was learned from.
        sha256: of its content; "" before it is saved.
    """

    calibration: Calibration
    domains: tuple[str, ...]
    label_sha256: str
    datasheet: Datasheet
    sha256: str = ""


def labels_sha256(label_set: LabelSet) -> str:
    """Names a label set by what decides meaning: its classes' synsets, or names, in their order."""
    named = [label.synset or label.name for label in label_set.classes]
    return hashlib.sha256(msgspec.json.encode(named)).hexdigest()


def save_calibration(stored: Stored, label_set: LabelSet, file: BinaryIO) -> str:
    """Writes a calibration to an open file (that appears only when complete) and gives its content's hash.

    The weights are kept as float32.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    calibration = stored.calibration
    numbers = calibration.matrix.astype("<f4")
    header = msgspec.json.encode(
        _Header(
            kind=_MAGIC,
            power=calibration.transform.power,
            depth=calibration.transform.depth,
            freedom=calibration.strengths.freedom,
            label_sha256=stored.label_sha256,
            background=[float(share) for share in calibration.background],
            datasheet=stored.datasheet,
        )
    )
    digest = _digest(header, stored.domains, numbers)
    columns: dict[str, Any] = {
        "class": pa.array([label.index for label in label_set.classes], pa.int32()),
        "name": pa.array([label.name for label in label_set.classes], pa.string()),
        "synset": pa.array([label.synset for label in label_set.classes], pa.string()),
    }
    columns |= {code: pa.array(numbers[:, place]) for place, code in enumerate(stored.domains)}
    metadata = {"schema_version": str(SCHEMA_VERSION), "calibration": header, "sha256": digest}
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return digest


def load_calibration(path: Path) -> Stored:
    """Reads a calibration's file and checks all of it.

    Raises:
        UsageError: there is no such file, or it is something else.
        SemanticsError: it is damaged, or of another version.
    """
    table = _read(path)
    metadata = table.schema.metadata or {}
    text = metadata.get(b"calibration")
    if text is None:
        raise UsageError(f"{path} is a table, but not a calibration: penchant fit makes one")
    version = metadata.get(b"schema_version", b"").decode("ascii", "replace")
    if version != str(SCHEMA_VERSION):
        raise SemanticsError(
            f"the calibration {path} was written by another version of penchant (its schema is {version or 'unknown'}, "
            f"this one's {SCHEMA_VERSION}): make it anew with penchant fit"
        )
    domains = tuple(table.column_names[3:])
    damaged = f"the calibration {path} is damaged: make it anew with penchant fit"
    try:
        header = msgspec.json.decode(text, type=_Header)
        numbers = np.stack([table.column(code).to_numpy() for code in domains], axis=1).astype("<f4", casting="safe")
        transform = Transform(header.power, header.depth)
        strengths = Strengths(transform, header.freedom)
    except (msgspec.MsgspecError, ValueError, TypeError, UsageError) as error:
        raise SemanticsError(damaged) from error
    digest = _digest(text, domains, numbers)
    if metadata.get(b"sha256") != digest.encode():
        raise SemanticsError(f"{damaged} (its content is not what was written)")
    background = np.array(header.background, np.float64)
    if header.kind != _MAGIC or len(background) != len(domains) or not _sound(numbers) or not _sound(background):
        raise SemanticsError(f"{damaged} (it holds weights that no calibration has)")
    calibration = Calibration(numbers.astype(np.float64), background, strengths)
    return Stored(calibration, domains, header.label_sha256, header.datasheet, digest)


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.is_dir():
            raise UsageError(f"the calibration {path} is a folder: name the file that penchant fit wrote")
        with path.open("rb") as file:
            if file.read(4) != BEGINNING:
                raise UsageError(f"{path} is not a calibration: name a file that penchant fit wrote")
        return pq.read_table(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise UsageError(f"there is no calibration {path}: penchant fit TABLE -o {path} makes one") from error
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise UsageError(f"the calibration {path} can't be read: {error.strerror}") from error
        raise SemanticsError(f"the calibration {path} is damaged: make it anew with penchant fit") from error


def _sound(numbers: NDArray[Any]) -> bool:
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all())


def _digest(header: bytes, domains: tuple[str, ...], numbers: NDArray[np.float32]) -> str:
    named = msgspec.json.encode([list(domains), list(numbers.shape)])
    return hashlib.sha256(b"\0".join([header, named, np.ascontiguousarray(numbers).tobytes()])).hexdigest()
