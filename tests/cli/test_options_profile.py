"""The options about addresses, and about words beside pictures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from conftest import draw_pictures
from options import shows

from penchant.report import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Cli
    from picture_server import PictureServer

XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/">
<dc:subject><rdf:Bag>{}</rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.fixture
def server(pictures: Path) -> Iterator[PictureServer]:
    pytest.importorskip("httpx")
    pytest.importorskip("protego")
    from picture_server import PictureServer

    with PictureServer() as running:
        for path in sorted(pictures.iterdir()):
            running.put(f"/{path.name}", path.read_bytes())
        yield running


@pytest.fixture
def table(server: PictureServer, tmp_path: Path) -> Path:
    rows = [{"photo_id": path, "url": server.root + path} for path in [*server.pages, "/gone.jpg"]]
    path = tmp_path / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@shows(
    "profile --fetch", "profile --allow-private-addresses", "classify --fetch", "classify --allow-private-addresses"
)  # fmt: skip
@pytest.mark.parametrize("command", ["profile", "classify"])
def test_addresses_are_fetched_only_when_told_to(cli: Cli, server: PictureServer, table: Path, command: str) -> None:
    pages = len(server.pages)
    unasked = cli(command, table, "--json")
    assert (unasked.code, unasked.out, server.log) == (2, "", [])
    assert unasked.err == (
        f"penchant: {pages + 1} pictures are at addresses of 1 host (127.0.0.1), and nothing is fetched unasked: "
        "--fetch asks for them\n"
    )
    private = cli(command, table, "--json", "--fetch")
    assert (private.code, server.log) == (1, [])
    way_out = "penchant: where an address is not public, --allow-private-addresses asks it all the same\n"
    said = f"penchant: asking 1 host (127.0.0.1) for {pages + 1} pictures\n"
    assert private.err == said + (way_out if command == "profile" else "")
    assert "127.0.0.1 is not a public address; --allow-private-addresses allows that" in private.out
    fetched = cli(command, table, "--json", "--fetch", "--allow-private-addresses")
    assert fetched.code == 3
    assert len(server.asked()) == pages + 1
    if command == "profile":
        assert fetched.json["photos"] == {"total": pages + 1, "used": pages, "failed": 1, "duplicates": 0}
        assert fetched.json["failures"] == [{"photo_id": "/gone.jpg", "error": "404 Not Found"}]
    else:
        assert [line["error"] for line in fetched.lines if line["error"]] == ["404 Not Found"]
        assert fetched.lines[0]["path"].startswith(server.root)
    assert cli(command, table, "--allow-private-addresses").code == 2


@shows("profile --keep-pictures", "classify --keep-pictures")
@pytest.mark.parametrize("command", ["profile", "classify"])
def test_kept_pictures(cli: Cli, server: PictureServer, table: Path, tmp_path: Path, command: str) -> None:
    keep = tmp_path / "kept"
    fetching = ("--fetch", "--allow-private-addresses", "--quiet", "--json")
    first = cli(command, table, *fetching, "--keep-pictures", keep)
    assert len(list(keep.rglob("*.jpg"))) == len(server.pages)
    server.log.clear()
    again = cli(command, table, *fetching, "--keep-pictures", keep)
    assert (again.out, again.err) == (first.out, "")
    assert list(server.asked()) == ["/gone.jpg"]
    server.log.clear()
    offline = cli(command, table, "--keep-pictures", keep, "--json")
    assert (offline.code, offline.err, server.log) == (3, "", [])
    assert "not asked for without --fetch" in offline.out
    assert cli(command, table, "--keep-pictures", table).code == 2, "a file"


def test_one_address_is_a_source(cli: Cli, server: PictureServer, tmp_path: Path) -> None:
    address = server.root + "/000.jpg"
    assert cli("profile", address).code == 2
    found = cli("classify", address, "--fetch", "--allow-private-addresses", "--json")
    assert (found.code, found.lines[0]["photo_id"]) == (0, address)
    refused = cli("classify", "https://me:secret@a.example/x.jpg", "--fetch")
    assert refused.code == 1
    assert "holds a name and password" in refused.err
    page = tmp_path / "me.html"
    assert cli("profile", address, "--fetch", "--allow-private-addresses", "--html", page).code == 0
    assert page.read_text().lower().startswith("<!doctype html>")


def keyworded(folder: Path, count: int, *keywords: str) -> Path:
    """Pictures with keywords as Lightroom writes them into JPEGs."""
    from PIL import Image

    items = "".join(f"<rdf:li>{escape(keyword)}</rdf:li>" for keyword in keywords)
    for path in draw_pictures(folder, count):
        with Image.open(path) as image:
            image.load()
        image.save(path, "JPEG", quality=90, xmp=XMP.format(items).encode())
    return folder


@shows("profile --tags", "profile --no-tags")
def test_words_beside_pictures_by_one_command(cli: Cli, tmp_path: Path) -> None:
    """A folder of pictures with Lightroom's keywords: one command, both profiles."""
    jsonschema = pytest.importorskip("jsonschema")
    folder = keyworded(tmp_path / "keyworded", 24, "golden retriever", "D700", "sushi", "rock & roll")
    outcome = cli("profile", folder, "--json", tmp_path / "me.json", "--html", tmp_path / "me.html")
    assert outcome.code == 0
    assert "Words against pictures" in outcome.out
    assert "24 of 24 pictures have tags" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    document = json.loads((tmp_path / "me.json").read_text())
    jsonschema.validate(document, json_schema("profile"))
    words = document["words"]
    assert words["photos"] == {"tagged": 24, "used": 24}
    assert words["tags"]["typed"] == 96
    assert {"reason": "camera", "tags": 24} in words["dropped"]
    assert {"ANIMALS", "FOOD_AND_DRINK", "MUSIC"} <= {one["code"] for one in words["domains"] if one["share"]}
    assert sum(one["share"] for one in words["domains"]) == pytest.approx(1, abs=1e-4)
    assert "Words against pictures" in (tmp_path / "me.html").read_text()
    assert cli("profile", folder, "--tags").out == cli("profile", folder).out == outcome.out
    without = cli("profile", folder, "--no-tags", "--json").json
    assert without["words"] is None
    assert without["domains"] == document["domains"]


def test_tags_of_a_table_each_person_s_own_and_sensitive_ones_hidden(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    tags = {"anna": "church;dog", "ben": "guitar", "cleo": ""}
    rows = [
        {"user_id": user, "photo_id": path.name, "path": str(path), "tags": typed}
        for user, typed in tags.items()
        for path in sorted(pictures.iterdir())
    ]
    table = tmp_path / "table.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    anna, ben, cleo = (line["words"] for line in cli("profile", table, "--json").lines)
    assert cleo is None
    assert {one["code"] for one in ben["domains"] if one["share"]} == {"MUSIC"}
    assert {one["sensitive"] for one in anna["domains"] if one["share"]} == {True, False}
    hidden = cli("profile", table, "--user", "anna", "--hide-sensitive", "--json").json["words"]
    assert {one["sensitive"] for one in hidden["domains"]} == {False}


def test_few_words_are_called_a_hint(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    rows = [{"path": str(path), "tags": "dog" if i < 3 else ""} for i, path in enumerate(sorted(pictures.iterdir()))]
    table = tmp_path / "table.jsonl"
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    outcome = " ".join(cli("profile", table).out.split())
    assert "3 of 24 pictures have tags" in outcome
    assert "Too few words: the tags of 3 pictures speak of a domain, at least 20 are needed" in outcome


def test_keywords_that_can_not_be_read_are_named_and_cost_no_picture(cli: Cli, tmp_path: Path) -> None:
    folder = keyworded(tmp_path / "keyworded", 21, "dog")
    (folder / "000.xmp").write_text(XMP.format("<rdf:li>cat")[:400])
    outcome = cli("profile", folder)
    assert outcome.code == 3
    assert outcome.err.startswith("penchant: some tags may be missing, the pictures are used all the same (1 × ")
    assert "What 21 pictures say." in outcome.out
    listed = cli("profile", folder, "--failures").out
    assert "What could not be read about pictures:\n  000" in listed
    assert cli("profile", folder, "--quiet").err == ""
    assert cli("profile", folder, "--no-tags").code == 0
