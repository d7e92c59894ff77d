"""Label sets: what a classifier's outputs are called, and the synset each one means. They are data, never guessed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from penchant.errors import ModelError
from penchant.recognition.hubconfig import agrees, parse_document, parse_labels
from penchant.types import LabelClass, LabelSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    SynsetOf: TypeAlias = Callable[[tuple[str, ...]], str | None]

IMAGENET = "imagenet-1k"
_FOLDER = Path(__file__).parent.parent / "data" / "labels"
_NAMED = 8  # labels, in a note


def read_labels(
    name_or_path: str, *, called: str, synset_of: SynsetOf | None = None
) -> tuple[LabelSet, tuple[str, ...]]:
    """As `load_labels`, and also from a hub model's `config.json`; and what should be said of them.

    Labels of a config that are ImageNet's, in its order, become the set "imagenet-1k". Others get the synset that
    stands in their text, or that `synset_of` finds for their names, or none, which a note tells.

    Args:
        name_or_path: a set's name, or a file that ends in .tsv or .json.
        called: the name of the set from a config, which has none of its own.
        synset_of: from all names of a label to its synset, or None.

    Raises:
        ModelError: as `load_labels`.
    """
    if not name_or_path.endswith(".json"):
        return load_labels(name_or_path), ()
    path = Path(name_or_path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"the labels {path} can't be read: {error.strerror}") from error
    what = f"{called}'s {path.name}"
    labels, _ = parse_labels(parse_document(data, what), what)
    imagenet = load_labels(IMAGENET)
    same, others = agrees(labels, imagenet)
    if same:
        renamed = [f"{labels[i].names[0]} for {imagenet.classes[i].name}" for i in others]
        return imagenet, _note(f"{what}: its labels are ImageNet's; called otherwise", renamed)
    classes = tuple(
        LabelClass(
            index=place,
            name=label.names[0],
            synset=label.synset or (synset_of(label.names) if synset_of is not None else None),
            names=label.names,
        )
        for place, label in enumerate(labels)
    )
    missing = [label.name for label in classes if label.synset is None]
    note = _note(f"{called}: {len(missing):,} of {len(classes):,} labels have no synset", missing)
    return LabelSet(name=called, classes=classes), note


def _note(what: str, names: Sequence[str]) -> tuple[str, ...]:
    more = " …" if len(names) > _NAMED else ""
    return (f"{what}: {', '.join(names[:_NAMED])}{more}",) if names else ()


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
