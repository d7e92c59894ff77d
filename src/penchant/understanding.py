"""What a classifier's labels mean to a generaliser: the domains of each, and the background that goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.profiles import Adding, Meaning, ProfileOptions, domain_background, label_background, smoothed
from penchant.recognition import file_sha256

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from penchant.semantics import Generaliser
    from penchant.semantics.calibration import CalibratedGeneraliser
    from penchant.types import LabelSet, ModelFacts


def label_matrix(label_set: LabelSet, generaliser: Generaliser) -> NDArray[np.float64]:
    """[classes, domains]: each label's domains, by the generaliser's own understanding of what a label means."""
    domains = {domain.code: place for place, domain in enumerate(generaliser.taxonomy.domains)}
    matrix = np.zeros((len(label_set.classes), len(domains)))
    for label in label_set.classes:
        for code, weight in generaliser.label_domains(label):
            matrix[label.index, domains[code]] = weight
    return matrix


def understand(
    label_set: LabelSet,
    generaliser: Generaliser,
    options: ProfileOptions,
    background: NDArray[np.float64] | None = None,
) -> Meaning:
    """What a classifier's labels mean to a generaliser.

    Args:
        label_set: the classifier's classes.
        generaliser: what says the domains of each.
        options: how predictions will be added up, which decides the background that fits.
        background: [domains] shares to use instead of those that ship with the package; a calibration brings its own.

    Raises:
        UsageError: when a calibration was made for other labels, or options don't go with it.
    """
    learned = calibration_of(generaliser, label_set)
    if learned is not None:
        return _as_learned(learned, options, background)
    matrix = label_matrix(label_set, generaliser)
    origin = "given" if background is not None else "shipped"
    if background is None:
        labels = label_background(label_set, options.adding.aggregation)
        background = None if labels is None else domain_background(labels, matrix)
    return Meaning(
        generaliser=generaliser.name,
        taxonomy=generaliser.taxonomy.name,
        domains=tuple(generaliser.taxonomy.domains),
        matrix=matrix,
        background=background,
        provenance={
            "taxonomy_sha256": file_sha256(generaliser.taxonomy.path),
            "background": "none" if background is None else origin,
        },
    )


def calibration_of(generaliser: Generaliser, label_set: LabelSet) -> CalibratedGeneraliser | None:
    """The generaliser if it is a calibrated one, having checked that it was made for these labels; else None.

    Raises:
        UsageError: when it was made for others.
    """
    if generaliser.name != "calibrated":  # without loading what it would need
        return None
    from penchant.semantics.calibration import CalibratedGeneraliser

    if not isinstance(generaliser, CalibratedGeneraliser):
        return None
    generaliser.check(label_set)
    return generaliser


def calibration_notes(generaliser: Generaliser, label_set: LabelSet, model: ModelFacts) -> tuple[str, ...]:
    """What the user should know about a calibration when this model makes the predictions; nothing without one."""
    learned = calibration_of(generaliser, label_set)
    return () if learned is None else learned.notes(model)


def _as_learned(
    learned: CalibratedGeneraliser, options: ProfileOptions, background: NDArray[np.float64] | None
) -> Meaning:
    if options.adding != Adding():
        raise UsageError(
            "a calibration has learned how labels add up: leave out --aggregation, --top-k and --min-confidence"
        )
    calibration, stored = learned.calibration, learned.stored
    return Meaning(
        generaliser=learned.name,
        taxonomy=learned.taxonomy.name,
        domains=tuple(learned.taxonomy.domains),
        matrix=calibration.matrix,
        background=smoothed(calibration.background) if background is None else background,
        provenance={
            "taxonomy_sha256": file_sha256(learned.taxonomy.path),
            "background": "calibration" if background is None else "given",
            "calibration_sha256": stored.sha256,
            "top_k": str(calibration.transform.depth),
            "min_confidence": "0",
            "confidence_power": str(calibration.transform.power),
        },
        strength=calibration.transform.strength,
    )
