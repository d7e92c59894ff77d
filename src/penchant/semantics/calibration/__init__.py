"""Calibration: what people call interesting, learned from their tagged photos.

    labels of photos ─┐
    domains of tags  ─┼─ fit ──> Calibration ── file ──> CalibratedGeneraliser
    the ontology     ─┘

A calibration is a table [classes, domains] that takes the place of the ontology's, in the terms in which people tag: a
classifier names the bear, its owner wrote "snow, river". It starts from the ontology and moves as far as the photos
carry it. The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.semantics.calibration.crossfit import cross_fit
    from penchant.semantics.calibration.file import Datasheet, Stored, load_calibration, save_calibration
    from penchant.semantics.calibration.folds import folds_of, joined
    from penchant.semantics.calibration.generaliser import CalibratedGeneraliser
    from penchant.semantics.calibration.learning import fit
    from penchant.semantics.calibration.values import Calibration, Strengths, Transform

__all__ = [
    "CalibratedGeneraliser",
    "Calibration",
    "Datasheet",
    "Stored",
    "Strengths",
    "Transform",
    "cross_fit",
    "fit",
    "folds_of",
    "joined",
    "load_calibration",
    "save_calibration",
]

_HOMES = {
    "crossfit": ("cross_fit",),
    "file": ("Datasheet", "Stored", "load_calibration", "save_calibration"),
    "learning": ("fit",),
    "folds": ("folds_of", "joined"),
    "generaliser": ("CalibratedGeneraliser",),
    "values": ("Calibration", "Strengths", "Transform"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
