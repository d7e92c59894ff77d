"""Exports of Flickr, Google and Instagram, from folders and archives made here with the traps that real ones have."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.sources import Details, Holdings, Limits, PictureReader, list_photos, look_into, look_into_all
from penchant.sources.exports.annotating import FORMATS, annotate, joined
from penchant.sources.exports.documents import Document
from penchant.sources.exports.hashtags import hashtags
from penchant.sources.exports.instagram import mend
from penchant.sources.gathering import SideFile
from penchant.types import Listing, Photo

from .exported import (
    CUT,
    INSTAGRAM,
    LONG,
    TAKEOUT,
    YEAR,
    as_folder,
    as_zip,
    flickr_parts,
    flickr_photo,
    misread,
    takeout,
)
from .pictures import picture


def by_name(held: Holdings) -> dict[str, Photo]:
    """The photos by the path inside their source."""
    return {(photo.member or photo.path).rpartition("/")[2]: photo for photo in held.listing.photos}


def titles(held: Holdings) -> dict[str, str | None]:
    """What each described picture is called."""
    return {(member or path).rpartition("/")[2]: details.title for (path, member), details in held.details.items()}


def notes(held: Holdings) -> list[str]:
    return [f"{note.photo_id.rpartition('/')[2]}: {note.error}" for note in held.listing.notes]


NO_JSON = "no metadata: no JSON file of the export belongs to it"


# Flickr


def check_flickr(held: Holdings) -> None:
    photos = by_name(held)
    assert photos["dog-2019_31415926_o.jpg"].tags == ("beagle", "indian ocean")
    assert photos["31415926_castle_27182818_o.png"].tags == ("castle",), "the last number that is a known id"
    assert photos["31415926_castle_27182818_o.png"].licence == "Attribution License"
    assert photos["unknown_99999999_o.jpg"].tags == ()
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [("Flickr data export", 3, 2)]
    assert [(link.kind, link.details.id) for link in held.links] == [
        ("favourite", "555"), ("favourite", "556"), ("favourite", "557"), ("own", "16180339"),
    ]  # fmt: skip
    assert held.links[0].details.page == "https://www.flickr.com/photos/x/555/"
    assert held.links[-1].details.tags == ("never downloaded",)
    assert held.links[-1].details.url == "https://live.staticflickr.com/1/16180339_abc_o.jpg"
    assert held.owner == "12345@N00"
    assert notes(held) == [
        "unknown_99999999_o.jpg: no metadata: no photo_….json of the export belongs to it",
        "photo_16180339.json: its picture 16180339 is not here; the export may have further archives",
    ]
    (details,) = [details for details in held.details.values() if details.id == "31415926"]
    assert details == Details(
        id="31415926",
        title="photo 31415926",
        tags=("beagle", "indian ocean"),
        taken="2014-05-06T12:30:00",
        licence="Attribution License",
        page="https://www.flickr.com/photos/me/31415926/",
        url="https://live.staticflickr.com/1/31415926_abc_o.jpg",
    )


def test_flickrs_archives_in_one_folder(tmp_path: Path) -> None:
    flickr_parts(tmp_path)
    held = look_into(str(tmp_path))
    check_flickr(held)
    assert held.listing.skipped == ((".json", 2), (".mp4", 1)), "albums and contacts say nothing about pictures"
    with PictureReader() as reader:
        assert all(reader.read(photo) for photo in held.listing.photos)


def test_flickrs_archives_one_by_one_in_any_order(tmp_path: Path) -> None:
    parts = flickr_parts(tmp_path)
    for order in itertools.permutations(parts):
        held = look_into_all(order)
        photos = by_name(held)
        assert photos["dog-2019_31415926_o.jpg"].tags == ("beagle", "indian ocean")
        assert len(held.links) == 4
    check_flickr(look_into_all(parts))
    again = look_into_all([*parts, *(part.replace("72157", "./72157") for part in parts)])
    assert (len(again.listing.photos), len(again.links)) == (3, 4), "an archive that is named twice counts once"
    alone = look_into(parts[2])
    assert (len(alone.listing.photos), alone.kinds) == (3, ()), "pictures alone are plain pictures"


def test_flickrs_archives_unpacked(tmp_path: Path) -> None:
    import zipfile

    for part in flickr_parts(tmp_path / "zips"):
        with zipfile.ZipFile(part) as archive:
            archive.extractall(tmp_path / "out" / Path(part).stem)
    check_flickr(look_into(str(tmp_path / "out")))


def test_an_interrupted_archive_costs_only_itself(tmp_path: Path) -> None:
    parts = flickr_parts(tmp_path)
    second = Path(parts[1])
    second.write_bytes(second.read_bytes()[:-40])
    held = look_into(str(tmp_path))
    assert by_name(held)["dog-2019_31415926_o.jpg"].tags == ("beagle", "indian ocean")
    ((name, error),) = [(failure.photo_id, failure.error) for failure in held.listing.failures]
    assert name == str(second)
    assert "is damaged or incomplete" in error
    assert "download it again" in error
    assert look_into_all(parts).listing.photos == held.listing.photos


# Google Takeout


def check_takeout(held: Holdings) -> None:
    photos = by_name(held)
    described = {Path(member or path).name: details for (path, member), details in held.details.items()}
    assert described["IMG_1.jpg"].description == "A walk #beagle in #Zürich #1"
    assert photos["IMG_1.jpg"].tags == ("beagle", "Zürich")
    assert (described["IMG_1(1).jpg"].description, described["IMG_1(1).jpg"].favourite) == ("second", True)
    assert described["IMG_1(2).jpg"].description == "third, of before 2024"
    assert described["PXL_20210101_101010101.PORTRAIT.jpg"].title == "PXL_20210101_101010101.PORTRAIT.jpg"
    assert described[CUT].title == LONG
    assert "edited.jpg" not in photos, "the person's own version counts"
    assert described["edited-edited.jpg"].people == ("Ann", "Bob")
    assert described["old.jpg"].taken == "2019-05-01T12:00:00+00:00"
    assert (described["old.jpg"].favourite, described["IMG_1.jpg"].favourite) == (True, False)
    assert "without.jpg" in photos
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [("Google Takeout", 8, 7)]
    assert notes(held) == [
        "gone.jpg.supplemental-metadata.json: its picture gone.jpg is not here; the export may have further archives",
        f"without.jpg: {NO_JSON}",
    ]


def test_takeout_as_a_folder(tmp_path: Path) -> None:
    held = look_into(str(as_folder(tmp_path / YEAR, TAKEOUT)))
    check_takeout(held)
    assert held.listing.skipped == ((".json", 1), (".mp4", 1), ("replaced by an edited copy", 1))


def test_takeout_as_an_archive(tmp_path: Path) -> None:
    check_takeout(look_into(str(as_zip(tmp_path / "t.zip", {YEAR + name: data for name, data in TAKEOUT.items()}))))


def test_takeout_in_several_archives_with_pictures_and_json_apart(tmp_path: Path) -> None:
    files = {YEAR + name: data for name, data in TAKEOUT.items()}
    pictures = {name: data for name, data in files.items() if not name.endswith(".json")}
    texts = {name: data for name, data in files.items() if name.endswith(".json")}
    parts = [as_zip(tmp_path / "takeout-001.zip", pictures), as_zip(tmp_path / "takeout-002.zip", texts)]
    check_takeout(look_into(str(tmp_path)))
    check_takeout(look_into_all(map(str, parts)))
    check_takeout(look_into_all(map(str, reversed(parts))))
    as_folder(tmp_path / "half" / "in a folder", pictures)
    as_zip(tmp_path / "half" / "takeout-002.zip", texts)
    check_takeout(look_into(str(tmp_path / "half")))


@pytest.mark.parametrize(
    ("edited", "original"),
    [("a-edited.jpg", "a.HEIC"), ("a-bearbeitet(1).jpg", "a(1).jpg"), ("a-編集済み.png", "a.png")],
)
def test_edited_pictures_in_other_formats_and_languages(tmp_path: Path, edited: str, original: str) -> None:
    bare, counter = original.replace("(1)", ""), "(1)" if "(1)" in original else ""
    about = f"{bare}.supplemental-metadata{counter}.json"
    as_folder(tmp_path, {edited: picture(), original: picture(), about: takeout(bare)})
    held = look_into(str(tmp_path))
    assert list(by_name(held)) == [edited]
    assert titles(held) == {edited: bare}


def test_the_same_name_in_two_folders_stays_apart(tmp_path: Path) -> None:
    for year in ("2018", "2019"):
        folder = f"Takeout/Google Photos/Photos from {year}"
        as_folder(
            tmp_path / folder,
            {"a.jpg": picture(), "a.jpg.supplemental-metadata.json": takeout("a.jpg", description=f"of {year}")},
        )
    held = look_into(str(tmp_path))
    assert {Path(path).parent.name[-4:]: d.description for (path, _), d in held.details.items()} == {
        "2018": "of 2018", "2019": "of 2019",
    }  # fmt: skip


WORD = "supplemental-metadata"


@pytest.mark.parametrize("length", range(len(WORD) + 1))
def test_takeouts_word_may_be_cut_anywhere(tmp_path: Path, length: int) -> None:
    dot = "." if length else ""
    as_folder(tmp_path, {"IMG.x.jpg": picture(), f"IMG.x.jpg{dot}{WORD[:length]}.json": takeout("IMG.x.jpg")})
    assert titles(look_into(str(tmp_path))) == {"IMG.x.jpg": "IMG.x.jpg"}


@given(st.data())
def test_every_takeout_picture_finds_its_json(data: st.DataObject) -> None:
    """Names of any length and any counters, written as Takeout writes them."""
    stems = data.draw(st.lists(st.text("ab-_ .", min_size=1, max_size=60).filter(lambda stem: stem.strip(" .")),
                               min_size=1, max_size=5))  # fmt: skip
    titles_given = [f"{stem.strip(' .')}.jpg" for stem in stems]
    photos: list[Photo] = []
    sides: dict[str, Any] = {}
    expected: dict[str, str] = {}
    taken: dict[str, int] = {}
    for number, title in enumerate(titles_given):
        name = f"{title[:-4][:47]}.jpg"
        count = taken[name] = taken.get(name, -1) + 1
        counter = f"({count})" if count else ""
        side = f"{name}.{WORD}"[: 46 - len(counter)]
        if f"{side}{counter}.json" in sides or (f"{name[:-4]}{counter}.jpg" in expected):
            continue  # two long names with the same beginning: Takeout itself can't tell them apart
        photos.append(Photo(name, f"/t/{name[:-4]}{counter}.jpg"))
        sides[f"{side}{counter}.json"] = takeout(title, description=str(number))
        expected[f"{name[:-4]}{counter}.jpg"] = str(number)
    documents = [Document(SideFile(f"/t/{name}"), value) for name, value in sides.items()]
    found = FORMATS[0].read(documents, photos)
    got = {path.rpartition("/")[2]: details.description for (path, _), details in found.details.items()}
    assert got.items() <= expected.items(), "never a wrong one"
    short = {name for name in expected if len(name) <= 40}
    assert short <= set(got)


# Instagram


def check_instagram(held: Holdings) -> None:
    photos = by_name(held)
    assert {name: photo.tags for name, photo in photos.items()} == {
        "one.jpg": ("Zürichsee", "beagle"), "two.jpg": ("castle",), "three.webp": ("castle",), "unposted.jpg": (),
    }  # fmt: skip
    described = {Path(member or path).name: details for (path, member), details in held.details.items()}
    assert described["one.jpg"].description == "Ein Café am #Zürichsee #beagle 🐶"
    assert described["one.jpg"].taken == "2019-05-01T12:00:00+00:00"
    assert [(link.kind, link.details.page) for link in held.links] == [
        ("like", "https://www.instagram.com/p/AAA/"), ("saved", "https://www.instagram.com/reel/BBB/"),
    ]  # fmt: skip
    assert held.topics == ("Perros y café", "Dogs")
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [("Instagram export", 4, 3)]
    assert notes(held) == [
        "posts_1.json: its picture media/posts/201902/gone.jpg is not here; the export may have further parts"
    ]


def test_instagram_as_a_folder_and_as_an_archive(tmp_path: Path) -> None:
    check_instagram(look_into(str(as_folder(tmp_path / "folder", INSTAGRAM))))
    check_instagram(look_into(str(as_zip(tmp_path / "a.zip", INSTAGRAM))))


def test_instagram_in_two_archives(tmp_path: Path) -> None:
    texts = {name: data for name, data in INSTAGRAM.items() if name.endswith(".json")}
    media = {name: data for name, data in INSTAGRAM.items() if not name.endswith(".json")}
    as_zip(tmp_path / "1.zip", texts)
    as_zip(tmp_path / "2.zip", media)
    check_instagram(look_into(str(tmp_path)))


def test_a_single_post_may_be_an_object(tmp_path: Path) -> None:
    as_folder(
        tmp_path,
        {"content/posts_1.json": INSTAGRAM["your_instagram_activity/content/posts_1.json"][0],
         "media/posts/201901/one.jpg": picture()},
    )  # fmt: skip
    assert look_into(str(tmp_path)).listing.photos[0].tags == ("Zürichsee", "beagle")


@given(st.text())
def test_mending_restores_what_instagram_spoils_and_spoils_nothing(text: str) -> None:
    assert mend(misread(text)) == text
    if not text.isascii() and any(ord(letter) > 0xFF for letter in text):
        assert mend(text) == text


def test_mending_leaves_latin_text_alone() -> None:
    assert mend("café") == "café"


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("#a #b#c", ("a", "b", "c")),
        ("x#y &#39; #1 http://e.org/#z", ()),
        (None, ()),
        ("#Zürich, #猫!", ("Zürich", "猫")),
    ],
)
def test_hashtags(caption: str | None, tags: tuple[str, ...]) -> None:
    assert hashtags(caption) == (tags if caption != "#a #b#c" else ("a", "b"))


# All together, and damage


def test_several_kinds_in_one_folder_nested(tmp_path: Path) -> None:
    as_folder(tmp_path / "old" / YEAR, TAKEOUT)
    flickr_parts(tmp_path / "flickr")
    as_zip(tmp_path / "insta.zip", INSTAGRAM)
    as_folder(tmp_path / "plain", {"x.jpg": picture(), "package.json": {"name": "x", "version": "1"}, "b.json": [1]})
    held = look_into(str(tmp_path))
    assert [(kind.name, kind.pictures, kind.described) for kind in held.kinds] == [
        ("Google Takeout", 8, 7), ("Flickr data export", 3, 2), ("Instagram export", 4, 3),
    ]  # fmt: skip
    assert len(held.listing.photos) == 8 + 3 + 4 + 1
    assert len(notes(held)) == 2 + 2 + 1
    assert list_photos(str(tmp_path)) == held.listing


def test_a_plain_folder_stays_plain(tmp_path: Path) -> None:
    as_folder(
        tmp_path,
        {"a.jpg": picture(), "a.json": b"{broken", "notes.json": {"title": "my notes"}, "b.json": [], "c.json": b"",
         "sub/package.json": b"[" * 100_000},
    )  # fmt: skip
    held = look_into(str(tmp_path))
    assert (len(held.listing.photos), held.kinds, held.details) == (1, (), {})
    assert held.listing.skipped == ((".json", 5),)
    assert [note.photo_id for note in held.listing.notes] == [str(tmp_path / "a.json")], "the one that names a picture"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"title": "IMG_1.jpg", "photoTak', "not JSON, or cut off"),
        (b"", "empty file"),
        (b"\xff\xfe\xfd", "not JSON, or cut off"),
        (b"[" * 200_000, "nested too deeply"),
    ],
    ids=["cut off", "empty", "no text", "deep"],
)
def test_broken_json_is_named_and_costs_its_picture_nothing(tmp_path: Path, content: bytes, reason: str) -> None:
    as_folder(tmp_path, {**TAKEOUT, "IMG_1.jpg.supplemental-metadata.json": content})
    held = look_into(str(tmp_path))
    assert "IMG_1.jpg" in by_name(held)
    found = {note.photo_id.rpartition("/")[2]: note.error for note in held.listing.notes}
    assert reason in found["IMG_1.jpg.supplemental-metadata.json"]
    assert found["IMG_1.jpg"] == NO_JSON


def test_json_with_a_mark_or_halves_of_surrogates_is_read(tmp_path: Path) -> None:
    value = takeout("a.jpg", description="#dog \ud83d")
    as_folder(
        tmp_path, {"a.jpg": picture(), "a.jpg.supplemental-metadata.json": b"\xef\xbb\xbf" + json.dumps(value).encode()}
    )
    held = look_into(str(tmp_path))
    (details,) = held.details.values()
    assert details.description == "#dog \\ud83d"
    assert held.listing.photos[0].tags == ("dog",)


def test_hostile_archives(tmp_path: Path) -> None:
    as_zip(
        tmp_path / "a.zip",
        {"../../photo_1.json": flickr_photo("1", "climbs"), "photo_31415926.json": flickr_photo("31415926", "fine"),
         "x_31415926_o.jpg": picture(), "/abs.json": {}, "photo_2.json": b" " * 5_000_000},
    )  # fmt: skip
    held = look_into(str(tmp_path), limits=Limits(max_file_bytes=1_000_000))
    assert by_name(held)["x_31415926_o.jpg"].tags == ("fine",)
    assert any("leads out of the archive" in failure.error for failure in held.listing.failures)
    assert (".json", 1) in held.listing.skipped, "a bomb is not unpacked"


WRONG: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["id", "tags", "tag", "title", "photopage", "faves", "media", "uri", "creation_timestamp", "people", "name",
             "photoTakenTime", "timestamp", "key", "url", "status", "caption", "topics_your_topics", "string_map_data",
             "value", "href", "nsid", "favorites", "photo_id", "description", "geoData", "keywords", "original"]
        ), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip
PHOTOS = [Photo(name, f"/e/{name}") for name in ("a.jpg", "b_1234567_o.jpg", "media/posts/x.jpg")]


@given(WRONG, st.sampled_from(["photo_1.json", "a.jpg.supplemental-metadata.json", "a.json", "posts_1.json"]))
def test_no_json_is_too_odd(value: Any, name: str) -> None:
    document = Document(SideFile(f"/e/{name}"), value)
    for export in FORMATS:
        if export.claims(document):
            found = export.read([document], PHOTOS)
            assert set(found.details) <= {(photo.path, None) for photo in PHOTOS}


@pytest.mark.parametrize(
    "value",
    [
        flickr_photo("1234567", tags="wrong", description=3, date_taken=[], license={"a": 1}),
        takeout("a.jpg", people={"name": 1}, description=[], favorited="yes", photoTakenTime={"timestamp": "1e999"}),
        takeout("a.jpg", photoTakenTime={"timestamp": 10**30}),
        {"faves": [None, [], "x", {"photo_id": {}}, {"photo_id": True}]},
        [{"media": [{"uri": "media/posts/x.jpg", "creation_timestamp": "soon", "title": {"a": 1}}]}],
        {"key": "a", "url": 3, "caption": 5, "tags": {"x": 1}, "license": []},
    ],
)
def test_wrong_types_cost_only_their_field(value: Any) -> None:
    for name in ("a.jpg.supplemental-metadata.json", "a.json"):
        document = Document(SideFile(f"/e/{name}"), value)
        for export in FORMATS:
            if export.claims(document):
                export.read([document], PHOTOS)


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    try:
        Path(os.fsdecode(raw)).write_bytes(picture())
    except OSError:
        pytest.skip("this system's names are always Unicode")
    Path(os.fsdecode(raw + b".supplemental-metadata.json")).write_text(json.dumps(takeout("café.jpg")))
    held = look_into(str(tmp_path))
    assert [details.title for details in held.details.values()] == ["café.jpg"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_links_and_pipes_beside_pictures_are_passed_over(tmp_path: Path) -> None:
    as_folder(tmp_path, {"a.jpg": picture()})
    (tmp_path / "a.jpg.json").symlink_to(tmp_path / "gone.json")
    os.mkfifo(tmp_path / "a.xmp")
    (tmp_path / "b.json").mkdir()
    held = look_into(str(tmp_path))
    assert (len(held.listing.photos), held.listing.failures, held.listing.notes) == (1, (), ())
    assert held.listing.skipped == ((".json", 1), (".xmp", 1))


def test_nothing_laid_aside_costs_nothing() -> None:
    listing = Listing((Photo("a", "a"),))
    assert annotate(listing, [], limits=Limits()).listing is listing


def test_what_two_say_of_a_picture_is_joined() -> None:
    first = Details(title="a", tags=("x", "y"), favourite=False)
    second = Details(title="b", description="d", tags=("y", "z"), favourite=True)
    assert joined(first, second) == Details(title="a", description="d", tags=("x", "y", "z"), favourite=True)
