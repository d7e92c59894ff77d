"""Label sets: what a classifier's outputs are called, and the synset each one means. They are data, never guessed."""

from __future__ import annotations

import csv
from pathlib import Path

from penchant.errors import ModelError
from penchant.types import LabelClass, LabelSet

_FOLDER = Path(__file__).parent.parent / "data" / "labels"


def load_labels(name_or_path: str) -> LabelSet:
    """A label set by name ("imagenet-1k"), or from a TSV file with the columns `index`, `name` and, optionally, `wnid`.

    Columns: `index` (0, 1, 2 … without gaps), `name` (the class's first name), `names` (all, separated by ", "),
    `wnid` (its WordNet 3.0 noun synset, such as n02123045; may be empty).

    Raises:
        ModelError: when there is no such set, or the file is malformed; the line is named.
    """
    own = name_or_path.endswith(".tsv")
    path = Path(name_or_path) if own else _FOLDER / f"{name_or_path}.tsv"
    if not own and not path.is_file():
        known = ", ".join(sorted(p.stem for p in _FOLDER.glob("*.tsv")))
        raise ModelError(f"no label set named {name_or_path!r} ({known}); a file of your own ends in .tsv")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            rows = [(reader.line_num, row) for row in reader]  # the line is counted with the empty ones between
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ModelError(f"the label set {path} can't be read: {error}") from error
    if not rows:
        raise ModelError(f"{path}: no labels")
    classes = tuple(_label_class(path, line, place, row) for place, (line, row) in enumerate(rows))
    return LabelSet(name=path.stem, classes=classes)


def _label_class(path: Path, line: int, place: int, row: dict[str, str | None]) -> LabelClass:
    name, index, wnid = row.get("name"), row.get("index"), row.get("wnid")
    if not name or index is None:
        raise ModelError(f"{path}, line {line}: the columns `index` and `name` are needed")
    if index != str(place):
        raise ModelError(f"{path}, line {line}: index {index!r:.40} where {place} was expected")
    if wnid and not (len(wnid) == 9 and wnid[0] == "n" and wnid[1:].isdecimal()):
        raise ModelError(f"{path}, line {line}: {wnid!r} is not a noun synset such as n02123045")
    names = tuple((row.get("names") or name).split(", "))
    return LabelClass(index=place, name=name, synset=wnid or None, names=names)
