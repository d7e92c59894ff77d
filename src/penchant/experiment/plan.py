"""What an experiment shall do: the options, checked, and the methods that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import TYPE_CHECKING, Literal

from penchant.errors import UsageError
from penchant.evaluation import Ties
from penchant.pipeline import Recipe
from penchant.results import BASELINES
from penchant.types import Aggregation

if TYPE_CHECKING:
    from pathlib import Path

CALIBRATED = "calibrated"
"""The generaliser that is learned inside the cross-validation."""

ENOUGH_USERS = 10
"""From so many users on the default protocol learns a calibration of its own, unless told not to."""


class ProtocolName(StrEnum):
    """The best that we can do, or the 2018 study step by step."""

    DEFAULT = "default"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Calibrating:
    """How a calibration is learned inside the cross-validation.

    Attributes:
        wanted: True, False, or None for "where there are enough users, in the default protocol".
        group: a column of the table; photos that share a value are never in training and test together.
        folds: how many parts the users are cut into.
    """

    wanted: bool | None = None
    group: str | None = None
    folds: int = 5


@dataclass(frozen=True, slots=True)
class Selecting:
    """Which users are scored; those who have less are left out, and named."""

    min_photos: int = 1
    min_tags: int = 1
    min_domains: int = 1


@dataclass(frozen=True, slots=True)
class BabelNetOptions:
    """What goes with a generaliser that asks BabelNet."""

    key: str | None = field(default=None, repr=False)
    cache: Path | None = None
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides an experiment's result, but the tables.

    Attributes:
        protocols: the first one is the report's main one.
        models: each gives every protocol a column.
        facts: about an .onnx file of the user's own.
        generalisers: each is crossed with every protocol; none: each protocol's own.
        aggregation: None: each protocol's own.
        top_k, min_confidence: of the aggregation by mass.
        taxonomy: None for the 34 domains.
        reference: "tags", "tags:default" or "tags:paper" (the same for all protocols), "column:NAME", or a file.
        keyless: what a word means, in the study's way, if none of its senses is key.
        k: how many domains of a profile count.
        ties: what happens at the k-th place.
        seed: of every draw.
        bootstrap: how many samples the intervals and tests draw.
        hide_sensitive: leave sensitive domains out of profiles and tables (the measures still see all).
    """

    protocols: tuple[ProtocolName, ...] = (ProtocolName.DEFAULT, ProtocolName.PAPER)
    models: tuple[str, ...] = (Recipe().model,)
    facts: tuple[str, ...] = ()
    generalisers: tuple[str, ...] = ()
    aggregation: Aggregation | None = None
    top_k: int = 5
    min_confidence: float = 0.05
    taxonomy: Path | None = None
    reference: str = "tags"
    keyless: Literal["first", "none"] = "first"
    k: int = 5
    ties: Ties = Ties.BY_CODE
    calibrating: Calibrating = field(default_factory=Calibrating)
    selecting: Selecting = field(default_factory=Selecting)
    babelnet: BabelNetOptions = field(default_factory=BabelNetOptions)
    seed: int = 0
    bootstrap: int = 10_000
    hide_sensitive: bool = False

    def __post_init__(self) -> None:
        if not self.protocols or not self.models:
            raise UsageError("an experiment needs at least one protocol and one model")
        if len(set(self.models)) < len(self.models):
            raise UsageError("--model names the same network twice")
        if self.calibrating.folds < 2:
            raise UsageError(f"--folds {self.calibrating.folds}: at least two are needed, one to learn from")
        if self.calibrating.group is not None and self.calibrating.wanted is False:
            raise UsageError("--group goes with --calibrate: it says what is never learned from and tested on at once")
        if self.learning and ProtocolName.DEFAULT not in self.protocols:
            raise UsageError("--calibrate and --group go with the default protocol; the study learned nothing")

    @property
    def learning(self) -> bool:
        """Whether the user asked for a calibration, by one option or another."""
        return bool(self.calibrating.wanted) or self.calibrating.group is not None


@dataclass(frozen=True, slots=True)
class MethodPlan:
    """One way from pictures to profiles.

    Attributes:
        generaliser: a name that `make_generaliser` knows, or `CALIBRATED`.
    """

    name: str
    protocol: ProtocolName
    model: str
    generaliser: str
    aggregation: Aggregation

    @property
    def learned(self) -> bool:
        """Whether it is learned inside the cross-validation."""
        return self.generaliser == CALIBRATED


def reference_protocol(plan: Plan, protocol: ProtocolName) -> ProtocolName:
    """By which protocol the tags of a protocol's reference are read."""
    _, _, fixed = plan.reference.partition("tags:")
    return ProtocolName(fixed) if plan.reference.startswith("tags:") else protocol


def methods_of(plan: Plan, *, calibrate: bool, model_names: dict[str, str]) -> tuple[MethodPlan, ...]:
    """The methods, the main one first; each has a name of its own.

    Args:
        plan: the options.
        calibrate: whether the default protocol learns a calibration.
        model_names: how each model of the plan is called in records.
    """
    made: list[MethodPlan] = []
    for protocol, model in product(plan.protocols, plan.models):
        own = "paper" if protocol is ProtocolName.PAPER else "ontology"
        generalisers = plan.generalisers or (own,)
        if calibrate and protocol is ProtocolName.DEFAULT:
            generalisers = (CALIBRATED, *generalisers)
        aggregation = plan.aggregation or (Aggregation.COUNT if protocol is ProtocolName.PAPER else Aggregation.MASS)
        for place, generaliser in enumerate(generalisers):
            parts = [protocol.value]
            if place:
                parts.append(generaliser)
            if len(plan.models) > 1:
                parts.append(model_names[model])
            made.append(MethodPlan("/".join(parts), protocol, model, generaliser, aggregation))
    names = [method.name for method in made]
    twice = sorted({name for name in names if names.count(name) > 1} | set(names) & set(BASELINES))
    if twice:
        raise UsageError(f"two methods would be called {twice[0]}: name each model and generaliser once")
    return tuple(made)
