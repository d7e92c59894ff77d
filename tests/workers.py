"""A worker without a model: quick, and it remembers what it was asked to do."""

from __future__ import annotations

import hashlib
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
from strategies import LABELS, MODEL, WIDTH

from penchant.pipeline import OnPicture, Worker, shown_path
from penchant.types import Photo, Predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penchant.recognition import Classifier


class FakeWorker(Worker):
    """Draws a photo's labels from its name, size and stamp; photos named "bad…" fail.

    Attributes:
        seen: the names of all photos that it worked on.
        mended: photos named "bad…" no longer fail.
        before: called with the number of photos seen so far, before each batch.
    """

    def __init__(
        self,
        recipe: str = "one",
        *,
        batch: int = 4,
        circumstances: str = "usual",
        mended: bool = False,
        before: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.classifier = cast(
            "Classifier", SimpleNamespace(kept_labels=WIDTH, batch=batch, facts=MODEL, label_set=LABELS)
        )
        self.seen: list[str] = []
        self.mended = mended
        self.before = before
        self._recipe_key = recipe
        self._circumstances = circumstances
        self._lock = threading.Lock()

    @property
    def recipe_key(self) -> str:
        return self._recipe_key

    @property
    def circumstances(self) -> str:
        return self._circumstances

    def run(self, photos: Sequence[Photo], *, on_picture: OnPicture | None = None) -> Predictions:
        assert on_picture is None, "nothing is looked at here"
        assert 0 < len(photos) <= self.classifier.batch
        with self._lock:
            self.before(len(self.seen))
            self.seen.extend(photo.photo_id for photo in photos)
        label = np.full((len(photos), WIDTH), -1, np.int32)
        confidence = np.zeros((len(photos), WIDTH), np.float32)
        digests, errors = [], []
        for i, photo in enumerate(photos):
            digest = hashlib.sha256(f"{photo.photo_id} {photo.size} {photo.stamp} {self._recipe_key}".encode()).digest()
            failed = photo.photo_id.startswith("bad") and not self.mended
            digests.append(b"" if photo.photo_id.startswith("bad gone") and failed else digest)
            errors.append("truncated JPEG: the file ends too early" if failed else None)
            if not failed:
                label[i] = np.random.default_rng(list(digest)).permutation(len(LABELS.classes))[:WIDTH]
                confidence[i] = np.sort(np.frombuffer(digest[:WIDTH], np.uint8))[::-1].astype(np.float32) / 256
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


def photos_named(*names: str, stamp: int = 1) -> tuple[Photo, ...]:
    """Photos that only a FakeWorker can read."""
    return tuple(Photo(name, f"/pictures/{name}", size=len(name), stamp=stamp) for name in names)


def many_photos(count: int, *, first: int = 0) -> tuple[Photo, ...]:
    """Photos 00000, 00001 and so on; every seventh fails."""
    return photos_named(*(f"{'bad ' if i % 7 == 3 else ''}{i:05}" for i in range(first, first + count)))
