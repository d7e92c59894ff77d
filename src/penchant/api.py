"""The library's two verbs, for those who don't need the stages one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant import pipeline
from penchant.errors import SourceError, UsageError
from penchant.executors import ThreadExecutor, usable_cores
from penchant.pipeline import Recipe, Worker
from penchant.profiles import Adding, ProfileOptions
from penchant.recognition import DEFAULT_MODEL
from penchant.semantics import OntologyGeneraliser
from penchant.words import has_tags, ontology_of, with_words

if TYPE_CHECKING:
    from os import PathLike

    from penchant.semantics import Generaliser
    from penchant.sources.fetch import FetchOptions
    from penchant.types import Aggregation, LabelSet, Predictions, Profile


def classify(
    *sources: str | PathLike[str],
    model: str = DEFAULT_MODEL,
    threads: int | None = None,
    fetch: FetchOptions | None = None,
) -> tuple[Predictions, LabelSet]:
    """The labels of every photo in the sources, and the label set that they refer to.

    Args:
        sources: folders, pictures, zip archives, tables of photos, or folders of earlier runs.
        model: a name of the catalogue, hf:OWNER/NAME, or a path to an .onnx file with its facts in a TOML file beside
            it; nothing is fetched: `penchant models pull` does that.
        threads: how many pictures are worked on at once; by default one for each core.
        fetch: how pictures are fetched that tables give by their addresses (`penchant.sources.fetch.FetchOptions()`);
            without it nothing is.

    Raises:
        SourceError: when no source holds a photo.
        ModelError: when the model can't be used.
        UsageError: when pictures would have to be fetched, and `fetch` is None.
    """
    threads = _checked(threads)
    collected = _collected(sources)
    with Worker(Recipe(model=model, threads=threads, fetch=fetch)) as worker:
        executor = ThreadExecutor(threads)
        predictions = pipeline.predict(collected.listing.photos, worker, executor, known=collected.known)
        return predictions, worker.classifier.label_set


def profile(
    *sources: str | PathLike[str],
    model: str = DEFAULT_MODEL,
    aggregation: Aggregation | str = "mass",
    generaliser: Generaliser | None = None,
    threads: int | None = None,
    fetch: FetchOptions | None = None,
    tags: bool = True,
) -> Profile:
    """What one person's pictures say they care about.

    Args:
        sources: as `classify`.
        model: as `classify`.
        aggregation: "mass" or "count"; see `penchant.types.Aggregation`.
        generaliser: what says the domains of a label; by default the embedded ontology.
        threads: as `classify`.
        fetch: as `classify`.
        tags: compare with what the photos' tags say (`Profile.words`), keywords in the pictures among them.

    Raises:
        SourceError: when no source holds a photo.
        ModelError: when the model can't be used.
        UsageError: when the sources hold photos of several people, or as `classify`.
    """
    from penchant.types import Aggregation

    if aggregation not in set(Aggregation):
        raise UsageError(f"no aggregation {aggregation!r}; there are {', '.join(Aggregation)}")
    options = ProfileOptions(adding=Adding(aggregation=Aggregation(aggregation)))
    threads = _checked(threads)
    collected = _collected(sources, keywords=tags)
    photos, generaliser = collected.listing.photos, generaliser or OntologyGeneraliser.load()
    with Worker(Recipe(model=model, threads=threads, fetch=fetch)) as worker:
        executor = ThreadExecutor(threads)
        predictions = pipeline.predict(photos, worker, executor, known=collected.known)
        meaning = pipeline.understand(worker.classifier.label_set, generaliser, options)
        profiles = pipeline.profiles_of(predictions, worker.classifier, meaning, options, collected.listing)
    if len(profiles) > 1:
        raise UsageError(f"the sources hold photos of {len(profiles):,} people; give those of one")
    if tags and has_tags(photos):
        profiles = with_words(profiles, photos, ontology_of(generaliser), background=meaning.background)
    return profiles[0]


def _checked(threads: int | None) -> int:
    if threads is not None and threads < 1:
        raise UsageError(f"threads = {threads}: at least one is needed; leave it out for one for each core")
    return threads or usable_cores()


def _collected(sources: tuple[str | PathLike[str], ...], *, keywords: bool = False) -> pipeline.Collected:
    collected = pipeline.collect([str(source) for source in sources], keywords=keywords)
    if not collected.listing.photos:
        reasons = "; ".join(failure.error for failure in collected.listing.failures[:3])
        raise SourceError(f"no photos found{': ' + reasons if reasons else ''}")
    return collected
