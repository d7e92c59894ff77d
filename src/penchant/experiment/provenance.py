"""What made a result, for whoever wants to repeat it; and the study's own result, to stand beside."""

from __future__ import annotations

import platform
import shlex
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
        "command": command_of(tables, plan),
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


def command_of(tables: Sequence[str], plan: Plan) -> str:
    """The command that makes this result again: the tables, and each option that isn't its default.

    Files without their folders; where results go, keys and caches aren't part of it.
    """
    default = type(plan)()
    given = {
        "--protocol": (plan.protocols, default.protocols),
        "--model": (plan.models, default.models),
        "--fact": (plan.facts, ()),
        "--generaliser": (plan.generalisers, ()),
        "--aggregation": (plan.aggregation, None),
        "--top-k": (plan.top_k, default.top_k),
        "--min-confidence": (plan.min_confidence, default.min_confidence),
        "--taxonomy": (plan.taxonomy, None),
        "--reference": (plan.reference, default.reference),
        "--keyless": (plan.keyless, default.keyless),
        "-k": (plan.k, default.k),
        "--ties": (plan.ties, default.ties),
        "--group": (plan.calibrating.group, None),
        "--folds": (plan.calibrating.folds, default.calibrating.folds),
        "--seed": (plan.seed, default.seed),
        "--bootstrap": (plan.bootstrap, default.bootstrap),
        "--min-photos": (plan.selecting.min_photos, default.selecting.min_photos),
        "--min-tags": (plan.selecting.min_tags, default.selecting.min_tags),
        "--min-domains": (plan.selecting.min_domains, default.selecting.min_domains),
    }
    words = [printable(Path(table).name) for table in tables]
    for option, (value, usual) in given.items():
        if value != usual:
            for one in value if isinstance(value, tuple) else (value,):
                words += [option, str(_plain(one))]
    if plan.calibrating.wanted is not None:
        words.append("--calibrate" if plan.calibrating.wanted else "--no-calibrate")
    words += ["--hide-sensitive"] * plan.hide_sensitive
    return shlex.join(["penchant", "experiment", *words])


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
