"""Measure the lexicon and the ontology: speed, coverage, and agreement with annotated synsets and tags.

    python benchmarks/semantics.py [--classes-gold FILE] [--tags-gold FILE]

Prints one JSON object. Times are medians of `--repeat` runs in one process, after imports. A gold file is a table
with tabs and a header: `wnid, name, primary, acceptable` for classes, `tag, classes, primary, acceptable` for tags;
`primary` and `acceptable` are domain codes joined by commas, empty or "-" where there is none (such rows are not
scored). A case is acceptable if the first domain is one of `acceptable`, primary if it is one of `primary`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.semantics import Lexicon, Ontology, OntologyGeneraliser, load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable

    from penchant.types import DomainWeights

LABELS = Path(__file__).resolve().parent.parent / "src" / "penchant" / "data" / "labels" / "imagenet-1k.tsv"


@dataclass(frozen=True, slots=True)
class Case:
    """A gold row that was not answered acceptably."""

    item: str
    got: str | None
    acceptable: str


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement with a gold file; `known_acceptable` leaves out the cases without any answer."""

    cases: int
    acceptable: float
    primary: float
    answered: float
    known_acceptable: float
    wrong: tuple[Case, ...]


def score(path: Path, answer: Callable[[str], DomainWeights], shown: Callable[[list[str]], str]) -> Score:
    """Score the first domain of each annotated row."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    rows = [row for row in rows if row[3] not in ("", "-")]
    acceptable = primary = answered = 0
    wrong = []
    for row in rows:
        weights = answer(row[0])
        first = weights[0][0] if weights else None
        answered += first is not None
        primary += first in row[2].split(",")
        if first in row[3].split(","):
            acceptable += 1
        else:
            wrong.append(Case(shown(row), first, row[3]))
    return Score(
        cases=len(rows),
        acceptable=round(acceptable / len(rows), 4),
        primary=round(primary / len(rows), 4),
        answered=round(answered / len(rows), 4),
        known_acceptable=round(acceptable / answered, 4) if answered else 0.0,
        wrong=tuple(wrong),
    )


def timed(work: Callable[[], object], repeat: int) -> float:
    """The median time of a call, in milliseconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return round(statistics.median(times), 2)


def rate(work: Callable[[str], object], items: list[str]) -> int:
    """Calls a second over these items, all of them asked before."""
    for item in items:
        work(item)
    start = time.perf_counter()
    for item in items:
        work(item)
    return round(len(items) / (time.perf_counter() - start))


def cold_labels(lexicon: Callable[[], Lexicon], wnids: list[str]) -> Callable[[], object]:
    """Everything between the files and the domains of a classifier's labels, except reading the lexicon."""
    loaded = iter([lexicon() for _ in range(50)])

    def work() -> object:
        ontology = Ontology(next(loaded), load_taxonomy())
        return [ontology.domains(wnid) for wnid in wnids]

    return work


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--classes-gold", type=Path, metavar="FILE")
    parser.add_argument("--tags-gold", type=Path, metavar="FILE")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()

    wnids = [line.split("\t")[1] for line in LABELS.read_text(encoding="utf-8").splitlines()[1:]]
    result: dict[str, object] = {
        "schema_version": 1,
        "lexicon_load_ms": timed(Lexicon.load, options.repeat),
        "taxonomy_and_1000_labels_cold_ms": timed(cold_labels(Lexicon.load, wnids), min(options.repeat, 50)),
    }
    generaliser = OntologyGeneraliser.load()
    lexicon, ontology = generaliser.ontology.lexicon, generaliser.ontology
    synsets = list(lexicon)
    words = [lemma for synset in synsets[::8] for lemma in lexicon.lemmas(synset)]
    fresh = Lexicon.load()
    result["cold_senses_per_s"] = round(len(words) / (timed(lambda: [fresh.senses(w) for w in words], 1) / 1e3))
    many = (words * (1_000_000 // len(words) + 1))[:1_000_000]
    result["warm_senses_per_s"] = rate(lexicon.senses, many)
    result["warm_word_domains_per_s"] = rate(generaliser.word_domains, many)
    result["warm_synset_domains_per_s"] = rate(ontology.domains, (wnids * 1000)[:1_000_000])
    result["synsets"] = len(synsets)
    result["coverage"] = round(sum(bool(ontology.domains(synset)) for synset in synsets) / len(synsets), 4)
    result["imagenet_covered"] = sum(bool(ontology.domains(wnid)) for wnid in wnids)
    result["anchors"] = len(generaliser.taxonomy.anchors)
    if options.classes_gold:
        answer = generaliser.synset_domains
        result["classes"] = asdict(score(options.classes_gold, answer, lambda row: f"{row[0]} {row[1]}"))
    if options.tags_gold:
        result["tags"] = asdict(score(options.tags_gold, generaliser.word_domains, lambda row: row[0]))
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
