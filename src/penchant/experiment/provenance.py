"""What made a result, for whoever wants to repeat it; and the study's own result, to stand beside."""

from __future__ import annotations

import platform
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.evaluation import paper
from penchant.recognition import file_sha256
from penchant.results import Plain, Published, PublishedColumn
from penchant.text import printable
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.experiment.plan import Plan
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import ModelFacts

_LIBRARIES = ("numpy", "onnxruntime", "pyarrow", "pillow")
_SECRET = {"key", "cache"}


def provenance_of(
    tables: Sequence[str], plan: Plan, *, models: Sequence[ModelFacts], taxonomy: Taxonomy, calibrated: bool
) -> dict[str, Plain]:
    """Versions, tables, models, options and seeds. Files are named without their folders, which are nobody's business.

    There is no date in it: the same experiment gives the same file.
    """
    return {
        "penchant": __version__,
        "python": platform.python_version(),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "tables": [_file(Path(table)) for table in tables],
        "reference": _file(Path(plan.reference)) if Path(plan.reference).is_file() else plan.reference,
        "models": [{"name": m.name, "sha256": m.sha256, "label_set": m.label_set} for m in models],
        "taxonomy": {"name": taxonomy.name, "sha256": file_sha256(taxonomy.path)},
        "calibrated_in_cross_validation": calibrated,
        "interval_level": 0.95,
        "options": _plain(plan),
        "seed": plan.seed,
    }


def published() -> Published:
    """The 2018 study's Table 1."""
    columns = (PublishedColumn(c.network, c.counts, c.mean_matches, c.mean_f1) for c in paper.TABLE_1)
    return Published(paper.SOURCE, paper.USERS, paper.K, tuple(columns))


def _plain(value: object) -> Plain:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in _SECRET}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Path):
        return printable(value.name)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return printable(Path(value).name if Path(value).is_file() else value)
    return value if isinstance(value, int | float | bool) else None


def _file(path: Path) -> Plain:
    name = printable(path.name)
    return {"name": name, "sha256": file_sha256(path)} if path.is_file() else {"name": name, "sha256": None}


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
