"""Any image classifier of the Hugging Face hub that has an ONNX file: `hf:OWNER/NAME[@REVISION][/FILE.onnx]`.

Its labels come from `config.json`, its preprocessing from `preprocessor_config.json` (see `hubconfig`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penchant.errors import ModelError, UsageError
from penchant.recognition.facts import ModelRow, OutputFacts, Remote
from penchant.recognition.hubconfig import parse_document, parse_input, parse_labels
from penchant.recognition.store import HubFile, ModelStore

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "hf:"
USUAL_PLACES = ("onnx/model.onnx", "model.onnx", "onnx/model_quantized.onnx")
"""Where a repository's ONNX file is looked for, in this order, if the name doesn't say."""

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?"
_NAME = re.compile(rf"hf:({_PART}/{_PART})(?:@({_PART}))?(?:/((?:{_PART}/)*{_PART}\.onnx))?")


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model's name on the hub, taken apart.

    Attributes:
        repo: OWNER/NAME.
        revision: a branch, tag or commit; the branch main moves with time.
        file: the ONNX file; None for the first of the usual places that has one.
    """

    repo: str
    revision: str = "main"
    file: str | None = None

    @classmethod
    def parse(cls, name: str) -> HubModel:
        """From `hf:OWNER/NAME[@REVISION][/FILE.onnx]`.

        Raises:
            UsageError: when it isn't of that form.
        """
        found = _NAME.fullmatch(name)
        if found is None or "--" in name.partition("@")[0] or ".." in name:
            raise UsageError(f"{name!r}: write hf:OWNER/NAME, hf:OWNER/NAME@REVISION or hf:OWNER/NAME/FILE.onnx")
        return cls(found[1], found[2] or "main", found[3])

    @property
    def name(self) -> str:
        """As one would write it."""
        revision = "" if self.revision == "main" else f"@{self.revision}"
        return f"{PREFIX}{self.repo}{revision}{'' if self.file is None else f'/{self.file}'}"

    @property
    def config(self) -> HubFile:
        """The file that names its labels."""
        return self._file("config.json")

    @property
    def processor(self) -> HubFile:
        """The file that says how pictures are prepared; not every repository has one."""
        return self._file("preprocessor_config.json")

    @property
    def candidates(self) -> tuple[HubFile, ...]:
        """Where its network may be."""
        return tuple(self._file(path) for path in (USUAL_PLACES if self.file is None else (self.file,)))

    def _file(self, path: str) -> HubFile:
        place = f"hf/{self.repo.replace('/', '--')}/{self.revision}/{path}"
        return HubFile(self.repo, path, self.revision, place)


def is_hub_name(name: str) -> bool:
    """Whether a name is meant for the hub."""
    return name.startswith(PREFIX)


def find_hub_model(model: HubModel, store: ModelStore) -> tuple[ModelRow, Path]:
    """The facts and the file of a model whose files are here; nothing is fetched.

    Raises:
        ModelError: when they aren't here, or can't be used.
    """
    config_path = store.find(model.config)
    found = next(((file, path) for file in model.candidates if (path := store.find(file)) is not None), None)
    if config_path is None or found is None:
        raise ModelError(f"the model {model.name} is not here yet: penchant models pull {model.name} fetches it")
    file, path = found
    config = _document(config_path)
    processor_path = store.find(model.processor)
    processor = None if processor_path is None else _document(processor_path)
    _, background = parse_labels(config, f"{model.name}'s config.json")
    facts, notes = parse_input(processor, config, model.name)
    row = ModelRow(
        name=model.name,
        labels=str(config_path),
        title=str(config.get("model_type", "")),
        sha256=store.sha256(path),
        source=f"https://huggingface.co/{model.repo}",
        notes=notes,
        remote=Remote(model.repo, file.path, model.revision),
        input=facts,
        output=OutputFacts(background=background),
    )
    return row, path


def _document(path: Path) -> dict[str, Any]:
    try:
        return parse_document(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from error
