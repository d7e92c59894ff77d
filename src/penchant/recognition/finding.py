"""From what a user calls a model to its facts and its file: the catalogue, the hub's models, and files of their own.

The facts of a user's own `my.onnx` stand in `my.toml` beside it, or come as `key=value` options, or both.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from penchant.errors import ModelError, UsageError
from penchant.recognition.facts import (
    CATALOGUE,
    InputFacts,
    ModelRow,
    OutputFacts,
    decode_toml,
    load_catalogue,
)
from penchant.recognition.hub import HubModel, find_hub_model, is_hub_name
from penchant.recognition.store import ModelStore, megabytes, row_file


class _OwnRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The facts of a user's own file, all optional: options may complete them."""

    name: str | None = None
    title: str = ""
    labels: str | None = None
    sha256: str | None = None
    licence: str = ""
    source: str = ""
    input: InputFacts = InputFacts()
    output: OutputFacts = OutputFacts()


def find_model(
    name_or_path: str, facts: tuple[str, ...] = (), *, store: ModelStore | None = None
) -> tuple[ModelRow, Path]:
    """A model's facts and its file, which is here already: nothing is fetched.

    Args:
        name_or_path: a name of the catalogue, `hf:OWNER/NAME`, or a path ending in `.onnx`.
        facts: "key=value" pairs that complete or overrule the TOML file beside a user's own model
            (labels, size, resize, channels, mean, std, interpolation, fit, output, kind, background).
        store: where fetched models are; by default the user's.

    Raises:
        ModelError: when there is no such model, or its file isn't there; it says which command fetches it.
        UsageError: when a fact is unknown or malformed.
    """
    if is_hub_name(name_or_path):
        if facts:
            raise UsageError(f"--fact describes a model file of your own; {name_or_path} says all of itself")
        return find_hub_model(HubModel.parse(name_or_path), store or ModelStore.default())
    own = Path(name_or_path)
    if own.suffix.lower() == ".onnx":
        return _own_model(own, facts)
    if facts:
        raise UsageError(f"--fact describes a model file of your own; {name_or_path!r} is a name of the catalogue")
    return find_row(load_catalogue().row(name_or_path), store or ModelStore.default())


def find_row(row: ModelRow, store: ModelStore) -> tuple[ModelRow, Path]:
    """The file of a row of the catalogue, and the row with the SHA-256 that it must have, if that is known.

    Raises:
        ModelError: when it isn't here.
    """
    file = row_file(row)
    if file is None:
        path = CATALOGUE.parent / (row.file or f"{row.name}.onnx")
        if not path.is_file():
            raise ModelError(f"the file of model {row.name} is missing: {path}; pip install --force-reinstall penchant")
        return row, path
    found = store.find(file)
    if found is None:
        known = row.bytes or row.about_bytes
        size = f" ({megabytes(known)})" if known is not None else ""
        raise ModelError(f"the model {row.name}{size} is not here yet: penchant models pull {row.name} fetches it")
    return msgspec.structs.replace(row, sha256=row.sha256 or store.sha256(found)), found


def _own_model(path: Path, facts: tuple[str, ...]) -> tuple[ModelRow, Path]:
    if not path.is_file():
        raise ModelError(f"no such model file: {path}")
    beside = path.with_suffix(".toml")
    row = decode_toml(beside, _OwnRow) if beside.is_file() else _OwnRow()
    if row.labels is not None and row.labels.endswith(".tsv"):
        row = msgspec.structs.replace(row, labels=str(path.parent / row.labels))  # relative to the file that says so
    for fact in facts:
        row = _with_fact(row, fact)
    if row.labels is None:
        raise ModelError(
            f"the label set of {path.name} is not known (it can't be told from the number of outputs): "
            f"add --fact labels=imagenet-1k, or labels = … in {beside.name} beside it"
        )
    labels = row.labels
    if labels.endswith(".tsv") and not Path(labels).is_file():
        labels = str(path.parent / labels)
    complete = ModelRow(
        name=row.name or path.stem, labels=labels, file=str(path), title=row.title, sha256=row.sha256,
        licence=row.licence, source=row.source, input=row.input, output=row.output,
    )  # fmt: skip
    return complete, path


_FACTS = {
    "name": (None, "name"), "labels": (None, "labels"), "sha256": (None, "sha256"),
    "size": ("input", "size"), "resize": ("input", "resize"), "channels": ("input", "channels"),
    "mean": ("input", "mean"), "std": ("input", "std"), "interpolation": ("input", "interpolation"),
    "fit": ("input", "fit"),
    "output": ("output", "name"), "kind": ("output", "kind"), "background": ("output", "background"),
}  # fmt: skip


def _with_fact(row: _OwnRow, fact: str) -> _OwnRow:
    key, equals, text = fact.partition("=")
    if not equals or key not in _FACTS:
        raise UsageError(f"--fact {fact!r}: write key=value with one of the keys {', '.join(_FACTS)}")
    part, name = _FACTS[key]
    value: object = [float(x) for x in text.split(",")] if key in {"mean", "std"} and _numbers(text) else text
    whole = msgspec.to_builtins(row)
    (whole if part is None else whole[part])[name] = value
    try:
        return msgspec.convert(whole, _OwnRow, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"--fact {fact!r}: {error}") from error


def _numbers(text: str) -> bool:
    try:
        return bool([float(x) for x in text.split(",")])
    except ValueError:
        return False
