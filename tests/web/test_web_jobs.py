"""From pictures to a profile, and what can be done with it."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from penchant.report import json_schema
from penchant.web.jobs import JobStore
from penchant.web.looking import Looker
from web.helpers import holding, pictures_kept, pictures_of, token_in, until, wait_for_job, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from conftest import Cli

    from penchant.web.jobs import JobPhoto
    from penchant.web.jobs.turns import Share
    from web.helpers import Browser, Files


def codes(profile: Any) -> list[str]:
    return [domain["code"] for domain in profile["domains"]]


def test_the_same_json_as_the_command_line(web: Browser, two_dozen: Files, cli: Cli, pictures: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    job_id = web.job(two_dozen)
    by_web = web.profile(job_id, "?sensitive=true")
    by_cli = cli("profile", pictures, "--json").json
    jsonschema.validate(by_web, json_schema("profile"))
    for document in (by_web, by_cli):
        for domain in document["domains"]:
            for item in domain["evidence"]:
                item["photo_id"] = item["path"] = item["path"].rpartition("/")[2]
    assert by_web == by_cli
    labels = web.get(f"/api/jobs/{job_id}/pictures").json()
    lines = cli("classify", pictures, "--json", "--labels", "10").lines
    assert [document["labels"] for document in labels] == [line["labels"] for line in lines]
    for document in labels:
        document.pop("number")
        jsonschema.validate(document, json_schema("classify"))


def test_a_job_tells_how_far_it_is(web: Browser, two_dozen: Files) -> None:
    sent = web.post("/api/jobs", files=two_dozen)
    assert sent.status_code == 202
    job = sent.json()
    assert sent.headers["location"] == job["links"]["self"] == f"/api/jobs/{job['id']}"
    assert (job["state"], job["photos"]["total"]) in {("queued", 24), ("running", 24)}
    told = web.get(job["links"]["events"]).text
    events = [json.loads(line.removeprefix("data: ")) for line in told.splitlines() if line.startswith("data: ")]
    assert events[-1]["finished"] is True
    assert [event["done"] for event in events] == sorted(event["done"] for event in events)
    done = web.get(job["links"]["self"]).json()
    assert (done["state"], done["photos"]) == ("done", {"total": 24, "done": 24, "failed": 0})
    assert done["expires"] > done["finished"]


def test_pictures_go_as_soon_as_they_were_looked_at(web: Browser, two_dozen: Files) -> None:
    job_id = web.job([*two_dozen[:5], ("pictures", ("more.zip", zipped({"a.jpg": two_dozen[6][1][1]})))])
    kept = [path for path in pictures_kept(web.settings.data) if path.is_file()]
    assert [path.name for path in kept] == ["seen"]
    assert holding(web.settings.data, *(data for _, (_, data) in two_dozen[:7])) == []
    small = web.get(f"/jobs/{job_id}/seen/1.jpg")
    assert small.headers["content-type"] == "image/jpeg"
    assert web.get(f"/api/jobs/{job_id}/pictures/1/seen").content == small.content


def test_small_pictures_hold_no_metadata(web: Browser, tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "at home, 221B Baker Street"
    exif[0x0112] = 6
    Image.radial_gradient("L").convert("RGB").save(tmp_path / "a.jpg", exif=exif)
    job_id = web.job(pictures_of(tmp_path))
    small = web.get(f"/jobs/{job_id}/seen/1.jpg").content
    assert b"Baker" not in small
    assert not Image.open(io.BytesIO(small)).getexif()
    assert holding(web.settings.data, b"Baker") == []


def test_not_me_takes_an_interest_out_and_undo_puts_it_back(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    before = web.profile(job_id, "?sensitive=true")
    first = codes(before)[0]
    form = {"csrf": token_in(web.get(f"/jobs/{job_id}").text), "domain": first, "sensitive": "1"}
    went = web.post(f"/jobs/{job_id}/not-me", data=form)
    assert (went.status_code, went.headers["location"]) == (303, f"/jobs/{job_id}?sensitive=1#not-me")
    after = web.profile(job_id, "?sensitive=true")
    assert first not in codes(after)
    assert sum(domain["share"] for domain in after["domains"]) == pytest.approx(1, abs=1e-4)
    assert after["provenance"]["not_me_domains"] == "1"
    assert after["photos"] == before["photos"]
    page = web.get(f"/jobs/{job_id}?sensitive=1").text
    assert "put " in page
    web.post(f"/jobs/{job_id}/not-me", data={**form, "undo": "1"})
    assert web.profile(job_id, "?sensitive=true") == before


def test_not_me_takes_a_picture_out(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    before = web.profile(job_id)
    form = {"csrf": token_in(web.get(f"/jobs/{job_id}/pictures/3").text), "picture": "3", "back": "picture"}
    went = web.post(f"/jobs/{job_id}/not-me", data=form)
    assert went.headers["location"] == f"/jobs/{job_id}/pictures/3"
    after = web.profile(job_id)
    assert after["photos"]["total"] == 23
    assert "002.jpg" not in {item["photo_id"] for domain in after["domains"] for item in domain["evidence"]}
    assert "doesn&#39;t count" in web.get(f"/jobs/{job_id}/pictures/3").text.replace("'", "&#39;")
    assert "002.jpg" in web.get(f"/jobs/{job_id}").text, "it is listed, with a way back"
    web.post(f"/jobs/{job_id}/not-me", data={**form, "undo": "1"})
    assert web.profile(job_id) == before


def test_programs_say_not_me_too(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    before = web.profile(job_id)
    gone = codes(before)[0]
    changed = web.patch(f"/api/jobs/{job_id}", json={"not_me": {"domains": [gone], "pictures": [1, 2]}})
    assert changed.json()["not_me"] == {"domains": [gone], "pictures": [1, 2]}
    assert (gone in codes(web.profile(job_id)), web.profile(job_id)["photos"]["total"]) == (False, 22)
    assert web.patch(f"/api/jobs/{job_id}", json={"not_me": {"domains": []}}).json()["not_me"]["pictures"] == [1, 2]
    web.patch(f"/api/jobs/{job_id}", json={"not_me": {"pictures": []}})
    assert web.profile(job_id) == before
    for wrong in ({"domains": ["NOPE"]}, {"pictures": [99]}, {"pictures": ["x"]}, {"more": 1}):
        refused = web.patch(f"/api/jobs/{job_id}", json={"not_me": wrong})
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert web.profile(job_id) == before


def test_everything_taken_out_is_no_fault(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen[:4])
    for _ in range(40):
        left = codes(web.profile(job_id, "?sensitive=true"))
        if not left:
            break
        removed = web.get(f"/api/jobs/{job_id}").json()["not_me"]["domains"]
        web.patch(f"/api/jobs/{job_id}", json={"not_me": {"domains": [*removed, *left]}})
    assert web.get(f"/jobs/{job_id}").status_code == 200
    web.patch(f"/api/jobs/{job_id}", json={"not_me": {"pictures": [1, 2, 3, 4]}})
    page = web.get(f"/jobs/{job_id}")
    assert (page.status_code, "No picture could be used" in page.text) == (200, True)


def test_sensitive_domains_are_hidden_until_asked_for(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    engine = web.app.state.engine
    classes = engine.models.labels("efficientnet-lite0-int8")[0].classes
    altar = next(label.index for label in classes if label.name == "altar")
    photo = engine.store.photo(job_id, 1)
    engine.store.keep(job_id, [replace(photo, labels=((altar, 0.9),), digest=b"another")])
    engine.store.revise(job_id, tags="prayer, church", state="done")
    shown, hidden = web.profile(job_id, "?sensitive=true"), web.profile(job_id)
    faith = next(domain for domain in shown["domains"] if domain["sensitive"])
    assert faith["code"] not in codes(hidden)
    assert [d["share"] for d in hidden["domains"]] == [d["share"] for d in shown["domains"] if not d["sensitive"]]
    assert hidden["provenance"]["sensitive_domains"] == "hidden"
    for path in ("", "/pictures/1", "/download/profile.csv", "/download/profile.html"):
        told, asked = (web.get(f"/jobs/{job_id}{path}{query}").text for query in ("", "?sensitive=1"))
        assert faith["name"] in asked, path
        assert faith["name"] not in told, path
    assert "because you asked for it" in web.get(f"/jobs/{job_id}?sensitive=1").text
    web.patch(f"/api/jobs/{job_id}", json={"not_me": {"domains": [faith["code"]]}})
    page = web.get(f"/jobs/{job_id}").text
    assert faith["name"] not in page
    assert "1 sensitive domain, hidden" in page


def test_another_way_to_read_it_looks_at_no_picture(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    before = web.profile(job_id)
    form = {"csrf": token_in(web.get(f"/jobs/{job_id}").text), "taxonomy": "interests-tier1", "generaliser": "paper"}
    assert web.post(f"/jobs/{job_id}/view", data=form).status_code == 303
    after = web.profile(job_id)
    assert (after["generaliser"], after["taxonomy"]) == ("paper", "interests-tier1")
    assert web.get(f"/jobs/{job_id}/pictures/1").status_code == 200
    web.patch(f"/api/jobs/{job_id}", json={"taxonomy": "babeldomains-34", "generaliser": "ontology"})
    assert web.profile(job_id) == before
    assert web.patch(f"/api/jobs/{job_id}", json={"taxonomy": "../../etc/passwd"}).status_code == 422


def test_choices_at_the_start(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen[:2], taxonomy="interests-tier1", generaliser="paper", keywords="0")
    profile = web.profile(job_id)
    assert (profile["generaliser"], profile["taxonomy"]) == ("paper", "interests-tier1")
    options = web.get("/api/options").json()
    assert [model["value"] for model in options["models"]] == ["efficientnet-lite0-int8"]
    assert {"ontology", "paper"} <= {one["value"] for one in options["generalisers"]}
    for field in ("model", "generaliser", "taxonomy"):
        refused = web.post("/api/jobs", files=two_dozen[:1], data={field: "../../secret"})
        assert refused.status_code == 422
        assert "there are" in refused.json()["detail"]


def test_a_calibration_is_known_by_no_path(
    browsers: Callable[..., Browser], two_dozen: Files, cli: Cli, pictures: Path, tmp_path: Path
) -> None:
    table, file = tmp_path / "album.csv", tmp_path / "mine.calibration"
    lines = [f"user{n // 6},p{n},{path},cat;dog;guitar" for n, path in enumerate(sorted(pictures.iterdir()))]
    table.write_text("\n".join(["user_id,photo_id,path,tags", *lines]) + "\n")
    assert cli("fit", table, "-o", file).code == 0
    web = browsers(generaliser=f"calibrated:{file}")
    job_id = web.job(two_dozen)
    assert web.get(f"/api/jobs/{job_id}").json()["generaliser"] == "calibrated"
    assert web.profile(job_id)["generaliser"] == "calibrated"
    paths = ("/", "/api/options", f"/jobs/{job_id}", f"/api/jobs/{job_id}/profile")
    assert [path for path in paths if str(tmp_path) in web.get(path).text] == []
    assert "compares with the collections that the calibration was learned from" in web.get(f"/jobs/{job_id}").text
    refused = web.patch(f"/api/jobs/{job_id}", json={"taxonomy": "interests-tier1"})
    assert (refused.status_code, "brings the domains" in refused.json()["detail"]) == (422, True)
    assert web.patch(f"/api/jobs/{job_id}", json={"generaliser": "ontology"}).status_code == 200
    assert "compares with a typical collection" in web.get(f"/jobs/{job_id}").text


def test_typed_tags_stand_beside_the_profile(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen, tags="cats, dogs; pizza #guitar")
    page = web.get(f"/jobs/{job_id}").text
    assert "You typed 4 tags; 4 of them speak of a domain." in page
    assert re.search(r"F1 [01]\.\d\d", page)
    words = web.profile(job_id)["words"]
    assert words["tags"] == {"typed": 4, "kept": 4, "meaning": 4}
    assert words["agreement"]["k"] == 5
    assert "Animals" in page
    form = {"csrf": token_in(page), "tags": ""}
    assert web.post(f"/jobs/{job_id}/tags", data=form).headers["location"] == f"/jobs/{job_id}#tags"
    assert "You typed" not in web.get(f"/jobs/{job_id}").text


def test_keywords_in_the_pictures_are_read(web: Browser, two_dozen: Files) -> None:
    jpeg = two_dozen[0][1][1]
    xmp = (
        b"http://ns.adobe.com/xap/1.0/\0"
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>guitar</rdf:li>'
        b"<rdf:li>violin</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    tagged = jpeg[:2] + b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp + jpeg[2:]
    both = [("pictures", ("a.jpg", tagged)), ("pictures", ("b.zip", zipped({"c.jpg": tagged + b"\0"})))]
    job_id = web.job(both)
    assert "2 of 2 pictures have tags; 4 of 4 tags speak of a domain." in web.get(f"/jobs/{job_id}").text
    assert "violin" in web.get(f"/jobs/{job_id}/pictures/2").text
    silent = web.job(both, keywords="0")
    assert "violin" not in web.get(f"/jobs/{silent}/pictures/1").text


def test_downloads(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen)
    answers = {kind: web.get(f"/jobs/{job_id}/download/profile.{kind}") for kind in ("json", "csv", "html")}
    for kind, answer in answers.items():
        assert answer.headers["content-disposition"] == f'attachment; filename="penchant-profile.{kind}"'
    profile = web.profile(job_id)
    assert answers["json"].json() == profile
    rows = list(csv.DictReader(io.StringIO(answers["csv"].content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == codes(profile)
    assert [float(row["share"]) for row in rows] == [domain["share"] for domain in profile["domains"]]
    assert answers["html"].text.count("data:image/jpeg;base64,") > 10
    assert not re.search(r'(?:src|href)="(?!data:|#)', answers["html"].text)
    assert web.get(f"/jobs/{job_id}/download/profile.exe").status_code == 404


@pytest.mark.parametrize("by", ["page", "api"])
def test_deletion_deletes(web: Browser, two_dozen: Files, by: str) -> None:
    name = "a very private name.jpg"
    job_id = web.job([("pictures", (name, two_dozen[0][1][1])), *two_dozen[1:4]], tags="unheardofness")
    page = web.get(f"/jobs/{job_id}").text
    small = web.get(f"/jobs/{job_id}/seen/1.jpg").content
    assert holding(web.settings.data, b"a very private name") != []
    if by == "page":
        gone = web.post(f"/jobs/{job_id}/delete", data={"csrf": token_in(page)})
        assert (gone.status_code, gone.headers["location"]) == (303, "/deleted")
        assert "It is gone" in web.get("/deleted").text
    else:
        assert web.delete(f"/api/jobs/{job_id}").status_code == 204
    assert holding(web.settings.data, b"a very private name", b"unheardofness", job_id.encode(), small) == []
    assert pictures_kept(web.settings.data) == []
    for path in (f"/jobs/{job_id}", f"/api/jobs/{job_id}", f"/jobs/{job_id}/seen/1.jpg", f"/jobs/{job_id}/pictures"):
        assert web.get(path).status_code == 404
    assert web.delete(f"/api/jobs/{job_id}").status_code == 404


def test_a_job_can_be_deleted_while_it_is_worked_on(web: Browser, two_dozen: Files) -> None:
    many = [("pictures", (f"{n}.jpg", data + bytes([n]))) for n, (_, (_, data)) in enumerate(two_dozen * 8)]
    archive = zipped({name: data for _, (name, data) in many})
    job_id = web.post("/api/jobs", files=[*many, ("pictures", ("all.zip", archive))]).json()["id"]
    assert web.delete(f"/api/jobs/{job_id}").status_code == 204
    assert pictures_kept(web.settings.data) == []
    assert holding(web.settings.data, job_id.encode()) == []
    assert web.profile(web.job(two_dozen[:3]))["photos"]["used"] == 3, "and the next one is served"


def test_large_uploads_at_once_arrive_as_they_were_sent(web: Browser) -> None:
    rng = np.random.default_rng(6)

    def noise() -> tuple[str, bytes]:  # 1.4 MB that no byte of can change unnoticed: PNG has checksums
        out = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (700, 680, 3), np.uint8)).save(out, "PNG", compress_level=0)
        return "noise.png", out.getvalue()

    uploads = [[("pictures", noise()) for _ in range(4)] for _ in range(6)]
    with ThreadPoolExecutor(len(uploads)) as visitors:
        for job_id in visitors.map(web.job, uploads):
            assert web.profile(job_id)["photos"] == {"total": 4, "used": 4, "failed": 0, "duplicates": 0}


def test_a_disk_that_takes_its_time_holds_up_nobody_who_looks(
    web: Browser, two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, keep = Looker.look, JobStore.keep
    looked_at: list[object] = []
    slow = threading.Event()

    def counted(looker: Looker, shares: Sequence[Share]) -> object:
        found = look(looker, shares)
        looked_at.extend(photo for share in shares for photo in share.photos)
        return found

    def waiting(store: JobStore, job_id: str, photos: Sequence[JobPhoto]) -> object:
        slow.wait(20)
        return keep(store, job_id, photos)

    monkeypatch.setattr(Looker, "look", counted)
    monkeypatch.setattr(JobStore, "keep", waiting)
    job_id = web.post("/api/jobs", files=two_dozen).json()["id"]
    until(lambda: len(looked_at) >= 16)  # where each thread had to wait for the disk, they would have seen four each
    assert web.get(f"/api/jobs/{job_id}").json()["photos"]["done"] == 0
    slow.set()
    assert web.profile(wait_for_job(web, job_id))["photos"]["used"] == 24


def test_jobs_expire(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(keep_seconds=0.2)
    job_id = web.job(two_dozen[:2])
    until(lambda: web.get(f"/api/jobs/{job_id}").status_code == 404)
    until(lambda: pictures_kept(web.settings.data) == [])
    until(lambda: holding(web.settings.data, job_id.encode(), b"000.jpg") == [])


def test_samples_for_those_who_just_look(browsers: Callable[..., Browser], pictures: Path) -> None:
    paths = tuple(str(path) for path in sorted(pictures.iterdir())[:6])
    web = browsers("with", samples=paths)
    page = web.get("/").text
    assert "6 sample pictures" in page
    sent = web.post("/jobs", data={"csrf": token_in(page), "samples": "1"}, files={"pictures": ("", b"")})
    assert sent.status_code == 303
    wait_for_job(web, sent.headers["location"].rpartition("/")[2])
    without = browsers("without", samples_hint="pip install 'penchant[demo]'")
    assert "pip install" in without.get("/").text
    refused = without.post("/api/jobs", data={"samples": "1"}, files={"pictures": ("", b"")})
    assert (refused.status_code, "pip install" in refused.json()["detail"]) == (422, True)


def test_a_form_without_scripts_does_it_all(web: Browser, two_dozen: Files) -> None:
    page = web.get("/").text
    form = {"csrf": token_in(page), "keywords": "0"}
    sent = web.post("/jobs", data=form, files=two_dozen)
    assert sent.status_code == 303
    place = sent.headers["location"]
    waiting = web.get(place).text
    assert "<noscript>" in waiting or 'id="evidence"' in waiting
    wait_for_job(web, place.rpartition("/")[2])
    assert 'id="evidence"' in web.get(place).text
