"""Results of experiments, made up for the tests of their report."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from penchant.evaluation import paper
from penchant.results import (
    ComparisonResult,
    DomainRow,
    ExperimentResult,
    Measure,
    MethodResult,
    Published,
    PublishedColumn,
    Scores,
)

HOSTILE = "\"><script>alert('x')<!--\u202e&amp;=1+1\x1b\n$\\input{/etc/passwd}$"
DOMAINS = (
    ("ANIMALS", "Animals"),
    ("ART_ARCHITECTURE_AND_ARCHAEOLOGY", "Art, architecture, and archaeology"),
    ("BIOLOGY", "Biology"),
    ("BUSINESS_ECONOMICS_AND_FINANCE", "Business, economics, and finance"),
    ("CULTURE_AND_SOCIETY", "Culture and society"),
    ("ENGINEERING_AND_TECHNOLOGY", "Engineering and technology"),
    ("FOOD_AND_DRINK", "Food and drink"),
    ("GEOGRAPHY_AND_PLACES", "Geography and places"),
    ("HEALTH_AND_MEDICINE", "Health and medicine"),
    ("METEOROLOGY", "Meteorology"),
    ("MUSIC", "Music"),
    ("RELIGION_MYSTICISM_AND_MYTHOLOGY", "Religion, mysticism and mythology"),
    ("SPORT_AND_RECREATION", "Sport and recreation"),
    ("TRANSPORT_AND_TRAVEL", "Transport and travel"),
)
SENSITIVE = {"HEALTH_AND_MEDICINE", "RELIGION_MYSTICISM_AND_MYTHOLOGY"}
FAIR = {"domain_spearman": 0.0, "domain_auc": 0.5, "recommendation_auc": 0.5}
USERS = 300


def measure(mean: float | None, *, half: float | None = 0.03, n: int = USERS, undefined: int = 0) -> Measure:
    """A measure with a symmetric interval."""
    if mean is None or half is None:
        return Measure(mean, None, None, n, undefined)
    return Measure(mean, mean - half, mean + half, n, undefined)


def scores(counts: tuple[float, ...], *, apart: float = 0.0, recommendation: bool = True) -> dict[str, Any]:
    """All measures of a distribution of matches; `apart` from 0 to 1 is how well people are told apart."""
    users, k = sum(counts), len(counts) - 1
    mean = sum(number * count for number, count in enumerate(counts)) / users
    values: dict[str, Any] = {
        field.name: measure(min(mean / k + 0.02 * place, 1.0), n=round(users))
        for place, field in enumerate(fields(Scores))
        if field.name not in ("matches", "mean_matches")
    }
    values |= {name: measure(fair + (1 - fair) * apart) for name, fair in FAIR.items()}
    values["lift_ranked_f1_at_k"] = measure(max(apart, 0.04))
    values |= {
        "f1_at_k": measure(mean / k, n=round(users)),
        "matches_at_k": measure(mean, half=0.12, n=round(users)),
        "matches": {str(number): count for number, count in enumerate(counts)},
        "mean_matches": mean,
    }
    if not recommendation:
        values |= dict.fromkeys(("recommendation_auc", "recommendation_recall", "recommendation_mrr"))
    return values


def baselines(*, constant: tuple[float, ...] = (0, 6, 44, 122, 108, 20)) -> dict[str, Scores]:
    """The four of them."""
    return {
        "constant": Scores(**scores(constant)),
        "random": Scores(**scores((135, 120, 38, 7, 0, 0))),
        "prior": Scores(**scores(constant)),
        "oracle": Scores(**scores((0, 0, 0, 0, 0, 300), apart=1.0)),
    }


def domain_rows(*, shift: int = 0) -> tuple[DomainRow, ...]:
    """One row a domain; one is never predicted, one is in nobody's reference."""
    rows = []
    for place, (code, name) in enumerate(DOMAINS):
        said, seen = (place * 67) % 200, (place * 67 + shift + 31 * (place % 4)) % 220
        if code == "METEOROLOGY":
            said, seen = 171, 0
        if code == "MUSIC":
            said = 0
        nobody, never = not said, not seen
        rows.append(
            DomainRow(
                code=code,
                name=name,
                sensitive=code in SENSITIVE,
                predicted_users=seen,
                reference_users=said,
                predicted_share=seen / 1500,
                reference_share=said / 1500,
                precision=None if nobody else 0.0 if never else 0.2 + 0.05 * place,
                recall=None if nobody else 0.0 if never else 0.9 - 0.05 * place,
                auc=None if nobody else 0.5 if never else 0.55 + 0.02 * place,
                spearman=None if nobody else 0.0 if never else -0.05 + 0.04 * place,
                note="in no user's reference" if nobody else "never predicted: counted as 0" if never else "",
            )
        )
    return tuple(rows)


def method(
    name: str,
    counts: tuple[float, ...],
    *,
    apart: float = 0.35,
    against: dict[str, Scores] | None = None,
    protocol: str = "default",
    **changes: Any,
) -> MethodResult:
    """A method; whether it is below the constant follows from the counts."""
    theirs = against if against is not None else baselines()
    values = scores(counts, apart=apart)
    constant = theirs["constant"].f1_at_k.mean
    below = constant is not None and values["f1_at_k"].mean < constant
    made = MethodResult(
        **values,
        name=name,
        protocol=protocol,
        model="efficientnet-lite0-int8",
        generaliser="ontology",
        aggregation="mass",
        reference=f"tags, {protocol}",
        users=round(sum(counts)),
        photos=200 * round(sum(counts)),
        below_constant=below,
        verdict=f"{name} is {'below' if below else 'not below'} the constant baseline: a sentence of its own.",
        domains=domain_rows(shift=len(name)),
        baselines=theirs,
    )
    return replace(made, **changes)


def comparison(
    a: str,
    b: str,
    difference: float | None,
    *,
    p: float | None = 0.0001,
    measure: str = "f1_at_k",
    reference: str = "tags, default",
) -> ComparisonResult:
    """A test with an interval around its difference."""
    if difference is None:
        return ComparisonResult(a, b, measure, reference, None, None, None, None, None, True, 0)
    corrected = None if p is None else min(3 * p, 1.0)
    low, high = difference - 0.02, difference + 0.02
    exact = p is not None and p > 0.5
    return ComparisonResult(a, b, measure, reference, difference, low, high, p, corrected, exact, 300)


def published() -> Published:
    """The study's Table 1."""
    columns = (PublishedColumn(row.network, row.counts, row.mean_matches, row.mean_f1) for row in paper.TABLE_1)
    return Published(paper.SOURCE, paper.USERS, paper.K, tuple(columns))


ABOVE = (0.0, 3.0, 27.0, 95.0, 135.0, 40.0)
BELOW = (4.0, 51.0, 151.0, 90.0, 4.0, 0.0)


def result(*methods: MethodResult, comparisons: tuple[ComparisonResult, ...] = (), **changes: Any) -> ExperimentResult:
    """An experiment with these methods."""
    shown = methods or (method("default", ABOVE),)
    made = ExperimentResult(
        k=len(shown[0].matches) - 1,
        users=shown[0].users,
        photos=shown[0].photos,
        reference="tags",
        ties="by_code",
        verdict=tuple(method.verdict for method in sorted(shown, key=lambda method: not method.below_constant)),
        methods=shown,
        baselines=shown[0].baselines,
        comparisons=comparisons,
        excluded={"users without tags": 4, "pictures that could not be read": 17, "duplicate ids": 0},
        reference_tags={
            "default": {
                "typed": 512_000,
                "kept": 341_200,
                "with a domain": 240_113,
                "dropped: about the photograph": 99,
            },
        },
        taxonomy="babeldomains-34",
        published=published(),
        provenance={
            "command": "penchant experiment photos.parquet -o report --seed 7",
            "penchant": "0.1.0",
            "models": {"efficientnet-lite0-int8": {"sha256": "ab" * 32}},
            "options": {"k": 5, "seed": 7, "networks": ["efficientnet-lite0-int8"]},
        },
    )
    return replace(made, **changes)


def usual() -> ExperimentResult:
    """A method above the constant, one below, one that can't be told from it, and one against another reference."""
    other = baselines(constant=(0, 10, 80, 130, 70, 10))
    return result(
        method("default", ABOVE),
        method("calibrated", (0, 2, 17, 80, 145, 56), apart=0.5, generaliser="calibrated"),
        method("close", (1, 8, 40, 119, 112, 20), apart=0.3),
        method("paper/bvlc-googlenet", BELOW, apart=0.2, protocol="paper", against=other, generaliser="paper"),
        comparisons=(
            comparison("default", "constant", 0.06),
            comparison("calibrated", "constant", 0.1),
            comparison("close", "constant", 0.006, p=0.4),
            comparison("paper/bvlc-googlenet", "constant", -0.17, reference="tags, paper"),
            comparison("default", "calibrated", -0.04),
            comparison("default", "close", 0.03, p=0.01),
            comparison("default", "calibrated", -0.1, measure="domain_spearman"),
            comparison("default", "close", None, measure="recommendation_auc"),
        ),
    )


def of_the_paper() -> ExperimentResult:
    """The study's own counts, as if they had been found here."""
    return result(*(method(row.network, tuple(float(n) for n in row.counts)) for row in paper.TABLE_1))


def hostile() -> ExperimentResult:
    """Every text is an attack."""
    row = replace(domain_rows()[0], code=HOSTILE, name=HOSTILE, note=HOSTILE, reference_users=90, predicted_users=30)
    attack = replace(
        method(HOSTILE, BELOW, verdict=HOSTILE, notes=(HOSTILE,), domains=(row,)),
        reference=HOSTILE,
        protocol=HOSTILE,
        model=HOSTILE,
        generaliser=HOSTILE,
        aggregation=HOSTILE,
    )
    return result(
        attack,
        comparisons=(
            comparison(HOSTILE, "constant", -0.1, reference=HOSTILE),
            comparison(HOSTILE, HOSTILE, 0.1, measure=HOSTILE, reference=HOSTILE),
        ),
        reference=HOSTILE,
        verdict=(HOSTILE,),
        excluded={HOSTILE: 3},
        reference_tags={HOSTILE: {HOSTILE: 5}},
        taxonomy=HOSTILE,
        provenance={HOSTILE: HOSTILE, "command": HOSTILE, "nested": {HOSTILE: [HOSTILE]}},
    )


def lonely() -> ExperimentResult:
    """One user, so no interval and no test; no recommendation; nothing excluded."""
    one = method("default", (0, 0, 1, 0, 0, 0), users=1, photos=12)
    bare = {
        field.name: replace(getattr(one, field.name), low=None, high=None)
        for field in fields(Scores)
        if isinstance(getattr(one, field.name), Measure)
    }
    bare |= dict.fromkeys(("recommendation_auc", "recommendation_recall", "recommendation_mrr"))
    bare |= {"domain_spearman": Measure(None, None, None, 0, 14), "domain_auc": Measure(None, None, None, 0, 14)}
    return result(
        replace(one, **bare),
        comparisons=(comparison("default", "constant", None),),
        excluded={},
        reference_tags={},
        users=1,
        photos=12,
        provenance={},
    )


def crowd() -> ExperimentResult:
    """More methods than one panel can hold, and another k, so that nothing can be compared with the study."""
    three = baselines(constant=(10, 90, 150, 50))
    return result(*(method(f"method {n}", (20.0 + n, 80.0, 130.5, 69.5 - n), against=three) for n in range(8)))
