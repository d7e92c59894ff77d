"""A real Chromium for the web's tests: where it is, how it is started, and the jobs that it looks at."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest
from PIL import Image

from penchant.web.engine import Engine
from penchant.web.jobs import JobPhoto, NewPhoto, State, new_job_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

    from penchant.web.jobs.turns import Share

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VARIABLE = "PENCHANT_CHROMIUM"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 20_000


def find_chromium() -> str | None:
    """The browser of $PENCHANT_CHROMIUM, or the first one on the PATH."""
    named = os.environ.get(VARIABLE)
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def started() -> Iterator[Chromium]:
    """The browser, for the tests of a module: its event loop would be in the way of others."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the browser tests need playwright: pip install playwright"
    )
    path = find_chromium()
    if path is None:
        pytest.skip(f"no Chromium here: run tools/install-browser, or name one in ${VARIABLE}")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A window of the browser; what it complains of is a fault of ours.

    Attributes:
        context: as Playwright has it.
        complaints: what the console said, and scripts that failed.
    """

    context: BrowserContext
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.base_url + path)
        return page

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


class Visit(Protocol):
    """Opens a window, with options of Playwright's contexts."""

    def __call__(self, base_url: object, **options: Any) -> Visitor: ...


class Pace:
    """Lets the engine look at pictures a batch at a time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._steps = threading.Semaphore(0)
        self._free = threading.Event()
        look = Engine._look

        def paced(engine: Engine, shares: Sequence[Share]) -> object:
            while not (self._free.is_set() or engine.stopping or all(share.work.stopped for share in shares)):
                if self._steps.acquire(timeout=0.02):
                    break
            return look(engine, shares)

        patch.setattr(Engine, "_look", paced)

    def step(self) -> None:
        self._steps.release()

    def free(self) -> None:
        self._free.set()


def told_job(
    engine: Engine, names: Sequence[str], labels: Sequence[dict[str, float]], squares: Sequence[Path], **values: object
) -> str:
    """A finished job of pictures that were taken for these labels, without a network looking at them.

    An empty dict of labels is a picture that could not be used.
    """
    job_id = new_job_id()
    models = engine.models
    model, generaliser, taxonomy = models.checked()
    index = {found.name: number for number, found in enumerate(models.labels(model)[0].classes)}
    engine.files.make(job_id)
    engine.store.add(job_id, "visitor", model=model, generaliser=generaliser, taxonomy=taxonomy)
    new = [NewPhoto(number, name, f"{number:06}", None, 1, 1) for number, name in enumerate(names, 1)]
    engine.store.queue(job_id, new)
    small = engine.files.seen_writer(job_id)
    assert small is not None
    places = {}
    for photo, seen, square in zip(new, labels, squares, strict=True):
        if seen:
            with Image.open(square) as image:
                places[photo.number] = small.add(np.asarray(image))
    photos = [
        JobPhoto(
            number=photo.number, name=photo.name, file=photo.file, member=None, size=1, stamp=1, done=True,
            error=None if seen else "truncated JPEG: the file ends too early", digest=f"{photo.number:032}".encode(),
            labels=tuple((index[label], confidence) for label, confidence in seen.items()),
            seen=places.get(photo.number),
        )
        for photo, seen in zip(new, labels, strict=True)
    ]  # fmt: skip
    engine.store.keep(job_id, photos)
    now = time.time()
    engine.store.update(job_id, state=State.DONE, finished=now, expires=now + engine.settings.keep_seconds, **values)
    return job_id
