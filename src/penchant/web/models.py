"""What is installed, and what it means: models, generalisers and taxonomies that a visitor may choose among."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.errors import ModelError, UsageError
from penchant.pipeline import OnSquare, Recipe, Worker, understand
from penchant.profiles import Meaning, ProfileOptions
from penchant.recognition import ModelStore, PixelLimits, find_model, load_catalogue
from penchant.semantics import Lexicon, Ontology
from penchant.semantics.choose import make_generaliser
from penchant.semantics.taxonomy import DEFAULT as DEFAULT_TAXONOMY
from penchant.semantics.taxonomy import load_taxonomy, shipped_taxonomies

if TYPE_CHECKING:
    from penchant.types import LabelSet, ModelFacts
    from penchant.web.settings import Settings

OPTIONS = ProfileOptions()
OFFLINE = ("ontology", "paper")
_MODELS_OPEN = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a visitor can choose: what is sent, what is read, and whether it is so by default."""

    value: str
    title: str
    default: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """All that can be chosen."""

    models: tuple[Choice, ...]
    generalisers: tuple[Choice, ...]
    taxonomies: tuple[Choice, ...]


class Models:
    """The operator's models and meanings, each opened when it is first needed and then shared.

    Args:
        settings: the app's.
        on_square: as `Worker` takes it.

    Raises:
        ModelError, SemanticsError, UsageError: what is chosen by default can't be used.
    """

    def __init__(self, settings: Settings, *, on_square: OnSquare) -> None:
        self._settings = settings
        self._on_square = on_square
        self._lock = threading.RLock()
        self._workers: OrderedDict[str, Worker] = OrderedDict()
        self._label_sets: dict[str, tuple[LabelSet, ModelFacts]] = {}
        self._meanings: dict[tuple[str, str, str], Meaning] = {}
        self._ontologies: dict[str, Ontology] = {}
        self.choices = _choices(settings)
        self.worker(settings.model)
        self.meaning(settings.model, settings.generaliser, self.default_taxonomy)

    @property
    def default_taxonomy(self) -> str:
        """The name of the taxonomy that serves where nothing is chosen."""
        return _default_taxonomy(self._settings)

    def worker(self, model: str) -> Worker:
        """The worker of a model. Those that were used longest ago are closed. Raises ModelError."""
        with self._lock:
            worker = self._workers.get(model)
            if worker is None:
                pixels = self._settings.limits.megapixels * 1_000_000
                recipe = Recipe(
                    model=model,
                    threads=self._settings.threads,
                    max_memory_mib=self._settings.max_memory_mib,
                    pixel_limits=PixelLimits(full=pixels, scaled=4 * pixels),
                )
                worker = self._workers[model] = Worker(recipe, on_square=self._on_square)
                self._label_sets[model] = worker.classifier.label_set, worker.classifier.facts
                if len(self._workers) > _MODELS_OPEN:
                    self._workers.popitem(last=False)
            self._workers.move_to_end(model)
            return worker

    def labels(self, model: str) -> tuple[LabelSet, ModelFacts]:
        """A model's classes, and what is recorded about it. Raises ModelError."""
        with self._lock:
            if model not in self._label_sets:
                self.worker(model)
            return self._label_sets[model]

    def meaning(self, model: str, generaliser: str, taxonomy: str) -> Meaning:
        """What a model's labels mean. Raises SemanticsError and UsageError."""
        with self._lock:
            key = (self.labels(model)[0].name, generaliser, taxonomy)
            if key not in self._meanings:
                with make_generaliser(generaliser, taxonomy=self._taxonomy_option(generaliser, taxonomy)) as chosen:
                    self._meanings[key] = understand(self.labels(model)[0], chosen, OPTIONS)
            return self._meanings[key]

    def ontology(self, taxonomy: str) -> Ontology:
        """The lexicon with a taxonomy on top, which says why a synset belongs to a domain."""
        with self._lock:
            if taxonomy not in self._ontologies:
                lexicon = next((known.lexicon for known in self._ontologies.values()), None) or Lexicon.load()
                self._ontologies[taxonomy] = Ontology(lexicon, load_taxonomy(self._taxonomy_file(taxonomy)))
            return self._ontologies[taxonomy]

    def checked(self, *, model: str = "", generaliser: str = "", taxonomy: str = "") -> tuple[str, str, str]:
        """What a visitor chose, the default in place of nothing.

        Raises:
            UsageError: that can't be chosen; it names what can.
        """
        return (
            _one_of(self.choices.models, model, "model"),
            _one_of(self.choices.generalisers, generaliser, "generaliser"),
            _one_of(self.choices.taxonomies, taxonomy, "taxonomy"),
        )

    def _taxonomy_option(self, generaliser: str, taxonomy: str) -> Path | None:
        own = "babelnet" in generaliser or generaliser.startswith("calibrated")  # these bring their domains
        return None if own else self._taxonomy_file(taxonomy)

    def _taxonomy_file(self, taxonomy: str) -> Path | None:
        if self._settings.taxonomy is not None and taxonomy == self.default_taxonomy:
            return self._settings.taxonomy
        return Path(taxonomy)


def _choices(settings: Settings) -> Choices:
    default_taxonomy = _default_taxonomy(settings)
    taxonomies = {name: load_taxonomy(name).title or name for name in shipped_taxonomies()}
    if settings.taxonomy is not None:
        own = load_taxonomy(settings.taxonomy)
        taxonomies[default_taxonomy] = own.title or own.name
    generalisers = dict.fromkeys((settings.generaliser, *OFFLINE))
    return Choices(
        models=_in_order(_installed_models(settings.model), settings.model),
        generalisers=_in_order({name: _GENERALISERS.get(name, name) for name in generalisers}, settings.generaliser),
        taxonomies=_in_order(taxonomies, default_taxonomy),
    )


_GENERALISERS = {
    "ontology": "Ontology: each label by its exact meaning in WordNet",
    "paper": "Paper: by first names and all key senses, as in the 2018 study",
}


def _default_taxonomy(settings: Settings) -> str:
    return DEFAULT_TAXONOMY if settings.taxonomy is None else load_taxonomy(settings.taxonomy).name


def _installed_models(default: str) -> dict[str, str]:
    """The models whose files are here: of the catalogue, of the hub, and the operator's own."""
    found = {default: Path(default).stem if default.endswith(".onnx") else default}
    for row in load_catalogue().models:
        try:
            find_model(row.name)
        except ModelError:
            continue
        found[row.name] = row.title or row.name
    for repo, revision in ModelStore.default().hub_models():
        name = f"hf:{repo}" if revision == "main" else f"hf:{repo}@{revision}"
        try:
            find_model(name)
        except (ModelError, UsageError):
            continue
        found.setdefault(name, name)
    return found


def _in_order(titles: dict[str, str], default: str) -> tuple[Choice, ...]:
    """The default first."""
    names = sorted(titles, key=lambda name: name != default)
    return tuple(Choice(name, titles[name], name == default) for name in names)


def _one_of(choices: tuple[Choice, ...], value: str, what: str) -> str:
    if not value:
        return next(choice.value for choice in choices if choice.default)
    if value not in {choice.value for choice in choices}:
        raise UsageError(
            f"there is no {what} {value[:80]!r} here; there are {', '.join(choice.value for choice in choices)}"
        )
    return value
