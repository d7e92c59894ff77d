"""The app as people use it: a real Chromium, real pictures, with scripts and without."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from web.browsing import Pace
from web.helpers import holding, pictures_kept, until, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import FilePayload, Locator, Page

    from web.browsing import Visit
    from web.helpers import Browser, Files

NASTY = "<img src=x onerror=alert(1)>.jpg"


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pace]:
    pace = Pace(monkeypatch)
    yield pace
    pace.free()


def payload(files: Files, count: int | None = None) -> list[FilePayload]:
    return [{"name": name, "mimeType": "image/jpeg", "buffer": data} for _, (name, data) in files[:count]]


def drop(page: Page, *paths: Path) -> None:
    """Drops files or folders on the page, as the mouse does."""
    zone = page.locator("#zone").bounding_box()
    assert zone is not None
    x, y = zone["x"] + zone["width"] / 2, zone["y"] + zone["height"] / 2
    mouse = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        mouse.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
        if kind == "dragOver":
            assert "over" in (page.locator("#zone").get_attribute("class") or "")


def domains(page: Page) -> list[str]:
    return page.locator(".domain h3").all_inner_texts()


def first_closed(page: Page) -> Locator:
    return page.locator(f"#{page.locator('.domain:not([open])').first.get_attribute('id')}")


def test_from_dropped_pictures_to_nothing_left(
    web: Browser, visitors: Visit, paced: Pace, pictures: Path, tmp_path: Path
) -> None:
    visitor = visitors(web.base_url)
    page = visitor.open()

    # drop
    page.get_by_role("button", name="See what they say").click()
    assert "Choose some pictures first" in page.get_by_role("alert").inner_text()
    drop(page, pictures)
    page.get_by_text("24 files chosen").wait_for()
    assert page.locator("#strip img").count() == 8
    assert not page.get_by_role("alert").is_visible()
    page.get_by_role("button", name="See what they say").click()

    # watch
    page.wait_for_url("**/jobs/*")
    address = page.url
    job_id = address.rpartition("/")[2]
    page.get_by_text("24 pictures received; waiting for a turn.").wait_for()
    paced.step()
    page.get_by_text(re.compile(r"^\d+ of 24 pictures looked at\.$")).wait_for()
    page.get_by_role("heading", name="Looking at your pictures").wait_for()
    bar = page.get_by_role("progressbar", name=re.compile("looked at"))
    assert 0 < float(bar.get_attribute("value") or 0) < 24
    page.locator("#stream img").first.wait_for()
    paced.free()

    # the profile, and its evidence
    page.get_by_role("heading", level=1, name="Your pictures speak of").wait_for()
    page.wait_for_load_state()
    before = web.profile(job_id)
    assert before["photos"]["used"] == 24
    names = domains(page)
    assert names == [domain["name"] for domain in before["domains"]]
    closed = first_closed(page)
    assert not closed.locator(".shots img").first.is_visible()
    closed.locator("summary").click()
    picture = closed.locator(".shots img").first
    picture.scroll_into_view_if_needed()
    until(lambda: picture.evaluate("image => image.complete && image.naturalWidth") == 224)
    page.get_by_role("link", name=names[0]).first.click()
    page.wait_for_url(f"**#{before['domains'][0]['code']}")

    # one picture, the way from its label to the domain; it is "not me", and it is again
    page.locator(".domain .shots a").first.click()
    page.get_by_role("heading", name="What it was taken for").wait_for()
    way = page.locator(".way").first.inner_text()
    assert "→" in way
    page.get_by_text("Its meaning in WordNet 3.0").first.wait_for()
    page.get_by_role("button", name="Not me: don't count this picture").click()
    page.get_by_text("This picture doesn't count").wait_for()
    assert web.profile(job_id)["photos"]["used"] == 23
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Not me: don't count this picture").wait_for()
    assert web.profile(job_id) == before

    # an interest that is not me, and undo
    page.get_by_role("link", name="What they say").click()
    page.get_by_role("button", name=f"Not me (take {names[0]} out)").click()
    page.get_by_role("heading", name="Not me").wait_for()
    assert page.url.endswith("#not-me")
    until(lambda: domains(page) == names[1:])
    page.get_by_role("button", name=f"Undo (put {names[0]} back)").click()
    page.get_by_role("heading", name="Not me").wait_for(state="detached")
    until(lambda: domains(page) == names)

    # take it along
    for kind, holds in (("Data (JSON)", b'"schema_version"'), ("Table (CSV)", b"share"), ("One page", b"<!DOCTYPE")):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        kept = tmp_path / download.value.suggested_filename
        download.value.save_as(kept)
        assert holds in kept.read_bytes()
        if kept.suffix == ".json":
            assert json.loads(kept.read_bytes()) == before

    # and make it vanish
    page.get_by_text("Delete everything …").click()
    page.get_by_role("button", name="Yes, delete it all").click()
    page.get_by_role("heading", name="It is gone").wait_for()
    assert pictures_kept(web.settings.data) == []
    assert holding(web.settings.data, job_id.encode()) == []
    assert visitor.complaints == []
    page.goto(address)
    page.get_by_role("heading", name="There is nothing here (any more)").wait_for()
    assert all("404" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_without_scripts(web: Browser, visitors: Visit, paced: Pace, two_dozen: Files, tmp_path: Path) -> None:
    visitor = visitors(web.base_url, java_script_enabled=False)
    page = visitor.open()
    archive = zipped({f"folder/{name}": data for _, (name, data) in two_dozen[:22]})
    page.locator("#files").set_input_files({"name": "t.zip", "mimeType": "application/zip", "buffer": archive})
    page.get_by_text("Compare with your own words").click()
    page.get_by_label("What you care about, in tags").fill("cats, street food, climbing")
    page.get_by_role("button", name="See what they say").click()
    page.get_by_text("22 pictures received").wait_for()
    assert page.get_by_role("link", name="Look again now").is_visible()
    paced.free()
    page.get_by_role("heading", level=1, name="Your pictures speak of").wait_for()  # it came by itself

    page.get_by_role("heading", name="Words against pictures").wait_for()
    page.wait_for_load_state()
    names = domains(page)
    closed = first_closed(page)
    closed.locator("summary").click()
    assert closed.locator(".shots").is_visible()
    page.get_by_role("button", name=f"Not me (take {names[0]} out)").click()
    until(lambda: domains(page) == names[1:])
    page.get_by_role("button", name="Undo").click()
    until(lambda: domains(page) == names)
    page.get_by_label("Write what you care about").fill("")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Words against pictures").wait_for(state="detached")
    with page.expect_download() as download:
        page.get_by_role("link", name="Data (JSON)").click()
    kept = tmp_path / "profile.json"
    download.value.save_as(kept)
    assert json.loads(kept.read_bytes())["photos"]["used"] == 22
    page.get_by_text("Delete everything …").click()
    page.get_by_role("button", name="Yes, delete it all").click()
    page.get_by_role("heading", name="It is gone").wait_for()
    assert pictures_kept(web.settings.data) == []


def test_choices_are_read_anew(web: Browser, visitors: Visit, two_dozen: Files) -> None:
    page = visitors(web.base_url).open(f"/jobs/{web.job(two_dozen)}")
    names = domains(page)
    page.get_by_text("Read it another way").click()
    page.get_by_label("Which interests there are").select_option("interests-tier1")
    page.get_by_role("button", name="Read again").click()
    until(lambda: domains(page) != names)
    assert domains(page)


def test_hostile_names_are_text(web: Browser, visitors: Visit, two_dozen: Files) -> None:
    page = visitors(web.base_url).open()
    files = payload(two_dozen, 2)
    files[0]["name"] = NASTY
    files.append({"name": "<b>.jpg", "mimeType": "image/jpeg", "buffer": b"no"})
    page.locator("#files").set_input_files(files)
    page.get_by_role("button", name="See what they say").click()
    page.get_by_role("heading", name="A first impression only").wait_for()
    page.get_by_role("rowheader", name="<b>.jpg").wait_for()
    page.get_by_role("link", name="All pictures").click()
    page.get_by_text(NASTY).click()
    page.get_by_role("heading", level=1, name=NASTY).wait_for()
    assert page.evaluate("document.querySelectorAll('[onerror]').length") == 0


def test_a_folder_and_second_thoughts(web: Browser, visitors: Visit, pictures: Path) -> None:
    page = visitors(web.base_url).open()
    page.locator("#folder").set_input_files(pictures)
    page.get_by_text("24 files chosen").wait_for()
    page.get_by_role("button", name="Choose others").click()
    assert page.locator("#chosen").inner_text() == ""
    assert page.locator("#strip img").count() == 0
    page.locator("#folder").set_input_files(pictures)
    page.get_by_role("button", name="See what they say").click()
    page.get_by_role("heading", level=1, name="Your pictures speak of").wait_for()
    page.get_by_role("link", name="All pictures").click()
    page.get_by_text(f"{pictures.name}/000.jpg").wait_for()


def test_an_upload_that_is_cancelled(web: Browser, visitors: Visit, tmp_path: Path) -> None:
    page = visitors(web.base_url).open()
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    line.send("Network.emulateNetworkConditions", slow)
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8\xff" + bytes(5_000_000))
    page.locator("#files").set_input_files(tmp_path / "large.jpg")
    page.get_by_role("button", name="See what they say").click()
    assert page.locator("#sending-title").evaluate("title => title === document.activeElement")
    page.get_by_text(re.compile("MB sent$")).first.wait_for()
    assert page.title().endswith("% sent – Penchant")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="See what they say").wait_for()
    until(lambda: pictures_kept(web.settings.data) == [])


def test_whoever_comes_when_all_is_full_is_told_to_wait(
    browsers: Callable[..., Browser], visitors: Visit, paced: Pace, two_dozen: Files
) -> None:
    from penchant.web.settings import Limits

    site = browsers(limits=Limits(queue=1))
    assert site.post("/api/jobs", files=two_dozen[:2]).status_code == 202
    refused = []
    for scripts in (True, False):
        visitor = visitors(site.base_url, java_script_enabled=scripts)
        page = visitor.open()
        page.locator("#files").set_input_files(payload(two_dozen, 2))
        page.get_by_role("button", name="See what they say").click()
        told = page.get_by_role("alert") if scripts else page.locator(".lead")
        told.wait_for()
        if not scripts:
            page.get_by_role("heading", name="Everybody is being served just now").wait_for()
        refused.append(told.inner_text())
        assert all("503" in complaint for complaint in visitor.complaints)
        visitor.complaints.clear()
    assert refused[0] == refused[1] != ""


def test_a_job_that_vanishes_while_one_waits(web: Browser, visitors: Visit, paced: Pace, two_dozen: Files) -> None:
    job_id = web.post("/api/jobs", files=two_dozen).json()["id"]
    visitor = visitors(web.base_url)
    page = visitor.open(f"/jobs/{job_id}")
    page.get_by_text("24 pictures received").wait_for()
    assert web.delete(f"/api/jobs/{job_id}").status_code == 204
    page.get_by_role("heading", name="There is nothing here (any more)").wait_for()
    assert all("404" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_whoever_is_refused_news_looks_again(
    web: Browser, visitors: Visit, paced: Pace, two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penchant.web.routes.events._MOST_LISTENERS", 0)
    job_id = web.post("/api/jobs", files=two_dozen).json()["id"]
    visitor = visitors(web.base_url)
    page = visitor.open(f"/jobs/{job_id}")
    page.get_by_text("24 pictures received").wait_for()
    paced.free()
    page.get_by_role("heading", level=1, name="Your pictures speak of").wait_for()
    assert all("503" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


def test_samples_and_an_address(
    browsers: Callable[..., Browser], visitors: Visit, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(url: str, *, most: int) -> bytes:  # tests/web/test_web_addresses.py fetches for real
        asked.append(url)
        return (pictures / "003.jpg").read_bytes()

    monkeypatch.setattr("penchant.web.addresses.fetch_picture", fetch)
    monkeypatch.setattr("penchant.web.intake.fetch_picture", fetch, raising=False)
    samples = tuple(str(path) for path in sorted(pictures.iterdir())[:20])
    site = browsers(allow_url=True, samples=samples)
    page = visitors(site.base_url).open()
    page.get_by_role("button", name="Just look, with 20 sample pictures").click()
    page.get_by_text("20 pictures were looked at").wait_for()
    page.get_by_role("link", name="Penchant", exact=True).click()
    page.get_by_label("Or the address of one picture").fill("http://pictures.example.org/a.jpg")
    page.get_by_role("button", name="See what they say").click()
    page.get_by_text("1 picture was looked at").wait_for()
    assert asked == ["http://pictures.example.org/a.jpg"]
