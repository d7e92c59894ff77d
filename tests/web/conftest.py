"""An app for all tests of this folder that don't need one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

for _needed in ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "httpx"):
    pytest.importorskip(_needed, reason="the web app's libraries are not installed: pip install 'penchant[web,online]'")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser as Chromium

    from web.browsing import Visit
    from web.helpers import Browser, Files


@pytest.fixture(scope="session", autouse=True)
def _opened_once_here(_opened_once: None) -> None:
    """Apps in this process share the lexicon and the model."""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """An app with the usual limits."""
    from penchant.web.settings import Limits
    from web.helpers import Browser, settings_in

    limits = Limits(queue=100, bursts=(1e6, 1e6))
    with Browser(settings_in(tmp_path_factory.mktemp("web"), limits=limits)) as browser:
        yield browser


@pytest.fixture
def web(shared: Browser) -> Iterator[Browser]:
    """That app for a visitor without cookies; its jobs are deleted afterwards."""
    shared.cookies.clear()
    yield shared
    from penchant.web.jobs import State

    engine = shared.app.state.engine
    engine.delete(*(job.id for job in engine.store.jobs(*State)), why="test")


@pytest.fixture
def browsers(tmp_path: Path) -> Iterator[Callable[..., Browser]]:
    """Makes apps with settings of their own, each in a folder of its own."""
    from contextlib import ExitStack

    from web.helpers import Browser, settings_in

    with ExitStack() as stack:

        def make(name: str = "own", *, address: str | None = None, **changes: object) -> Browser:
            (tmp_path / name).mkdir(exist_ok=True)
            return stack.enter_context(Browser(settings_in(tmp_path / name, **changes), address=address))

        yield make


@pytest.fixture(scope="session")
def two_dozen(pictures: Path) -> Files:
    """24 pictures, as a form sends them."""
    from web.helpers import pictures_of

    return pictures_of(pictures)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A real browser; tests that need one are skipped where there is none."""
    from web.browsing import started

    with started() as browser:
        yield browser


@pytest.fixture
def visitors(chromium: Chromium) -> Iterator[Visit]:
    """Opens windows of the browser, each with cookies of its own; in the end none of them may have complained."""
    from web.browsing import Visitor

    opened: list[Visitor] = []

    def visit(base_url: object, **options: Any) -> Visitor:
        visitor = Visitor(chromium.new_context(**options), str(base_url).rstrip("/"))
        opened.append(visitor)
        return visitor

    yield visit
    for visitor in opened:
        visitor.context.close()
    assert [complaint for visitor in opened for complaint in visitor.complaints] == []
