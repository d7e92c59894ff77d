"""What is installed, and what it means: models, generalisers and taxonomies that a visitor may choose among."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.errors import ModelError, SemanticsError, UsageError
from penchant.pipeline import Recipe, Worker, understand
from penchant.profiles import Meaning, ProfileOptions
from penchant.reading import PhotoBytes
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

    Attributes:
        photo_bytes: reads photos for all models and threads, within one budget of memory.

    Raises:
        ModelError, SemanticsError, UsageError: what is chosen by default can't be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self.photo_bytes = PhotoBytes(settings.max_memory_mib, threads=settings.threads)
        self._workers: OrderedDict[str, Worker] = OrderedDict()
        self._label_sets: dict[str, tuple[LabelSet, ModelFacts]] = {}
        self._meanings: dict[tuple[str, str, str], Meaning] = {}
        self._ontologies: dict[str, Ontology] = {}
        self._given: dict[str, str] = {}  # what stands for an operator's file before visitors, who see no path
        self.choices = self._choices()
        self._started = False
        model, generaliser, taxonomy = self.checked()
        self.worker(model)
        self.meaning(model, generaliser, taxonomy)
        self._started = True

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
                    model=self._given.get(model, model),
                    pixel_limits=PixelLimits(full=pixels, scaled=4 * pixels),
                )
                worker = self._workers[model] = Worker(recipe, photo_bytes=self.photo_bytes)
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
                given = self._given.get(generaliser, generaliser)
                try:
                    with make_generaliser(given, taxonomy=self._taxonomy_option(generaliser, taxonomy)) as chosen:
                        self._meanings[key] = understand(self.labels(model)[0], chosen, OPTIONS)
                except SemanticsError as error:
                    if not self._started or given == generaliser:
                        raise
                    file = given.partition(":")[2]
                    raise SemanticsError(str(error).replace(file, "the calibration")) from error
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
        chosen = (
            _one_of(self.choices.models, model, "model"),
            _one_of(self.choices.generalisers, generaliser, "generaliser"),
            _one_of(self.choices.taxonomies, taxonomy, "taxonomy"),
        )
        if chosen[1] == _CALIBRATED and chosen[2] != self.default_taxonomy:
            raise UsageError(
                f"{_CALIBRATED} brings the domains that it was learned for: choose {self.default_taxonomy} with it, or "
                f"another generaliser with {chosen[2]}"
            )
        return chosen

    def _taxonomy_option(self, generaliser: str, taxonomy: str) -> Path | None:
        if "babelnet" in generaliser:  # which brings its domains
            return None
        # a calibration was learned for one taxonomy: a shipped one, which it names, or the operator's
        return self._settings.taxonomy if generaliser == _CALIBRATED else self._taxonomy_file(taxonomy)

    def _taxonomy_file(self, taxonomy: str) -> Path | None:
        if self._settings.taxonomy is not None and taxonomy == self.default_taxonomy:
            return self._settings.taxonomy
        return Path(taxonomy)

    def _choices(self) -> Choices:
        settings, default_taxonomy = self._settings, self.default_taxonomy
        taxonomies = {name: load_taxonomy(name).title or name for name in shipped_taxonomies()}
        if settings.taxonomy is not None:
            own = load_taxonomy(settings.taxonomy)
            taxonomies[default_taxonomy] = own.title or own.name
        models = _installed_models()
        model = settings.model
        if model.endswith(".onnx"):
            model = Path(model).stem
            model = f"{model} (own)" if model in models else model
            self._given[model] = settings.model
        models.setdefault(model, model)
        generaliser = settings.generaliser
        if generaliser.partition(":")[0] == _CALIBRATED:
            self._given[_CALIBRATED] = generaliser
            generaliser = _CALIBRATED
        generalisers = dict.fromkeys((generaliser, *OFFLINE))
        return Choices(
            models=_in_order(models, model),
            generalisers=_in_order({name: _GENERALISERS.get(name, name) for name in generalisers}, generaliser),
            taxonomies=_in_order(taxonomies, default_taxonomy),
        )


_CALIBRATED = "calibrated"
_GENERALISERS = {
    _CALIBRATED: "Calibrated: as learned from pictures with tags",
    "ontology": "Ontology: each label by its exact meaning in WordNet",
    "paper": "Paper: by first names and all key senses, as in the 2018 study",
}


def _default_taxonomy(settings: Settings) -> str:
    return DEFAULT_TAXONOMY if settings.taxonomy is None else load_taxonomy(settings.taxonomy).name


def _installed_models() -> dict[str, str]:
    """The models whose files are here: of the catalogue, and of the hub."""
    found: dict[str, str] = {}
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
