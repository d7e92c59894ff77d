"""What the methods of an experiment stand on: people, what networks see in their photos, what they say themselves."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import SourceError, UsageError
from penchant.evaluation.metrics import hold_out
from penchant.experiment.exclusions import Exclusion, counted
from penchant.experiment.looking import look
from penchant.experiment.people import People, not_split, refused_rows, scored_users, unusable, without_photos
from penchant.experiment.plan import ProtocolName, reference_protocol
from penchant.experiment.references import Reference, from_column, from_file, from_tags
from penchant.sources.columns import photo_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from penchant.executors import Executor
    from penchant.experiment.looking import Looked
    from penchant.experiment.plan import Plan
    from penchant.pipeline import Collected, Recipe
    from penchant.semantics.choose import Chosen
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.storage import RunDirectory

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
class Ground:
    """People, what networks see, what people say: photos and users are the same, and in one order, everywhere.

    Attributes:
        people: who is scored, and their photos that count.
        looked: each network's predictions, by the name that the plan has for it.
        references: what people say, as each protocol has it; protocols may share one.
        groups: [photos] names of the plan's group column; None where it has none.
        held: [photos] those that are held out for the recommendation test.
        excluded: what was left out.
    """

    people: People
    looked: Mapping[str, Looked]
    references: Mapping[ProtocolName, Reference]
    groups: tuple[tuple[str, ...], ...] | None
    held: NDArray[np.bool_]
    excluded: tuple[Exclusion, ...]


@contextmanager
def open_generaliser(name: str, plan: Plan, means: Means) -> Iterator[Chosen]:
    """A generaliser of the plan, open for a `with` block; the study's way as the plan wants it."""
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


def lay_ground(
    tables: Sequence[str],
    collected: Collected,
    plan: Plan,
    means: Means,
    generalisers: Mapping[str, Chosen],
) -> Ground:
    """Looks at all photos, reads what people say, and sorts out who is scored; arguments as `run_experiment`.

    Raises:
        SourceError: when nobody is left to be scored.
    """
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
    if plan.reference.startswith("tags"):
        excluded += not_split(people.photos)
    cells = _columns(tables, plan, people)
    references, from_a_file, left_out = _references(plan, people, cells, generalisers, means)
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
    return Ground(
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
    means: Means,
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
            with means.stage(f"Reading tags ({read_as.value})", len(people.photos)) as show:
                if plan.reference.startswith("column:"):
                    column = plan.reference.removeprefix("column:")
                    made[read_as] = from_column(
                        people.photos, cells[column], base.ontology, column=column, protocol=read_as.value, paper=paper
                    )
                else:
                    made[read_as] = from_tags(
                        people.photos,
                        base.ontology,
                        protocol=read_as.value,
                        paper=paper,
                        kept_in=None if means.run is None else means.run.path / "tags",
                        on_progress=show,
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


def _nobody(excluded: Sequence[Exclusion]) -> str:
    counts = {name.replace("_", " "): count for name, count in counted(excluded).items() if count}
    why = ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "the tables name no photos"
    first = f"; first: {excluded[0].reason}" if excluded else ""
    return f"nobody is left to be scored ({why}{first})"
