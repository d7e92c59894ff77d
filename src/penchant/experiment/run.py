"""An experiment from its tables to its result: the one place where its parts are joined.

photos ── look ──> predictions ──┐ (once a network)
   │                             ├──> predicted profiles (a method each) ──┐
   └───── tags ──> references ───┘ (a calibration learns from them)        ├──> judge ──> result
                       └───────────────────────────────────────────────────┘
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import SourceError, UsageError
from penchant.evaluation.metrics import hold_out
from penchant.experiment.calibrated import ENOUGH_PHOTOS, calibrated_parts
from penchant.experiment.comparing import Bout, Contender, comparisons
from penchant.experiment.exclusions import Exclusion, counted
from penchant.experiment.folds import folds_of
from penchant.experiment.looking import look
from penchant.experiment.people import People, refused_rows, scored_users, unusable, without_photos
from penchant.experiment.plan import ENOUGH_USERS, MethodPlan, ProtocolName, methods_of, reference_protocol
from penchant.experiment.predicted import ByLabel, Predicted, predicted
from penchant.experiment.provenance import provenance_of, published
from penchant.experiment.references import Reference, from_column, from_file, from_tags
from penchant.experiment.scoring import HeldOut, Judged, Judging, domain_rows, judge, judge_baselines, scores_of
from penchant.experiment.wording import summary_of, verdict_of
from penchant.pipeline import Recipe, calibration_of, label_matrix
from penchant.profiles import Adding
from penchant.results import ExperimentResult, MethodResult, Scores
from penchant.sources.columns import photo_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from penchant.executors import Executor
    from penchant.experiment.folds import Fold
    from penchant.experiment.looking import Looked
    from penchant.experiment.plan import Plan
    from penchant.experiment.predicted import Part
    from penchant.pipeline import Collected
    from penchant.semantics.choose import Chosen
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.storage import RunDirectory
    from penchant.types import Domain

    Stage = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Means:
    """What an experiment may use, none of which decides its result.

    Attributes:
        recipe: how pictures are looked at; its model and facts are the plan's.
        executor: what runs it.
        run: where predictions are kept, and found again.
        retry_failed: try photos again that failed before.
        stage: from a stage's name and size to a context that gives what is told how much of it is done.
        warn: told what the user should know.
    """

    recipe: Recipe
    executor: Executor
    run: RunDirectory | None
    retry_failed: bool
    stage: Stage
    warn: Callable[[str], None]


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


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """What all methods stand on: people, what networks see, what people say."""

    people: People
    looked: Mapping[str, Looked]
    references: Mapping[ProtocolName, Reference]
    groups: tuple[tuple[str, ...], ...] | None
    held: NDArray[np.bool_]
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
        generalisers = {name: stack.enter_context(_generaliser(name, plan, means)) for name in names}
        base = next(iter(generalisers.values()))
        ground = _ground(tables, collected, plan, means, generalisers)
        calibrate = _calibrates(plan, ground)
        planned = methods_of(
            plan, calibrate=calibrate, model_names={name: one.model.name for name, one in ground.looked.items()}
        )
        domains = tuple(base.taxonomy.domains)
        folds = _folds(plan, ground) if calibrate else ()
        made = {method.name: _predicted(method, plan, ground, generalisers, folds, means) for method in planned}
        with means.stage("Measuring", None):
            return _judged(tables, plan, ground, planned, made, domains, base)


def _own(protocol: ProtocolName) -> str:
    return "paper" if protocol is ProtocolName.PAPER else "ontology"


@contextmanager
def _generaliser(name: str, plan: Plan, means: Means) -> Iterator[Chosen]:
    from penchant.semantics.choose import make_generaliser
    from penchant.semantics.paper import PaperGeneraliser

    with make_generaliser(
        name,
        taxonomy=plan.taxonomy,
        babelnet_key=plan.babelnet.key,
        babelnet_cache=plan.babelnet.cache,
        max_requests=plan.babelnet.max_requests,
        warn=means.warn,
    ) as made:
        if isinstance(made, PaperGeneraliser):
            yield PaperGeneraliser(made.ontology, dictionary=made.dictionary, name=made.name, keyless=plan.keyless)
        else:
            yield made


def _ground(
    tables: Sequence[str],
    collected: Collected,
    plan: Plan,
    means: Means,
    generalisers: Mapping[str, Chosen],
) -> _Ground:
    listed = People.of(collected.listing.photos)
    excluded = refused_rows(collected.listing)
    looked = {}
    for model in plan.models:
        recipe = replace(means.recipe, model=model, facts=plan.facts if model.endswith(".onnx") else ())
        with means.stage(f"Looking at pictures ({Path(model).stem})", len(listed.photos)) as show:
            looked[model] = look(
                listed.photos, listed.owner, recipe, means.executor, run=means.run, known=collected.known,
                retry_failed=means.retry_failed, on_progress=show,
            )  # fmt: skip
        for sentence in looked[model].notes:
            means.warn(sentence)
    keep, left_out = unusable(listed, list(looked.values()))
    people = listed.select(keep)
    excluded += left_out + without_photos(collected.listing, listed.users, people.users)
    if not people.photos:
        raise SourceError(_nobody(excluded))
    cells = _columns(tables, plan, people)
    references, from_a_file, left_out = _references(plan, people, cells, generalisers, means.stage)
    excluded += left_out
    scored, left_out = scored_users(people, list(references.values()), plan.selecting, from_file=from_a_file)
    excluded += left_out
    if not scored.any():
        raise SourceError(_nobody(excluded))
    mask = scored[people.owner]
    rows = np.flatnonzero(keep)[mask]
    kept = np.zeros(len(listed.photos), np.bool_)
    kept[rows] = True
    final = people.select(mask)
    seen = {model: one.select(kept) for model, one in looked.items()}
    digest = next(iter(seen.values())).digest
    group = cells.get(plan.calibrating.group or "")
    return _Ground(
        people=final,
        looked=seen,
        references=_of_scored(references, scored, mask),
        groups=None if group is None else tuple(group.get((p.user_id, p.photo_id), ()) for p in final.photos),
        held=hold_out(final.owner, picture=digest, seed=plan.seed),
        excluded=tuple(excluded),
    )


def _of_scored(
    references: Mapping[ProtocolName, Reference], scored: NDArray[np.bool_], photos: NDArray[np.bool_]
) -> dict[ProtocolName, Reference]:
    """What is left of the references; protocols that share one go on sharing it."""
    cut = {
        id(one): replace(
            one,
            weights=one.weights[scored],
            photos=None if one.photos is None else one.photos[photos],
            tags=None if one.tags is None else one.tags[scored],
        )
        for one in references.values()
    }
    return {protocol: cut[id(one)] for protocol, one in references.items()}


def _columns(
    tables: Sequence[str], plan: Plan, people: People
) -> dict[str, dict[tuple[str | None, str], tuple[str, ...]]]:
    """The extra columns that the plan wants, from all tables."""
    column = plan.reference.removeprefix("column:") if plan.reference.startswith("column:") else None
    wanted = tuple(dict.fromkeys(name for name in (plan.calibrating.group, column) if name is not None))
    cells: dict[str, dict[tuple[str | None, str], tuple[str, ...]]] = {name: {} for name in wanted}
    if wanted:
        for table in tables:
            for name, found in photo_columns(table, wanted).items():
                cells[name] |= found
    for name, found in cells.items():
        if not any((photo.user_id, photo.photo_id) in found for photo in people.photos):
            raise UsageError(f"the column {name} says nothing of any photo that can be used")
    return cells


def _references(
    plan: Plan,
    people: People,
    cells: Mapping[str, dict[tuple[str | None, str], tuple[str, ...]]],
    generalisers: Mapping[str, Chosen],
    stage: Stage,
) -> tuple[dict[ProtocolName, Reference], bool, list[Exclusion]]:
    base = next(iter(generalisers.values()))
    if not (plan.reference == "tags" or plan.reference.startswith(("tags:", "column:"))):
        reference, left_out = from_file(Path(plan.reference), people.users, base.taxonomy)
        return dict.fromkeys(plan.protocols, reference), True, list(left_out)
    made: dict[ProtocolName, Reference] = {}
    found: dict[ProtocolName, Reference] = {}
    for protocol in plan.protocols:
        read_as = reference_protocol(plan, protocol)
        if read_as not in made:
            paper = _dictionary(generalisers, plan) if read_as is ProtocolName.PAPER else None
            with stage(f"Reading tags ({read_as.value})", len(people.photos)) as show:
                if plan.reference.startswith("column:"):
                    column = plan.reference.removeprefix("column:")
                    made[read_as] = from_column(
                        people.photos, cells[column], base.ontology, column=column, protocol=read_as.value, paper=paper
                    )
                else:
                    made[read_as] = from_tags(
                        people.photos, base.ontology, protocol=read_as.value, paper=paper, on_progress=show
                    )
        found[protocol] = made[read_as]
    return found, False, []


def _dictionary(generalisers: Mapping[str, Chosen], plan: Plan) -> PaperGeneraliser:
    """What the study's way looks words up in: that of the plan's own generaliser, where it has one."""
    from penchant.semantics.paper import PaperGeneraliser

    for generaliser in generalisers.values():
        if isinstance(generaliser, PaperGeneraliser):
            return generaliser
    return PaperGeneraliser(next(iter(generalisers.values())).ontology, keyless=plan.keyless)


def _calibrates(plan: Plan, ground: _Ground) -> bool:
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


def _folds(plan: Plan, ground: _Ground) -> tuple[Fold, ...]:
    picture = next(iter(ground.looked.values())).digest
    return folds_of(ground.people.owner, picture, groups=ground.groups, folds=plan.calibrating.folds, seed=plan.seed)


def _predicted(
    method: MethodPlan,
    plan: Plan,
    ground: _Ground,
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
        with means.stage("Learning what people call interesting", len(folds)) as show:
            parts = calibrated_parts(
                looked, people.owner, target, label_matrix(looked.label_set, base), folds,
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
            parts = ((everything, ByLabel(label_matrix(looked.label_set, generaliser), adding)),)
    return predicted(looked, people.owner, len(people.users), ground.held, parts)


def _judged(
    tables: Sequence[str],
    plan: Plan,
    ground: _Ground,
    planned: Sequence[MethodPlan],
    made: Mapping[str, Predicted],
    domains: tuple[Domain, ...],
    base: Chosen,
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
                notes=_notes(method, ground),
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


def _told(reference: Reference, ground: _Ground, owner: NDArray[np.int64]) -> HeldOut | None:
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
    ground: _Ground,
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


def _notes(method: MethodPlan, ground: _Ground) -> tuple[str, ...]:
    if method.learned:
        by = "user" if ground.groups is None else "user and group"
        return (f"learned from the other folds' users, cut by {by}: nobody was in training and test together",)
    return ()


def _reference_name(plan: Plan) -> str:
    if plan.reference.startswith(("tags", "column:")):
        return plan.reference
    return Path(plan.reference).name


def _nobody(excluded: Sequence[Exclusion]) -> str:
    counts = {name.replace("_", " "): count for name, count in counted(excluded).items() if count}
    why = ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "the tables name no photos"
    first = f"; first: {excluded[0].reason}" if excluded else ""
    return f"nobody is left to be scored ({why}{first})"
