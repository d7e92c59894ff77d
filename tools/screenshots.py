"""Takes the README's screenshots: starts the app, gives it photos that may be published, and photographs its pages.

    tools/screenshots.py            docs/images/web-desktop.png and web-phone.png

The photos are those of `penchant demo`, which scikit-image and scikit-learn bring. As eight pictures are too few for a
profile, each stands for some: a person with a cat, who drinks coffee, with its edges cut by more each time.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from penchant.cli.demo import sample_pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
TIMES = {"chelsea": 12, "coffee": 9, "flower": 4, "china": 3, "motorcycle_left": 2, "rocket": 1}
CUT = 0.015  # of the width and height, each time
# Systems differ in their fonts; this one has the measures of those that most readers have.
FONT = "body { font-family: 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif }"
MOST_BYTES = 200_000


def main() -> None:
    """Takes both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=IMAGES, help="the folder for the pictures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("no Chromium here: run tools/install-browser")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as url, sync_playwright() as playwright:
        pictures = croppings(Path(folder) / "Holidays")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        address = profiled(browser, url, pictures)
        take(browser, address, out / "web-desktop.png", width=900, height=1080, scale=2, light="light")
        take(browser, f"{address}/pictures/1", out / "web-phone.png", width=390, height=900, scale=1.5, light="dark")
        browser.close()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of an app that keeps its data in the folder."""
    command = [sys.executable, "-m", "penchant", "serve", "--quiet", "--port", "0", "--data", str(folder / "data")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip().rstrip("/")
    finally:
        process.terminate()
        process.wait()


def croppings(folder: Path) -> list[Path]:
    """The sample photos, whole and with their edges cut."""
    folder.mkdir()
    made = []
    for sample in map(Path, sample_pictures()):
        with Image.open(sample) as image:
            width, height = image.size
            for number in range(TIMES.get(sample.stem, 0)):
                x, y = int(number * CUT * width), int(number * CUT * height)
                made.append(folder / f"{sample.stem}-{number}.jpg")
                image.convert("RGB").crop((x, y, width - x, height - y)).save(made[-1], quality=92)
    return made


def profiled(browser: Browser, url: str, pictures: list[Path]) -> str:
    """The address of the profile of these pictures."""
    page = browser.new_page()
    page.goto(url)
    page.locator("#files").set_input_files(pictures)
    page.get_by_role("button", name="See what they say").click()
    page.get_by_role("heading", level=1, name=re.compile("Your pictures speak")).wait_for()
    address = page.url
    page.close()
    return address


def take(browser: Browser, address: str, out: Path, *, width: int, height: int, scale: float, light: str) -> None:
    """Photographs the top of a page, in 256 colours at most."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale, bypass_csp=True,
        color_scheme="dark" if light == "dark" else "light", reduced_motion="reduce",
    )  # fmt: skip
    page: Page = context.new_page()
    page.goto(address)
    page.add_style_tag(content=FONT)
    page.wait_for_load_state("networkidle")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in (256, 128, 64):
        shot.quantize(colours, dither=Image.Dither.NONE).save(out, optimize=True)
        if out.stat().st_size <= MOST_BYTES:
            break
    print(f"{out}: {shot.width}×{shot.height}, {out.stat().st_size:,} bytes")
    context.close()


if __name__ == "__main__":
    main()
