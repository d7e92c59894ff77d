"""The stages, joined: sources → recognition → semantics → profiles. What runs them is an executor.

A `Recipe` is all that decides a prediction, and can be pickled; each process makes one `Worker` of it, whose threads
share the model. `predict` maps the worker over batches of photos, and keeps finished shards where a run asks for it.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

import numpy as np

from penchant.errors import FetchError, PictureError, StorageError, UsageError
from penchant.executors import usable_cores
from penchant.profiles import Meaning, ProfileOptions, build_profile, concatenate, select
from penchant.reading import PhotoBytes
from penchant.recognition import DEFAULT_MODEL, Classifier, DecodeLimits, Decoder, PixelLimits
from penchant.semantics.naming import synset_of_names
from penchant.sources import look_into_all, merge_listings, with_keywords
from penchant.sources.fetch import check_consent
from penchant.storage import RunDirectory, is_run, read_run
from penchant.text import printable
from penchant.types import Failure, Listing, Photo, Predictions, Profile
from penchant.understanding import calibration_notes, calibration_of, label_matrix, understand
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from penchant.executors import Executor
    from penchant.sources.fetch import FetchOptions

__all__ = [
    "Collected", "OnPicture", "Recipe", "Worker",
    "calibration_notes", "calibration_of", "collect", "label_matrix", "predict", "profiles_of", "shown_path",
    "understand",
]  # fmt: skip

Key = tuple[str, str | None, int, int]
OnPicture: TypeAlias = "Callable[[int, bytes, NDArray[np.uint8]], None]"

_DECODING = 1  # raised whenever the way from bytes to pixels changes, so that old predictions aren't mixed with new
_SMALLEST_SHARD = 512
_SHARDS_A_RUN = 64
_KEEP_AFTER = 15.0  # seconds: slow pictures are kept before a whole shard of them is done


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides the predictions, and what a process may use to make them.

    Attributes:
        model: a name of the catalogue, hf:OWNER/NAME, or a path to an .onnx file.
        facts: "key=value" pairs about a model file of the user's own.
        max_memory_mib: what the process shall stay under, in MiB; None for as much as the threads usually need.
        threads: how many will run the model at once.
        pixel_limits: pictures that are refused before they are decoded.
        fetch: how addresses are asked for their pictures; None where they may not be asked.
    """

    model: str = DEFAULT_MODEL
    facts: tuple[str, ...] = ()
    max_memory_mib: int | None = None
    threads: int = field(default_factory=usable_cores)
    pixel_limits: PixelLimits = field(default_factory=PixelLimits)
    fetch: FetchOptions | None = None


class Worker:
    """Reads, decodes and classifies batches of photos; its threads share one model.

    A context manager: it keeps archives open until it is left.

    Raises:
        ModelError: when the recipe's model can't be opened.
        UsageError: when its memory is too small.
    """

    def __init__(self, recipe: Recipe, *, photo_bytes: PhotoBytes | None = None) -> None:
        """Opens the recipe's model.

        Args:
            recipe: what decides the predictions.
            photo_bytes: what reads the photos, and bounds the memory, for several workers of one process; they don't
                close it. One of its own where none is given.
        """
        self.classifier = Classifier.open(recipe.model, recipe.facts, synset_of=synset_of_names)
        self._shares_bytes = photo_bytes is not None
        self._bytes = photo_bytes or PhotoBytes(recipe.max_memory_mib, threads=recipe.threads, fetch=recipe.fetch)
        self._decoder = Decoder(DecodeLimits(self._bytes.budget, recipe.pixel_limits))
        facts = self.classifier
        self._look = partial(
            self._decoder.square, side=facts.side, resize=facts.resize,
            interpolation=facts.interpolation, squeeze=facts.squeeze,
        )  # fmt: skip
        self._pixels = recipe.pixel_limits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._shares_bytes:
            self._bytes.close()

    @property
    def recipe_key(self) -> str:
        """Names all that decides a prediction, so that predictions of other recipes are never taken for these."""
        made_by = [_DECODING, self.classifier.identity]
        return hashlib.sha256(json.dumps(made_by).encode()).hexdigest()[:32]

    @property
    def circumstances(self) -> str:
        """Names what decides whether a photo can be used, so that it is tried again when that changes."""
        heic = find_spec("pillow_heif") is not None
        return json.dumps([__version__, self._bytes.budget.files.total, self._pixels.full, self._pixels.scaled, heic])

    def run(self, photos: Sequence[Photo], *, on_picture: OnPicture | None = None) -> Predictions:
        """Classifies at most `classifier.batch` photos; a photo that can't be used gets its error, and no labels.

        Args:
            photos: what to look at.
            on_picture: given the place of each photo among them that can be used, with the bytes of its file and the
                square of pixels that the network sees.
        """
        squares = np.empty((len(photos), self.classifier.side, self.classifier.side, 3), np.uint8)
        digests: list[bytes] = []
        errors: list[str | None] = []
        for photo in photos:
            digest, error = b"", None
            try:
                with self._bytes.of(photo) as data:
                    digest = hashlib.sha256(data).digest()
                    squares[len(errors)] = self._look(data)
                    if on_picture is not None:
                        on_picture(len(errors), data, squares[len(errors)])
            except PictureError as refused:
                error = str(refused)
                if isinstance(refused, FetchError) and refused.lasting:
                    digest = hashlib.sha256(error.encode()).digest()
            digests.append(digest)
            errors.append(error)
        label = np.full((len(photos), self.classifier.kept_labels), -1, np.int32)
        confidence = np.zeros(label.shape, np.float32)
        good = np.array([error is None for error in errors], bool)
        if good.any():
            label[good], confidence[good] = self.classifier.classify(squares[good])
        return Predictions(
            photo_id=tuple(photo.photo_id for photo in photos),
            user_id=tuple(photo.user_id for photo in photos),
            path=tuple(shown_path(photo) for photo in photos),
            size=np.array([photo.size for photo in photos], np.int64),
            stamp=np.array([photo.stamp for photo in photos], np.int64),
            digest=tuple(digests),
            error=tuple(errors),
            label=label,
            confidence=confidence,
        )

    def thumbnail(self, photo: Photo, *, side: int) -> bytes | None:
        """A small JPEG of the photo without metadata; None when it can't be read (any more)."""
        try:
            with self._bytes.of(photo) as data:
                return self._decoder.thumbnail(data, side=side)
        except (PictureError, UsageError):  # UsageError: it would have to be fetched, and that was not asked for
            return None

    def check_consent(self, photos: Iterable[Photo]) -> None:
        """Raises UsageError where pictures would have to be fetched, and nobody has said that they may be."""
        check_consent(photos, self._bytes.fetch)

    def ahead(self, batches: Iterable[Sequence[Photo]]) -> Iterator[Sequence[Photo]]:
        """The same batches; the pictures at addresses begin to be fetched when their batch is handed out."""
        return self._bytes.ahead(batches)


def shown_path(photo: Photo) -> str:
    """Where the picture is, for people: the file, or the archive and the entry."""
    return printable(photo.path if photo.member is None else f"{photo.path}/{photo.member}")


@dataclass(frozen=True, slots=True)
class Collected:
    """What the sources hold.

    Attributes:
        listing: their photos, and what is no photo.
        known: predictions that runs among the sources already hold.
    """

    listing: Listing
    known: tuple[RunDirectory, ...] = ()


def collect(
    sources: Iterable[str],
    *,
    keywords: bool = False,
    on_progress: Callable[[int], None] | None = None,
    on_keywords: Callable[[int], None] | None = None,
) -> Collected:
    """Lists the photos of all sources: folders, pictures, archives, exports, tables, and folders of earlier runs.

    A source that can't be read becomes a failure and costs only itself; a photo that two sources hold counts once.

    Args:
        sources: as the user gave them.
        keywords: add the keywords that the pictures hold to their photos' tags (some 50 µs a picture); a table and a
            run say by themselves what the tags are.
        on_progress: told how many photos of a source were found.
        on_keywords: told how many pictures of a source were searched for keywords.
    """
    listings: list[Listing] = []
    runs: list[RunDirectory] = []
    for are_runs, names in groupby(sources, key=lambda source: is_run(Path(source))):
        if not are_runs:  # together, because an export's archives speak of one another's pictures
            held = look_into_all(names, on_progress=on_progress)
            listings.append((with_keywords(held, on_progress=on_keywords) if keywords else held).listing)
            continue
        for name in names:
            try:
                run = read_run(Path(name))
                listings.append(Listing(photos=run.photos()))
                runs.append(run)
            except StorageError as error:
                listings.append(Listing(failures=(Failure(printable(name), str(error)),)))
    return Collected(merge_listings(listings), tuple(runs))


def predict(
    photos: Sequence[Photo],
    worker: Worker,
    executor: Executor,
    *,
    run: RunDirectory | None = None,
    known: Sequence[RunDirectory] = (),
    retry_failed: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Predictions:
    """Classifies the photos; what the run, or another known run, already holds is taken from there.

    Args:
        photos: what to classify, each name once a user.
        worker: what classifies a batch.
        executor: what runs the batches.
        run: where finished shards are kept, or None to keep nothing.
        known: other runs whose predictions may be used.
        retry_failed: try photos again that failed before and have not changed.
        on_progress: told how many photos are done, in all.

    Raises:
        StorageError: when a finished shard can't be kept.
        UsageError: when pictures would have to be fetched, and the worker's recipe doesn't say that they may be.
    """
    width = worker.classifier.kept_labels
    recipe = worker.recipe_key
    places = (*known, *([run] if run else []))
    circumstances = worker.circumstances
    held = [(place, part) for place in places for part in place.predictions(recipe, width, circumstances=circumstances)]
    found = _found([part for _, part in held], photos, retry_failed=retry_failed)
    missing = [photo for photo in photos if _key(photo) not in found]
    at_addresses = [photo for photo in missing if photo.url is not None]
    if at_addresses:
        worker.check_consent(at_addresses)
    results: list[Predictions] = []
    done = len(photos) - len(missing)
    shard: list[Predictions] = []
    shard_size = max(_SMALLEST_SHARD, len(missing) // _SHARDS_A_RUN)
    began = time.monotonic()
    made_by = worker.classifier.facts
    facts = {"model": made_by.name, "model_sha256": made_by.sha256, "label_set": made_by.label_set}
    facts["penchant"] = __version__

    def keep(whole: Predictions) -> None:
        if run is not None:
            run.add_predictions(whole, recipe, facts, circumstances=circumstances)

    def finish_shard() -> None:
        nonlocal began
        began = time.monotonic()
        if shard:
            whole = concatenate(shard)
            keep(whole)
            results.append(whole)
            shard.clear()

    for (place, part), rows in zip(held, _rows_by_part(found, len(held)), strict=True):
        if rows:
            results.append(select(part, rows))
            if place is not run:  # the run shall stand by itself
                keep(results[-1])

    size = worker.classifier.batch
    batches: Iterable[Sequence[Photo]] = (missing[start : start + size] for start in range(0, len(missing), size))
    if at_addresses:
        batches = worker.ahead(batches)
    if on_progress is not None:
        on_progress(done)
    try:
        for predictions in executor.map(worker.run, batches):
            shard.append(predictions)
            done += len(predictions)
            if on_progress is not None:
                on_progress(done)
            if sum(map(len, shard)) >= shard_size or time.monotonic() - began > _KEEP_AFTER:
                finish_shard()
    finally:  # also when the user stops it: what was finished is kept
        finish_shard()
    return concatenate(results)


def _key(photo: Photo) -> Key:
    return (photo.photo_id, photo.user_id, photo.size, photo.stamp)


def _found(held: Sequence[Predictions], photos: Sequence[Photo], *, retry_failed: bool) -> dict[Key, tuple[int, int]]:
    """Where each photo's prediction stands: (part, row).

    A success hides failures of the same photo; of several failures the last is the one that counts. A photo that could
    not even be read is tried again: that costs nothing, and its disk may be back.
    """
    wanted = {_key(photo) for photo in photos}
    found: dict[Key, tuple[int, int]] = {}
    failures: dict[Key, tuple[int, int]] = {}
    for place, part in enumerate(held):
        for row in range(len(part)):
            key = (part.photo_id[row], part.user_id[row], int(part.size[row]), int(part.stamp[row]))
            if key in wanted and part.error[row] is None:
                found[key] = (place, row)
            elif key in wanted and part.digest[row]:
                failures[key] = (place, row)
    return found if retry_failed else failures | found


def _rows_by_part(found: dict[Key, tuple[int, int]], parts: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(parts)]
    for place, row in found.values():
        rows[place].append(row)
    return rows


def profiles_of(
    predictions: Predictions,
    classifier: Classifier,
    meaning: Meaning,
    options: ProfileOptions,
    listing: Listing,
) -> tuple[Profile, ...]:
    """One profile a user, in the order of their names.

    What could not even be listed stands with its user; where nobody knows whose it is, with the first.
    """
    rows: dict[str | None, list[int]] = {}
    for row, user in enumerate(predictions.user_id):
        rows.setdefault(user, []).append(row)
    users = sorted(rows, key=lambda user: user or "") or [None]
    provenance = {
        "penchant": __version__,
        "model": classifier.facts.name,
        "model_sha256": classifier.facts.sha256,
        "label_set": classifier.facts.label_set,
        "top_k": str(options.adding.top_k),
        "min_confidence": str(options.adding.min_confidence),
        "sensitive_domains": "hidden" if options.hide_sensitive else "shown",
        **meaning.provenance,
    }
    return tuple(
        build_profile(
            select(predictions, rows.get(user, [])),
            label_set=classifier.label_set,
            model=classifier.facts,
            meaning=meaning,
            options=options,
            user_id=user,
            failures=[f for f in listing.failures if (f.user_id if f.user_id in users else users[0]) == user],
            skipped=listing.skipped if place == 0 else (),
            provenance=provenance,
        )
        for place, user in enumerate(users)
    )
