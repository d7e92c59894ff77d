"""An experiment from its tables to its result: the one place where its parts are joined.

photos ── look ──> predictions ──┐ (once a network)
   │                             ├──> predicted profiles (a method each) ──┐
   └───── tags ──> references ───┘ (a calibration learns from them)        ├──> judge ──> result
                       └───────────────────────────────────────────────────┘
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.experiment.calibrated import ENOUGH_PHOTOS, calibrated_parts
from penchant.experiment.comparing import Bout, Contender, comparisons
from penchant.experiment.exclusions import counted
from penchant.experiment.folds import folds_of
from penchant.experiment.ground import lay_ground, open_generaliser
from penchant.experiment.plan import ENOUGH_USERS, MethodPlan, ProtocolName, methods_of
from penchant.experiment.predicted import ByLabel, Predicted, predicted
from penchant.experiment.provenance import provenance_of, published
from penchant.experiment.scoring import (
    HeldOut,
    Judged,
    Judging,
    domain_rows,
    judge,
    judge_baselines,
    scores_of,
    within_folds,
)
from penchant.experiment.wording import summary_of, verdict_of, within_folds_note
from penchant.pipeline import calibration_of, label_matrix
from penchant.profiles import Adding
from penchant.results import ExperimentResult, MethodResult, Scores
from penchant.semantics.choose import babelnet_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from penchant.experiment.exclusions import Exclusion
    from penchant.experiment.folds import Fold
    from penchant.experiment.ground import Ground, Means
    from penchant.experiment.looking import Looked
    from penchant.experiment.plan import Plan
    from penchant.experiment.predicted import Part
    from penchant.experiment.references import Reference
    from penchant.pipeline import Collected
    from penchant.results import WithinFolds
    from penchant.semantics.choose import Chosen
    from penchant.types import Domain


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """One table of profiles, to be kept with the report: a method's, or a reference (`method` None)."""

    method: str | None
    reference: str
    weights: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Experiment:
    """What an experiment made.

    Attributes:
        result: `metrics.json`.
        users: the names of the users who were scored, the rows of the profiles.
        domains: the columns of the profiles.
        profiles: all of them.
        excluded: what was left out, one by one.
    """

    result: ExperimentResult
    users: tuple[str | None, ...]
    domains: tuple[Domain, ...]
    profiles: tuple[Profiles, ...]
    excluded: tuple[Exclusion, ...]


def run_experiment(tables: Sequence[str], collected: Collected, plan: Plan, means: Means) -> Experiment:
    """Does the experiment.

    Args:
        tables: where the photos come from; read again where the plan wants other columns of them.
        collected: their photos.
        plan: all that decides the result.
        means: all that doesn't.

    Raises:
        SourceError: when nobody is left to be scored.
        UsageError: when the options don't fit the table, or one another.
        ModelError, SemanticsError, StorageError: as the parts.
    """
    with ExitStack() as stack:
        own = [_own(protocol) for protocol in plan.protocols]
        names = tuple(dict.fromkeys([*plan.generalisers] if plan.generalisers else own))
        generalisers = {name: stack.enter_context(open_generaliser(name, plan, means)) for name in names}
        base = next(iter(generalisers.values()))
        ground = lay_ground(tables, collected, plan, means, generalisers)
        calibrate = _calibrates(plan, ground)
        planned = methods_of(
            plan, calibrate=calibrate, model_names={name: one.model.name for name, one in ground.looked.items()}
        )
        domains = tuple(base.taxonomy.domains)
        folds = _folds(plan, ground) if calibrate else ()
        made = {method.name: _predicted(method, plan, ground, generalisers, folds, means) for method in planned}
        with means.stage("Measuring", None):
            return _judged(tables, plan, ground, planned, made, domains, base, folds)


def _own(protocol: ProtocolName) -> str:
    return "paper" if protocol is ProtocolName.PAPER else "ontology"


def _calibrates(plan: Plan, ground: Ground) -> bool:
    """Whether a calibration is learned."""
    if ProtocolName.DEFAULT not in plan.protocols or plan.calibrating.wanted is False:
        return False
    reference = ground.references[ProtocolName.DEFAULT]
    users = len(ground.people.users)
    if plan.learning:
        if users < 2:
            raise UsageError("--calibrate learns from some users and is tested on others: the table has only one")
        return True
    asked = bool(plan.generalisers)  # who names a generaliser wants that one
    tagged = 0 if reference.photos is None else int(reference.photos.any(axis=1).sum())
    return not asked and users >= ENOUGH_USERS and tagged >= 2 * ENOUGH_PHOTOS


def _folds(plan: Plan, ground: Ground) -> tuple[Fold, ...]:
    picture = next(iter(ground.looked.values())).digest
    return folds_of(ground.people.owner, picture, groups=ground.groups, folds=plan.calibrating.folds, seed=plan.seed)


def _predicted(
    method: MethodPlan,
    plan: Plan,
    ground: Ground,
    generalisers: Mapping[str, Chosen],
    folds: Sequence[Fold],
    means: Means,
) -> Predicted:
    looked = ground.looked[method.model]
    people = ground.people
    everything = np.ones(len(people.photos), np.bool_)
    parts: tuple[Part, ...]
    if method.learned:
        base = generalisers[_own(method.protocol)] if not plan.generalisers else next(iter(generalisers.values()))
        reference = ground.references[method.protocol]
        target = reference.photos if reference.photos is not None else reference.weights[people.owner]
        prior = _matrix(looked, base, means)
        with means.stage("Learning what people call interesting", len(folds)) as show:
            parts = calibrated_parts(
                looked, people.owner, target, prior, folds,
                groups=ground.groups, seed=plan.seed, on_progress=show,
                kept_in=None if means.run is None else means.run.path / "calibration",
            )  # fmt: skip
    else:
        adding = Adding(method.aggregation, plan.top_k, plan.min_confidence)
        generaliser = generalisers[method.generaliser]
        given = calibration_of(generaliser, looked.label_set)
        if given is not None:
            parts = ((everything, given.calibration.photo_domains),)
        else:
            parts = ((everything, ByLabel(_matrix(looked, generaliser, means), adding)),)
    return predicted(looked, people.owner, len(people.users), ground.held, parts)


def _matrix(looked: Looked, generaliser: Chosen, means: Means) -> NDArray[np.float64]:
    """What each label means; BabelNet is asked with a bar, as a thousand questions take minutes the first time."""
    classes = looked.label_set.classes
    if babelnet_of(generaliser) is not None:
        with means.stage("Asking BabelNet about labels", len(classes)) as show:
            for done, label in enumerate(classes, start=1):
                generaliser.label_domains(label)
                show(done)
    return label_matrix(looked.label_set, generaliser)


def _judged(
    tables: Sequence[str],
    plan: Plan,
    ground: Ground,
    planned: Sequence[MethodPlan],
    made: Mapping[str, Predicted],
    domains: tuple[Domain, ...],
    base: Chosen,
    folds: Sequence[Fold],
) -> Experiment:
    how = Judging(plan.k, plan.ties, plan.seed, plan.bootstrap)
    people = ground.people
    owner = people.owner[ground.held]
    distinct = {id(reference): reference for reference in ground.references.values()}
    held = {method.name: HeldOut(made[method.name].without_held, made[method.name].held, owner) for method in planned}
    judged = {
        method.name: judge(
            made[method.name].weights, ground.references[method.protocol].weights, how, held=held[method.name]
        )
        for method in planned
    }
    baselines = {
        key: judge_baselines(
            reference.weights,
            how,
            held=held[next(m.name for m in planned if ground.references[m.protocol] is reference)],
            told=_told(reference, ground, owner),
        )
        for key, reference in distinct.items()
    }
    order = [*judged.values(), *(one for group in baselines.values() for one in group.values())]
    scores = dict(zip(map(id, order), scores_of(order, how), strict=True))
    compared = comparisons(_bouts(planned, judged, made, baselines, ground, how), how)
    inside = _inside_folds(planned, made, ground, folds, how)
    methods = []
    for method in planned:
        reference = ground.references[method.protocol]
        beside = {name: scores[id(one)] for name, one in baselines[id(reference)].items()}
        own = scores[id(judged[method.name])]
        against = next(c for c in compared if (c.a, c.b, c.measure) == (method.name, "constant", "f1_at_k"))
        mean, bar = own.f1_at_k.mean, beside["constant"].f1_at_k.mean
        rows = domain_rows(judged[method.name], reference.weights, domains, how)
        methods.append(
            MethodResult(
                **{field: getattr(own, field) for field in Scores.__dataclass_fields__},
                name=method.name,
                protocol=method.protocol.value,
                model=ground.looked[method.model].model.name,
                generaliser=method.generaliser,
                aggregation=method.aggregation.value,
                reference=reference.name,
                users=len(people.users),
                photos=len(people.photos),
                below_constant=mean is not None and bar is not None and mean < bar,
                verdict=verdict_of(method.name, own.f1_at_k, beside["constant"].f1_at_k, against, plan.k),
                domains=tuple(row for row in rows if not (plan.hide_sensitive and row.sensitive)),
                baselines=beside,
                within_folds=inside.get(method.name),
                notes=_notes(method, planned, ground, inside, plan.k),
            )
        )
    result = ExperimentResult(
        k=plan.k,
        users=len(people.users),
        photos=len(people.photos),
        reference=_reference_name(plan),
        ties=plan.ties.value,
        verdict=summary_of(methods, len(people.users)),
        methods=tuple(methods),
        baselines=methods[0].baselines,
        comparisons=compared,
        excluded=counted(ground.excluded),
        reference_tags={
            protocol.value: dict(reference.words) for protocol, reference in ground.references.items()
        },
        taxonomy=base.taxonomy.name,
        published=published(),
        provenance=provenance_of(
            tables, plan, models=[one.model for one in ground.looked.values()], taxonomy=base.taxonomy,
            calibrated=any(method.learned for method in planned),
        ),
    )  # fmt: skip
    tables_of = [
        *(Profiles(m.name, ground.references[m.protocol].name, made[m.name].weights) for m in planned),
        *(Profiles(None, reference.name, reference.weights) for reference in distinct.values()),
    ]
    return Experiment(result, people.users, domains, tuple(tables_of), ground.excluded)


def _told(reference: Reference, ground: Ground, owner: NDArray[np.int64]) -> HeldOut | None:
    """The recommendation test by what people say: the bound for what pictures say."""
    if reference.photos is None:
        return None
    aside = reference.photos[ground.held]
    profiles = reference.weights.copy()
    np.subtract.at(profiles, owner, aside)
    return HeldOut(np.maximum(profiles, 0.0), aside, owner)


def _bouts(
    planned: Sequence[MethodPlan],
    judged: Mapping[str, Judged],
    made: Mapping[str, Predicted],
    baselines: Mapping[int, Mapping[str, Judged]],
    ground: Ground,
    how: Judging,
) -> list[Bout]:
    """Methods of one reference among themselves; those of another also against the main one's, on its reference."""
    bouts = []
    for key, group in baselines.items():
        mine = [m for m in planned if id(ground.references[m.protocol]) == key]
        reference = ground.references[mine[0].protocol]
        fighters = [Contender(m.name, judged[m.name]) for m in mine]
        bouts.append(Bout(reference.name, reference.weights, fighters, Contender("constant", group["constant"])))
    main = planned[0]
    reference = ground.references[main.protocol]
    for other in planned:
        if ground.references[other.protocol] is not reference:
            away = judge(
                made[other.name].weights, reference.weights, how,
                held=HeldOut(made[other.name].without_held, made[other.name].held, ground.people.owner[ground.held]),
            )  # fmt: skip
            pair = [Contender(main.name, judged[main.name]), Contender(other.name, away)]
            bouts.append(Bout(reference.name, reference.weights, pair, None))
    return bouts


def _inside_folds(
    planned: Sequence[MethodPlan],
    made: Mapping[str, Predicted],
    ground: Ground,
    folds: Sequence[Fold],
    how: Judging,
) -> dict[str, WithinFolds]:
    """All methods as they are inside the folds; nothing where nothing was learned."""
    if not folds:
        return {}
    owner = ground.people.owner
    fold = np.zeros(len(ground.people.users), np.int64)
    for number, one in enumerate(folds):
        fold[owner[one.test]] = number
    return {
        method.name: within_folds(made[method.name].weights, ground.references[method.protocol].weights, fold, how)
        for method in planned
    }


def _notes(
    method: MethodPlan, planned: Sequence[MethodPlan], ground: Ground, inside: Mapping[str, WithinFolds], k: int
) -> tuple[str, ...]:
    if not method.learned:
        return ()
    by = "user" if ground.groups is None else "user and group"
    rivals = [
        other.name
        for other in planned
        if not other.learned and (other.protocol, other.model) == (method.protocol, method.model)
    ]
    said = within_folds_note({name: inside[name] for name in (method.name, *rivals)}, k)
    return (f"learned from the other folds' users, cut by {by}: nobody was in training and test together", *said)


def _reference_name(plan: Plan) -> str:
    if plan.reference.startswith(("tags", "column:")):
        return plan.reference
    return Path(plan.reference).name
