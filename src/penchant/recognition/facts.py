"""What must be known about a model besides its weights: the rows of the catalogue, and files of a user's own.

A row's TOML:

    [[models]]
    name = "googlenet"
    file = "bvlc_googlenet.onnx"       # beside this TOML file, or in the cache once it was fetched
    sha256 = "6ded05…"
    licence = "BSD-3-Clause"
    source = "https://…"
    labels = "imagenet-1k"             # a label set that ships with the package, or a TSV file

    [models.input]
    size = 224                         # pixels a side
    resize = 256                       # what the shorter side would measure; the centred crop is size / resize
    channels = "BGR"
    mean = [104, 117, 123]             # in the order of `channels`
    std = [1, 1, 1]

A file of a user's own has the same keys, without `[[models]]` around them, in a TOML file of its name beside it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from penchant.errors import ModelError, UsageError

CATALOGUE = Path(__file__).parent.parent / "data" / "models" / "catalogue.toml"
DEFAULT_MODEL = "efficientnet-lite0-int8"

Positive = Annotated[int, msgspec.Meta(ge=1, le=8192)]
T = TypeVar("T")
Triple = tuple[float, float, float]


class InputFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pixels go into a network.

    Attributes:
        size: pixels a side of the square that it looks at; None: the model's own input shape tells.
        resize: what the picture's shorter side would measure at that scale (the crop is size / resize of it); None:
            size · 256 / 224.
        channels: the order of the colour channels.
        mean, std: what each channel, in that order and in [0, 255], is shifted and divided by.
        interpolation: how the picture is resampled.
    """

    size: Positive | None = None
    resize: Positive | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"


class OutputFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What comes out of a network.

    Attributes:
        name: which of its outputs; None: the first.
        kind: "probabilities", "logits", or None: whichever a trial on one grey picture shows.
        background: how many classes at the start stand for "nothing" (1 in networks with 1,001 classes).
    """

    name: str | None = None
    kind: Literal["probabilities", "logits"] | None = None
    background: Annotated[int, msgspec.Meta(ge=0)] = 0


class ModelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model's facts; see the module's docstring for its TOML."""

    name: str
    labels: str
    file: str | None = None
    title: str = ""
    sha256: str | None = None
    bytes: int | None = None
    licence: str = ""
    source: str = ""
    input: InputFacts = InputFacts()
    output: OutputFacts = OutputFacts()


class Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All models that Penchant knows by name."""

    schema_version: Literal[1]
    models: tuple[ModelRow, ...]

    def row(self, name: str) -> ModelRow:
        """The row of that name.

        Raises:
            ModelError: when there is none; it lists the names there are.
        """
        for row in self.models:
            if row.name == name:
                return row
        known = ", ".join(row.name for row in self.models)
        raise ModelError(
            f"no model named {name!r} in the catalogue ({known}), and no such file; "
            "a file of your own is given by its path, ending in .onnx"
        )


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


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """The catalogue that ships with the package, or another file of the same form.

    Raises:
        ModelError: when the file is not a catalogue.
    """
    return _decode(path, Catalogue)


def find_model(name_or_path: str, facts: tuple[str, ...] = ()) -> tuple[ModelRow, Path]:
    """A model's facts and its file: a name of the catalogue, or a path ending in `.onnx`.

    Args:
        name_or_path: what the user wrote.
        facts: "key=value" pairs that complete or overrule the TOML file beside a user's own model
            (labels, size, resize, channels, mean, std, interpolation, output, kind, background).

    Raises:
        ModelError: when there is no such model, or its file isn't there.
        UsageError: when a fact is unknown or malformed.
    """
    own = Path(name_or_path)
    if own.suffix.lower() == ".onnx":
        return _own_model(own, facts)
    if facts:
        raise UsageError(f"--fact describes a model file of your own; {name_or_path!r} is a name of the catalogue")
    row = load_catalogue().row(name_or_path)
    path = CATALOGUE.parent / (row.file or f"{row.name}.onnx")
    if not path.is_file():
        raise ModelError(f"the file of model {row.name} is missing: {path}")
    return row, path


def _own_model(path: Path, facts: tuple[str, ...]) -> tuple[ModelRow, Path]:
    if not path.is_file():
        raise ModelError(f"no such model file: {path}")
    beside = path.with_suffix(".toml")
    row = _decode(beside, _OwnRow) if beside.is_file() else _OwnRow()
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


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind, strict=False)
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ModelError(f"{path}: {error}") from error


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        ModelError: when it can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
