"""How the pages are made: for screen readers and keyboards, in the light and in the dark, on a phone and on paper."""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from web.browsing import DESKTOP, PHONE, Pace, told_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from web.browsing import Visit

TAKEN_FOR = [
    *[{"tabby": 0.9, "Egyptian cat": 0.05}] * 6, *[{"golden retriever": 0.8}] * 4, *[{"espresso": 0.7, "cup": 0.2}] * 6,
    *[{"stethoscope": 0.9}] * 2, *[{"altar": 0.8}] * 2, {"castle": 0.9}, {"acoustic guitar": 0.6},
    {"mountain bike": 0.6}, {},
]  # fmt: skip
NAMES = [
    *(f"IMG_{number:04}.jpg" for number in range(1, len(TAKEN_FOR))),
    "a name as cameras and people never give, but other programs do: " + "x" * 120 + ".jpg",
]


@dataclass(frozen=True)
class Site:
    """An app with a page of each kind."""

    url: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Iterator[Site]:
    from penchant.web.settings import Limits
    from web.helpers import Browser, settings_in

    samples = tuple(str(path) for path in sorted(pictures.iterdir()))
    limits = Limits(bursts=(1e6, 1e6), queue=5)
    folder = tmp_path_factory.mktemp("looks")
    with pytest.MonkeyPatch.context() as patch:
        pace = Pace(patch)
        settings = settings_in(folder, allow_url=True, samples=samples, limits=limits, threads=1)
        with Browser(settings) as browser:
            engine = browser.app.state.engine
            squares = sorted(pictures.iterdir())
            full = told_job(
                engine, NAMES, TAKEN_FOR, squares[: len(NAMES)], tags="cats, coffee, church\nLisbon, hiking",
                skipped=[(".txt", 2)], removed_photos=[2], removed_domains=["FARMING"],
            )  # fmt: skip
            few = told_job(engine, NAMES[:2], TAKEN_FOR[:2], squares[:2])
            none = told_job(engine, NAMES[:1], [{}], squares[:1])
            waiting = [
                browser.post("/api/jobs", files=[("pictures", ("1.jpg", squares[0].read_bytes()))]).json()["id"]
                for _ in range(2)
            ]
            job = f"/jobs/{full}"
            yield Site(
                str(browser.base_url).rstrip("/"),
                {
                    "start": "/", "profile": job, "sensitive": f"{job}?sensitive=1", "first impression": f"/jobs/{few}",
                    "nothing usable": f"/jobs/{none}", "pictures": f"{job}/pictures", "picture": f"{job}/pictures/1",
                    "removed picture": f"{job}/pictures/2", "sensitive picture": f"{job}/pictures/17",
                    "failed picture": f"{job}/pictures/{len(NAMES)}", "waiting": f"/jobs/{waiting[1]}",
                    "api": "/api", "deleted": "/deleted", "not found": "/jobs/nothing-here",
                },
            )  # fmt: skip
            pace.free()


PAGES = (
    "start", "profile", "sensitive", "first impression", "nothing usable", "pictures", "picture", "removed picture",
    "sensitive picture", "failed picture", "waiting", "api", "deleted", "not found",
)  # fmt: skip


def every_page(
    visitors: Visit, site: Site, names: tuple[str, ...] = PAGES, **options: Any
) -> Iterator[tuple[str, Page]]:
    """Each page in one window; `details` are opened, as what they hold counts, too."""
    visitor = visitors(site.url, **options)
    page = visitor.open("/deleted")
    assert set(PAGES) == set(site.pages)
    for name in names:
        page.goto(site.url + site.pages[name])
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        yield name, page
    visitor.complaints[:] = [complaint for complaint in visitor.complaints if "/jobs/nothing-here" not in complaint]


@pytest.mark.parametrize(("light", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light", "dark"])
def test_axe_finds_nothing(visitors: Visit, site: Site, light: str, size: dict[str, int]) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe is not here: pip install axe-playwright-python")
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    found = []
    options: dict[str, Any] = {"viewport": size, "color_scheme": light}
    for name, page in every_page(visitors, site, **options, bypass_csp=True):
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert len(result["passes"]) > 10
        for rule in result["violations"]:
            found += [(name, rule["id"], node["html"][:200]) for node in rule["nodes"]]
    assert found == []


def test_nothing_is_wider_than_the_window(visitors: Visit, site: Site) -> None:
    wide = []
    for name, page in every_page(visitors, site):
        for width in (1280, 640, 390, 320):  # 640 is a desktop at 200 %, 320 one at 400 %
            page.set_viewport_size({"width": width, "height": 800})
            across = page.evaluate("document.documentElement.scrollWidth")
            if across > width:
                wide.append((name, across, page.evaluate(WIDEST, width)))
    assert wide == []


WIDEST = """width => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 3).map(e => e.outerHTML.slice(0, 80))"""


def test_headings_are_in_order_and_landmarks_are_there(visitors: Visit, site: Site) -> None:
    for name, page in every_page(visitors, site):
        levels = [int(tag[1]) for tag in page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(e => e.tagName)")]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (name, levels)
        for landmark in ("banner", "main", "contentinfo"):
            assert page.get_by_role(landmark).count() == 1, (name, landmark)
        assert page.title().endswith("– Penchant") or name == "start"
        ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
        assert len(ids) == len(set(ids)), name


def test_the_keyboard_is_enough(visitors: Visit, site: Site) -> None:
    page = visitors(site.url).open()
    keys = page.keyboard

    def here() -> str:
        focused: str = page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        return focused

    keys.press("Tab")
    assert here() == "Skip to the content"
    assert page.get_by_text("Skip to the content").evaluate("link => link.getBoundingClientRect().left >= 0")
    keys.press("Enter")
    assert here() == "content"
    order = []
    for _ in range(5):
        keys.press("Tab")
        order.append(here())
    assert order == ["files", "folder", "url", "send", "Just look, with 24 sample pictures"]
    for step in ("files", "send"):  # a hidden input shows its focus around what stands for it
        page.locator(f"#{step}").focus()
        keys.press("Shift+Tab")
        keys.press("Tab")
        shown = page.locator("#files + span" if step == "files" else "#send")
        assert shown.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"

    page.goto(site.url + site.pages["profile"])
    closed = page.locator(".domain:not([open])").last
    name = closed.get_attribute("id")
    closed.locator("summary").focus()
    keys.press("Enter")
    assert page.locator(f"#{name}").get_attribute("open") is not None
    keys.press("Tab")
    assert here().startswith("Not me")
    keys.press("Enter")
    page.wait_for_url("**#not-me")
    page.locator(f"#{name}").wait_for(state="detached")
    undo = page.locator(".removed button").nth(1)
    undo.focus()
    keys.press("Enter")
    page.locator(f"#{name}").wait_for()


def test_sensitive_domains_are_shown_when_asked_for(visitors: Visit, site: Site) -> None:
    page = visitors(site.url).open(site.pages["profile"])
    hidden = ("Health and medicine", "Religion, mysticism and mythology")
    assert page.get_by_text("somebody may be looking over your shoulder").is_visible()
    assert not [name for name in hidden if name in page.content()]
    page.get_by_role("link", name="Show them").click()
    for name in hidden:
        part = page.locator(".domain", has=page.get_by_role("heading", name=re.compile(f"^{name}")))
        assert part.get_attribute("open") is None
        assert part.get_by_text("sensitive").is_visible()
    page.locator(".domain .shots a").first.click()  # and stays so on the way
    page.wait_for_url("**/pictures/*?sensitive=1")
    page.get_by_role("link", name="What they say").click()
    page.get_by_role("link", name="Hide them").click()
    page.get_by_role("link", name="Show them").wait_for()
    assert not [name for name in hidden if name in page.content()]
    page.goto(site.url + site.pages["sensitive picture"])
    assert page.get_by_text("a sensitive domain, hidden").first.is_visible()


def test_pages_are_light_and_stand_still(visitors: Visit, site: Site) -> None:
    visitor = visitors(site.url, viewport=PHONE)
    page = visitor.open("/deleted")
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}))
    for name in ("start", "profile", "pictures"):
        page.goto(site.url + site.pages[name])
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(SHIFT) < 0.01, name
        assert page.locator("img:not([width][height])").count() == 0
    assert page.locator("img:not([loading=lazy])").count() == 1  # the brand's
    ours = {url: size for url, size in sizes.items() if "/seen/" not in url}
    assert all(url.startswith(site.url) for url in sizes)
    assert sum(ours.values()) < 150_000, ours


SHIFT = """() => new Promise(resolve => {
    let sum = 0;
    const add = list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value; };
    new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => resolve(sum), 50);
})"""


def test_motion_is_reduced(visitors: Visit, site: Site) -> None:
    moving = "getComputedStyle(document.documentElement).scrollBehavior"
    assert visitors(site.url, reduced_motion="no-preference").open().evaluate(moving) == "smooth"
    assert visitors(site.url, reduced_motion="reduce").open().evaluate(moving) == "auto"


def test_on_paper(visitors: Visit, site: Site, tmp_path: Path) -> None:
    page = visitors(site.url).open(site.pages["sensitive"])
    page.emulate_media(media="print")
    for gone in (".top", "footer", "form", ".take", ".peek"):
        assert not page.locator(gone).first.is_visible(), gone
    closed = page.locator(".domain:not([open]) .labels")
    assert closed.count() > 3
    sensitive = page.locator(".domain.sensitive:not([open]) .labels")
    assert sensitive.count() == 2
    assert not sensitive.first.is_visible()  # closed on paper, too
    assert page.locator(".domain:not([open]):not(.sensitive) .labels").first.is_visible()
    printed = page.pdf(format="A4", print_background=True)
    assert io.BytesIO(printed).read(5) == b"%PDF-"


def test_high_contrast(visitors: Visit, site: Site) -> None:
    page = visitors(site.url, forced_colors="active").open(site.pages["profile"])
    fill = "bar => getComputedStyle(bar).fill"
    bar, track = (page.locator(f".bars .meter .{part}").first.evaluate(fill) for part in ("bar", "track"))
    assert bar != track
