"""How fast tags are cleaned and understood, and with --gold how well; prints JSON.

    python benchmarks/tags.py [--tags 100000] [--gold FILE] [--wrong]

Speed is measured on distinct tags made from WordNet's forms (as they stand, in the plural, run together, apart, with a
slip) and cameras' names, with a fixed seed, one thread, processor time; the tables that are made on first use count.
The gold file has the columns tag, classes, primary, acceptable (a tag's classes: KEEP and NAME are kept); a tag with
classes on both sides counts as right either way.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from itertools import pairwise
from pathlib import Path

from penchant.semantics.lexfile import read_lexicon_file
from penchant.semantics.lexicon import EMBEDDED
from penchant.semantics.tags import TagReader

KEPT = {"KEEP", "NAME"}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tags", type=int, default=100_000)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list the wrong cases of the gold file")
    arguments = parser.parse_args()
    report: dict[str, object] = {}
    if arguments.tags:
        report["speed"] = speed(arguments.tags)
    if arguments.gold:
        report["gold"] = score(arguments.gold, list_wrong=arguments.wrong)
    print(json.dumps(report, indent=2, ensure_ascii=False))


def speed(number: int) -> dict[str, float]:
    """Seconds for distinct tags that were never seen, and how many a second once seen."""
    tags = made_tags(number)
    start = time.process_time()
    reader = TagReader.load()
    loaded = time.process_time()
    for tag in tags:
        reader.read(tag)
    read = time.process_time()
    for tag in tags:
        reader.read(tag)
    again = time.process_time()
    return {
        "distinct_tags": len(tags),
        "load_seconds": round(loaded - start, 3),
        "first_seconds": round(read - loaded, 3),
        "seen_per_second": round(len(tags) / (again - read)),
    }


def made_tags(number: int, seed: int = 1) -> list[str]:
    """Distinct tags, the same for a seed."""
    file = read_lexicon_file(EMBEDDED)
    starts = file.columns["form_start"].tolist()
    forms = [file.text[start:end].replace("_", " ") for start, end in pairwise(starts)]
    seen = file.columns["sense_start"].tolist()
    counts = file.columns["sense_count"].tolist()
    words = [  # those that texts have: nobody compounds the others
        form
        for number, form in enumerate(forms)
        if form.isalpha() and form.islower() and len(form) > 2 and any(counts[seen[number] : seen[number + 1]])
    ]
    random_ = random.Random(seed)
    tags: dict[str, None] = {}
    while len(tags) < number:
        kind = random_.random()
        word, other = random_.choice(words), random_.choice(words)
        place = random_.randrange(len(word))
        if kind < 0.6:
            tag = random_.choice(forms)
        elif kind < 0.75:
            tag = word + "s"
        elif kind < 0.82:
            tag = word + other
        elif kind < 0.9:
            tag = f"{word} {other}"
        elif kind < 0.95:
            tag = word[:place] + word[place + 1 :]
        else:
            tag = random_.choice(["D", "EOS ", "iso", "IMG_", "nikon", "f/"]) + str(random_.randrange(100_000))
        tags[tag] = None
    return list(tags)


def score(gold: Path, *, list_wrong: bool) -> dict[str, object]:
    """The shares that are right of the tags kept or dropped, and of the first domains."""
    reader = TagReader.load()
    with gold.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wrong_kept, wrong_domain, with_domains, first_choice = [], [], 0, 0
    for row in rows:
        classes = set(row["classes"].split(","))
        understood = reader.read(row["tag"])
        if not (classes & KEPT if understood.clean.kept else classes - KEPT):
            wrong_kept.append({"tag": row["tag"], "gold": row["classes"], "said": understood.clean.reason.value})
        if row["primary"] == "-":
            continue
        with_domains += 1
        first = understood.domains[0][0] if understood.domains else None
        first_choice += first in row["primary"].split(",")
        if first not in row["acceptable"].split(","):
            wrong_domain.append({"tag": row["tag"], "gold": row["acceptable"], "said": first})
    result: dict[str, object] = {
        "tags": len(rows),
        "kept_or_dropped": round(1 - len(wrong_kept) / len(rows), 4),
        "with_domains": with_domains,
        "first_domain_acceptable": round(1 - len(wrong_domain) / with_domains, 4),
        "first_domain_primary": round(first_choice / with_domains, 4),
    }
    if list_wrong:
        result |= {"wrong_kept": wrong_kept, "wrong_domain": wrong_domain}
    return result


if __name__ == "__main__":
    main()
