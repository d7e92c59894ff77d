"""What must be known about a model besides its weights: the rows of the catalogue, and files of a user's own.

A row's TOML:

    [[models]]
    name = "googlenet"
    file = "googlenet.onnx"            # beside this TOML file; by default the name and .onnx
    sha256 = "c99c50…"                 # or trust = "first-use" where nobody has published it
    licence = "BSD-3-Clause"
    source = "https://…"
    labels = "imagenet-1k"             # a label set that ships with the package, or a TSV file

    [models.remote]                    # absent for a file that ships with the package
    repo = "onnxmodelzoo/legacy_models"    # on the Hugging Face hub, or a mirror with the same paths
    path = "validated/…/googlenet-12.onnx"
    revision = "main"

    [models.input]
    size = 224                         # pixels a side
    resize = 256                       # what the shorter side would measure; the centred crop is size / resize
    channels = "BGR"
    mean = [103.939, 116.779, 123.68]  # in the order of `channels`
    std = [1, 1, 1]

Models are found by `finding.py`; a file of a user's own has the same keys, without `[[models]]` around them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from penchant.errors import ModelError

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
        fit: "crop" takes the centred square; "squeeze" all of the picture, made square without regard to its shape.
    """

    size: Positive | None = None
    resize: Positive | None = None
    channels: Literal["RGB", "BGR"] = "RGB"
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    fit: Literal["crop", "squeeze"] = "crop"


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


class Remote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a file is on the Hugging Face hub, and on mirrors with the same paths.

    Attributes:
        revision: a branch, a tag or, best, a commit, which never changes.
    """

    repo: str
    path: str
    revision: str = "main"


class ModelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model's facts; see the module's docstring for its TOML.

    Attributes:
        bytes: the file's size; `about_bytes`: nearly so, where it isn't known to the byte.
        sha256: what the file must have; None for a file of a user's own, or where `trust` says why.
        trust: "first-use" where nobody has published the SHA-256: then the first download decides.
        notes: sentences on what was assumed about it.
    """

    name: str
    labels: str
    file: str | None = None
    title: str = ""
    sha256: str | None = None
    trust: Literal["published", "first-use"] = "published"
    bytes: int | None = None
    about_bytes: int | None = None
    licence: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    remote: Remote | None = None
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
        if Path(name).exists():
            raise ModelError(f"{name} is there, but a model file must end in .onnx")
        known = ", ".join(row.name for row in self.models)
        raise ModelError(
            f"no model named {name!r} in the catalogue ({known}); a file of your own is given by its path, ending in "
            ".onnx, and one of the Hugging Face hub by hf:OWNER/NAME"
        )


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """The catalogue that ships with the package, or another file of the same form.

    Raises:
        ModelError: when the file is not a catalogue.
    """
    return decode_toml(path, Catalogue)


def decode_toml(path: Path, kind: type[T]) -> T:
    """A TOML file as that struct.

    Raises:
        ModelError: when it can't be read, or is something else.
    """
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
