"""Penchant says what a person cares about from the pictures they keep, shows the evidence, and how far to trust it.

    photos ──> predictions ──> domains ──> profiles ──> report
    sources    recognition     semantics   profiles     report

Each stage takes the values of the stage before it (`penchant.types`) and knows nothing else about it; `pipeline` joins
them. In three lines:

    import penchant
    profile = penchant.profile("Pictures")
    print(profile.domains[0].name, profile.domains[0].share)

Importing the package loads no heavy library: names are fetched when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from penchant.version import __version__

if TYPE_CHECKING:
    from penchant.api import classify, profile
    from penchant.errors import (
        MissingExtraError,
        ModelError,
        PenchantError,
        PictureError,
        SemanticsError,
        SourceError,
        StorageError,
        UsageError,
    )
    from penchant.types import (
        Aggregation,
        Domain,
        Evidence,
        Failure,
        Interest,
        LabelClass,
        LabelSet,
        Photo,
        Predictions,
        Profile,
        Sense,
    )

_HOMES = {
    "penchant.api": ("classify", "profile"),
    "penchant.errors": (
        "MissingExtraError", "ModelError", "PenchantError", "PictureError", "SemanticsError", "SourceError",
        "StorageError", "UsageError",
    ),
    "penchant.types": (
        "Aggregation", "Domain", "Evidence", "Failure", "Interest", "LabelClass", "LabelSet", "Photo", "Predictions",
        "Profile", "Sense",
    ),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Aggregation",
    "Domain",
    "Evidence",
    "Failure",
    "Interest",
    "LabelClass",
    "LabelSet",
    "MissingExtraError",
    "ModelError",
    "PenchantError",
    "Photo",
    "PictureError",
    "Predictions",
    "Profile",
    "SemanticsError",
    "Sense",
    "SourceError",
    "StorageError",
    "UsageError",
    "__version__",
    "classify",
    "profile",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'penchant' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
