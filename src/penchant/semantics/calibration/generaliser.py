"""The generaliser that a calibration makes: for pictures it answers as learned, for words as the ontology under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import UsageError
from penchant.semantics.calibration.file import labels_sha256
from penchant.semantics.ontology import normalised

if TYPE_CHECKING:
    from penchant.semantics.calibration.file import Stored
    from penchant.semantics.calibration.values import Calibration
    from penchant.semantics.generaliser import Generaliser
    from penchant.semantics.ontology import Ontology
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import DomainWeights, LabelClass, LabelSet, ModelFacts


class CalibratedGeneraliser:
    """What labels mean as people's tags taught it; synsets and words as the ontology says.

    Args:
        base: the generaliser under it, with the taxonomy that the calibration was made for.
        ontology: the base's.
        stored: the calibration.

    Raises:
        UsageError: when the taxonomies differ.
    """

    name = "calibrated"

    def __init__(self, base: Generaliser, ontology: Ontology, stored: Stored) -> None:
        codes = tuple(domain.code for domain in base.taxonomy.domains)
        if codes != stored.domains:
            raise UsageError(
                f"the calibration was made for the domains of {stored.datasheet.taxonomy}, not of "
                f"{base.taxonomy.name}: give that taxonomy with --taxonomy, or fit a calibration for this one"
            )
        self.base = base
        self.ontology = ontology
        self.stored = stored

    @property
    def calibration(self) -> Calibration:
        """What was learned."""
        return self.stored.calibration

    @property
    def taxonomy(self) -> Taxonomy:
        """The ontology's."""
        return self.base.taxonomy

    def synset_domains(self, synset: str) -> DomainWeights:
        """The ontology's answer."""
        return self.base.synset_domains(synset)

    def word_domains(self, word: str) -> DomainWeights:
        """The ontology's answer."""
        return self.base.word_domains(word)

    def label_domains(self, label: LabelClass) -> DomainWeights:
        """The label's row of the calibration, as shares.

        Raises:
            UsageError: the calibration has no such class.
        """
        if label.index >= len(self.calibration.matrix):
            raise UsageError(
                f"the calibration knows {len(self.calibration.matrix):,} labels, not number {label.index:,}"
            )
        row = self.calibration.matrix[label.index]
        named = zip(self.stored.domains, row, strict=True)
        return normalised({code: float(weight) for code, weight in named if weight > 0})

    def check(self, label_set: LabelSet) -> None:
        """Refuses labels that the calibration was not made for.

        Raises:
            UsageError: saying which ones it was made for.
        """
        if labels_sha256(label_set) != self.stored.label_sha256:
            sheet = self.stored.datasheet
            raise UsageError(
                f"the calibration was made for the labels of {sheet.label_set} ({sheet.model}), and this model has "
                f"those of {label_set.name}: use that model, or fit a calibration for this one"
            )

    def notes(self, model: ModelFacts) -> tuple[str, ...]:
        """Sentences that the user should read when this model makes the predictions."""
        sheet = self.stored.datasheet
        if model.sha256 == sheet.model_sha256:
            return ()
        return (f"the calibration was learned from the labels of {sheet.model}; it may fit {model.name} less well",)
