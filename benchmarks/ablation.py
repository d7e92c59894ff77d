"""The ablation: network × generaliser × aggregation × protocol, on people made from themes of stock photographs.

    python benchmarks/ablation.py --themed THEMED.csv --plain PLAIN.csv --googlenet FILE.onnx --run DIR -o TABLES.md

THEMED has the columns `photo_id, theme, path, tags`, PLAIN the same without `theme`: photos of one subject. Predictions
are kept in DIR, so that only the first call looks at pictures. Writes Markdown tables of numbers; docs/ablation.md and
docs/calibration.md hold them with what they mean.

People: themes are cut into five folds of five, anew in each of `--partitions` partitions. A person of a fold has three
to five of its themes and up to 200 of their photos. A calibration for a fold learns from the themes of the other four.
Such people share themes, so intervals over people are too narrow. The second interval draws the 25 themes with
replacement and weighs each person by the product of how often its themes were drawn (the bootstrap of a U-statistic:
Arcones and Giné 1992). What was learned isn't learned anew in each draw, so it knows nothing of that part of chance.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from theme_bootstrap import Intervals

from penchant.evaluation import constant, oracle_set, prior, random_expected
from penchant.evaluation.metrics import domain_spearman, f1_at_k, hold_out, lift_ranked_f1_at_k, recommendation
from penchant.evaluation.ranking import Ties
from penchant.executors import ThreadExecutor, usable_cores
from penchant.experiment.looking import look
from penchant.experiment.predicted import ByLabel
from penchant.pipeline import Recipe, collect, label_matrix
from penchant.profiles import Adding
from penchant.semantics import make_generaliser
from penchant.semantics.calibration import Transform, fit
from penchant.semantics.calibration.learning import TRANSFORMS
from penchant.storage import open_run
from penchant.tagging import photo_tags
from penchant.types import Aggregation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Table = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Method = Callable[[Rows, Rows], Table]  # training rows, tested rows -> [tested, domains]

FOLDS, SIZE, PER_FOLD, APART = 5, 200, 40, 8
MASS, COUNT = Adding(), Adding(Aggregation.COUNT)
GOOGLENET = ("labels=imagenet-1k", "channels=BGR", "mean=104,117,123")
AS_COUNTS = Transform(power=0, depth=1)
CURVE = (5, 20, 50, 100, 300, 1000)


@dataclass(frozen=True)
class Photos:
    """One set of photos: what two networks say, what tags say by two protocols, and what labels mean."""

    theme: Rows
    label: dict[str, NDArray[np.int32]]
    confidence: dict[str, NDArray[np.float32]]
    target: dict[str, Table]
    matrix: dict[str, Table]

    def __len__(self) -> int:
        return len(self.theme)


@dataclass(frozen=True)
class Person:
    """Somebody made up: their photos, and the themes that these are of."""

    rows: Rows
    themes: tuple[int, ...]


@dataclass(frozen=True)
class Fold:
    """Tested people of one fold of one partition."""

    train: Rows
    test: Rows
    people: tuple[Person, ...]
    apart: tuple[Rows, ...]  # people who share no photo, for the recommendation test


def load(table: Path, googlenet: Path | None, run: Path) -> Photos:
    """Reads, looks and understands; predictions come from the run where it has them."""
    photos = collect([str(table)]).listing.photos
    with table.open(encoding="utf-8", newline="") as file:
        theme = {row["photo_id"]: int(row.get("theme") or 0) for row in csv.DictReader(file)}
    recipes = {"Lite0": Recipe()}
    if googlenet is not None:
        recipes["GoogLeNet"] = Recipe(str(googlenet), GOOGLENET)
    label, confidence = {}, {}
    with open_run(run) as place:
        for name, recipe in recipes.items():
            looked = look(photos, np.zeros(len(photos), np.int64), recipe, ThreadExecutor(usable_cores()), run=place)
            label[name], confidence[name] = looked.label, looked.confidence
    matrix = {}
    for name in ("ontology", "paper"):
        with make_generaliser(name) as generaliser:
            matrix[name] = label_matrix(looked.label_set, generaliser)
            ontology = generaliser.ontology
    target = {name: photo_tags(photos, ontology, protocol=name).weights for name in ("default", "paper")}
    return Photos(np.array([theme[photo.photo_id] for photo in photos]), label, confidence, target, matrix)


def themed_folds(photos: Photos, partitions: int) -> Iterator[Fold]:
    """People of left-out themes."""
    for seed in range(partitions):
        order = np.random.default_rng([1, seed]).permutation(np.unique(photos.theme))
        for number in range(FOLDS):
            themes = order[number::FOLDS]
            test = np.isin(photos.theme, themes)
            rng = np.random.default_rng([2, seed, number])
            people = []
            for _ in range(PER_FOLD):
                own = rng.choice(themes, rng.integers(3, len(themes) + 1), replace=False)
                rows = np.flatnonzero(np.isin(photos.theme, own))
                people.append(Person(rng.choice(rows, min(SIZE, len(rows)), replace=False), tuple(map(int, own))))
            holders = [rng.choice(themes, 3, replace=False) for _ in range(APART)]
            home = np.full(len(photos), -1)
            for row in np.flatnonzero(test):
                of = [at for at, own in enumerate(holders) if photos.theme[row] in own]
                home[row] = rng.choice(of) if of else -1
            apart = tuple(np.flatnonzero(home == at) for at in range(APART))
            yield Fold(np.flatnonzero(~test), np.flatnonzero(test), tuple(people), apart)


def plain_folds(photos: Photos, partitions: int) -> Iterator[Fold]:
    """People of thirty photos each, nobody sharing one; two of ten are tested at once."""
    for seed in range(partitions):
        parts = np.array_split(np.random.default_rng([3, seed]).permutation(len(photos)), 10)
        for number in range(FOLDS):
            mine = tuple(np.sort(part) for part in parts[2 * number : 2 * number + 2])
            test = np.sort(np.concatenate(mine))
            train = np.setdiff1d(np.arange(len(photos)), test)
            yield Fold(train, test, tuple(Person(rows, ()) for rows in mine), mine)


def by_label(photos: Photos, network: str, generaliser: str, adding: Adding) -> Method:
    """A generaliser that learns nothing."""
    known = ByLabel(photos.matrix[generaliser], adding)
    return lambda _, rows: known(photos.label[network][rows], photos.confidence[network][rows])


def calibrated(
    photos: Photos,
    network: str,
    protocol: str,
    *,
    transform: Transform | None = None,
    teachers: Photos | None = None,
    most: int | None = None,
) -> Method:
    """A calibration from the training photos, or from all photos of other teachers."""
    candidates = TRANSFORMS if transform is None else (transform,)

    @cache
    def learned(rows: tuple[int, ...]) -> Callable[..., Table]:
        source = teachers or photos
        chosen = np.arange(len(source)) if teachers is not None else np.array(rows)
        if most is not None and most < len(chosen):
            chosen = np.sort(np.random.default_rng([4, len(rows), int(chosen[0])]).choice(chosen, most, replace=False))
        target = source.target[protocol][chosen]
        total = target.sum(axis=1, keepdims=True)
        groups = source.theme[chosen].tolist() if source.theme.any() else (chosen % 10).tolist()
        return fit(
            source.label[network][chosen], source.confidence[network][chosen], target / np.where(total > 0, total, 1),
            prior=source.matrix["ontology"], groups=groups, candidates=candidates,
        ).photo_domains  # fmt: skip

    def method(train: Rows, rows: Rows) -> Table:
        key = () if teachers is not None else tuple(train.tolist())
        return learned(key)(photos.label[network][rows], photos.confidence[network][rows])

    return method


@dataclass(frozen=True)
class Judged:
    """One method's values: of each person, and of each fold."""

    f1: Table
    lift: Table
    spearman: Table
    auc: Table


def judge(photos: Photos, folds: Sequence[Fold], protocol: str, method: Method) -> Judged:
    """Measures within each fold, as every fold has a calibration of its own."""
    f1, lift, spearman, auc = [], [], [], []
    for fold in folds:
        said = np.zeros((len(photos), photos.target[protocol].shape[1]))
        said[fold.test] = method(fold.train, fold.test)
        predicted, reference = profiles(said, fold), profiles(photos.target[protocol], fold)
        f1.append(f1_at_k(predicted, reference).values)
        lift.append(lift_ranked_f1_at_k(predicted, reference).values)
        spearman.append(domain_spearman(predicted, reference).mean)
        auc.append(own_photos(said, fold))
    if not photos.theme.any():  # people of one subject: nothing sets them apart
        nothing = np.array([np.nan])
        return Judged(np.concatenate(f1), nothing, nothing, nothing)
    return Judged(np.concatenate(f1), np.concatenate(lift), np.array(spearman), np.concatenate(auc))


def profiles(said: Table, fold: Fold) -> Table:
    """[people, domains]."""
    return np.stack([said[person.rows].sum(axis=0) for person in fold.people])


def own_photos(said: Table, fold: Fold) -> Table:
    """AUC of each person's held-out photos among the others' of the fold, by lifts over the fold's mean."""
    rows = np.concatenate(fold.apart)
    owner = np.repeat(np.arange(len(fold.apart)), [len(part) for part in fold.apart])
    held = hold_out(owner, seed=5)
    kept = np.zeros((len(fold.apart), said.shape[1]))
    np.add.at(kept, owner[~held], said[rows[~held]])
    mean = kept.sum(axis=0) / max(kept.sum(), 1e-12)
    usual = 0.98 * mean + 0.02 / len(mean)
    return recommendation(kept / usual, said[rows[held]] / usual, owner[held]).auc.values


def baselines(photos: Photos, folds: Sequence[Fold], protocol: str) -> dict[str, Judged]:
    """Constant and prior of the other folds' people, random, and the best attainable; for each partition."""
    found: dict[str, list[Table]] = {
        name: [] for name in ("constant", "constant, of the same people", "prior", "random", "oracle")
    }
    for start in range(0, len(folds), FOLDS):
        some = folds[start : start + FOLDS]
        reference = np.concatenate([profiles(photos.target[protocol], fold) for fold in some])
        group = np.repeat(np.arange(len(some)), [len(fold.people) for fold in some])
        found["constant"].append(f1_at_k(constant(reference, groups=group), reference).values)
        found["constant, of the same people"].append(f1_at_k(constant(reference), reference).values)
        found["prior"].append(f1_at_k(prior(reference, groups=group), reference).values)
        found["random"].append(f1_at_k(random_expected(reference), reference, ties=Ties.SHARE).values)
        found["oracle"].append(f1_at_k(oracle_set(reference), reference).values)
    nothing = np.array([np.nan])
    return {name: Judged(np.concatenate(values), nothing, nothing, nothing) for name, values in found.items()}


def row(name: str, judged: Judged, against: Judged, intervals: Intervals) -> str:
    """One line of a table."""
    mean, people, themes = intervals.of(judged.f1)
    gain, gain_people, gain_themes = intervals.of(judged.f1 - against.f1)
    cells = [
        name, f"{mean:.3f}", span(people), span(themes), f"{gain:+.3f}",
        span(gain_themes or gain_people, "+"),
        *(number(each) for each in (judged.lift, judged.spearman, judged.auc)),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def number(values: Table) -> str:
    """A mean as text; – where there is none."""
    return "–" if np.isnan(values).all() else f"{np.nanmean(values):.3f}"


def span(found: tuple[float, float] | None, sign: str = "") -> str:
    """An interval as text."""
    return "–" if found is None else f"{found[0]:{sign}.3f} to {found[1]:{sign}.3f}"


HEAD = (
    "| network, generaliser, aggregation | F1@5 | 95 %, people | 95 %, themes | against the constant | 95 % | "
    "lift-ranked F1@5 | Spearman | own photos, AUC |\n|---|---|---|---|---|---|---|---|---|"
)


def main_table(photos: Photos, folds: Sequence[Fold], protocol: str) -> list[str]:
    """All methods under one protocol."""
    intervals = Intervals([person.themes for fold in folds for person in fold.people])
    known = baselines(photos, folds, protocol)
    lines = [HEAD, *(row(f"*{name}*", each, known["constant"], intervals) for name, each in known.items())]
    for network in photos.label:
        methods: dict[str, Method] = {
            f"{generaliser}, {adding.aggregation}": by_label(photos, network, generaliser, adding)
            for generaliser in ("paper", "ontology")
            for adding in (COUNT, MASS)
        }
        methods["calibrated, count"] = calibrated(photos, network, protocol, transform=AS_COUNTS)
        methods["calibrated, mass"] = calibrated(photos, network, protocol)
        for name, method in methods.items():
            note(f"{protocol}: {network}, {name}")
            lines.append(
                row(f"{network}, {name}", judge(photos, folds, protocol, method), known["constant"], intervals)
            )
    return lines


def comparison_table(photos: Photos, folds: Sequence[Fold]) -> list[str]:
    """The calibrated default against others, on the same people."""
    intervals = Intervals([person.themes for fold in folds for person in fold.people])
    known = baselines(photos, folds, "default")
    ours = judge(photos, folds, "default", calibrated(photos, "Lite0", "default"))
    plain = judge(photos, folds, "default", by_label(photos, "Lite0", "ontology", MASS))
    google = judge(photos, folds, "default", calibrated(photos, "GoogLeNet", "default"))
    lines = [
        "| Lite0, calibrated, mass, against | measure | difference | 95 %, themes | folds won |",
        "|---|---|---|---|---|",
    ]
    for name, measure, values, per in (
        ("constant", "F1@5", ours.f1 - known["constant"].f1, PER_FOLD),
        ("constant, of the same people", "F1@5", ours.f1 - known["constant, of the same people"].f1, PER_FOLD),
        ("ontology, mass", "F1@5", ours.f1 - plain.f1, PER_FOLD),
        ("ontology, mass", "lift-ranked F1@5", ours.lift - plain.lift, PER_FOLD),
        ("ontology, mass", "Spearman", ours.spearman - plain.spearman, 1),
        ("ontology, mass", "own photos, AUC", ours.auc - plain.auc, APART),
        ("GoogLeNet, calibrated, mass", "F1@5", ours.f1 - google.f1, PER_FOLD),
    ):
        won = int((values.reshape(-1, per).mean(axis=1) > 0).sum())
        shown = span(intervals.of(values)[2], "+") if per == PER_FOLD else "–"
        lines.append(f"| {name} | {measure} | {values.mean():+.3f} | {shown} | {won} of {len(values) // per} |")
    return lines


def transfer_table(tested: Photos, folds: Sequence[Fold], teachers: Photos, names: tuple[str, str]) -> list[str]:
    """What a calibration learned on other photos does here."""
    intervals = Intervals([person.themes for fold in folds for person in fold.people])
    known = baselines(tested, folds, "default")
    ours, theirs = names
    away = np.zeros_like(tested.target["default"][0])
    top = np.argsort(-teachers.target["default"].sum(axis=0), kind="stable")[:5]
    away[top] = 1
    methods: dict[str, Method] = {
        f"constant of {theirs}": lambda _, rows: np.tile(away, (len(rows), 1)),
        "ontology, mass": by_label(tested, "Lite0", "ontology", MASS),
        f"calibrated on {theirs}": calibrated(tested, "Lite0", "default", teachers=teachers),
        f"calibrated on {ours} (others)": calibrated(tested, "Lite0", "default"),
    }
    lines = [HEAD, row(f"*constant of {ours}*", known["constant"], known["constant"], intervals)]
    for name, method in methods.items():
        note(f"transfer to {ours}: {name}")
        lines.append(row(name, judge(tested, folds, "default", method), known["constant"], intervals))
    return lines


def curve_table(photos: Photos, folds: Sequence[Fold]) -> list[str]:
    """How many photos it takes."""
    intervals = Intervals([person.themes for fold in folds for person in fold.people])
    known = baselines(photos, folds, "default")["constant"]
    methods = {"0 (the ontology)": by_label(photos, "Lite0", "ontology", MASS)}
    methods |= {f"{most:,}": calibrated(photos, "Lite0", "default", most=most) for most in CURVE}
    methods["2,000 (all)"] = calibrated(photos, "Lite0", "default")
    lines = [HEAD.replace("network, generaliser, aggregation", "tagged photos")]
    for name, method in methods.items():
        note(f"curve: {name}")
        lines.append(row(name, judge(photos, folds, "default", method), known, intervals))
    return lines


def note(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--themed", type=Path, required=True, metavar="TABLE")
    parser.add_argument("--plain", type=Path, required=True, metavar="TABLE")
    parser.add_argument("--googlenet", type=Path, metavar="FILE")
    parser.add_argument("--run", type=Path, required=True, metavar="DIR")
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--tables", default="", metavar="WORDS", help="only tables whose title holds these words")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()

    themed = load(options.themed, options.googlenet, options.run / "themed")
    plain = load(options.plain, options.googlenet, options.run / "plain")
    folds, plain_of = list(themed_folds(themed, options.partitions)), list(plain_folds(plain, options.partitions))
    parts: dict[str, Callable[[], list[str]]] = {
        "themes, default protocol": partial(main_table, themed, folds, "default"),
        "themes, paper's protocol": partial(main_table, themed, folds, "paper"),
        "comparisons": partial(comparison_table, themed, folds),
        "food, default protocol": partial(main_table, plain, plain_of, "default"),
        "food, paper's protocol": partial(main_table, plain, plain_of, "paper"),
        "transfer to food": partial(transfer_table, plain, plain_of, themed, ("food", "themes")),
        "transfer to themes": partial(transfer_table, themed, folds, plain, ("themes", "food")),
        "learning curve": partial(curve_table, themed, folds),
    }
    text = [f"<!-- {json.dumps({'partitions': options.partitions, 'people': len(folds) * PER_FOLD})} -->"]
    for title, make in ((title, make) for title, make in parts.items() if options.tables in title):
        text += ["", f"## {title}", "", *make()]
        options.output.write_text("\n".join(text) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
