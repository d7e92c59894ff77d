"""Every rule by example."""

from __future__ import annotations

import pytest

from penchant.errors import SemanticsError
from penchant.semantics.tags import Reason, TagCleaner
from penchant.semantics.tags.steps import STEPS

DROPPED = {
    Reason.EMPTY: ["", "  ", "#", "!!!", "😀🎉", "\u200d", "--"],
    Reason.URL: ["http://example.org/x", "www.example.org", "me@example.org", "flickr.com/photos"],
    Reason.MACHINE_TAG: ["geo:lat=48.1", "flickr:user=abc", "uploaded:by=instagram",
                         "Foursquare:Venue=4a6a", "geo:lon:1"],
    Reason.NUMBER: ["42", "2007", "2007-10-12", "october2008", "IMG_1234", "three", "1st", "18:30"],
    Reason.CAMERA: ["Nikon", "D700", "EOS 5D Mark III", "ilce-7m3", "iphone6s", "50mm", "18-55",
                    "canonef70200mmf28l",
                    "lightroom", "Instagram", "portra400", "tripod", "lens"],
    Reason.TECHNIQUE: ["HDR", "bokeh", "long exposure", "longexposure", "iso400", "f/1.8", "f18", "black and white",
                       "bw",
                       "close-up", "closeup", "close up", "from above", "3exp", "depth_of_field"],
    Reason.PICTURE_TYPE: ["photo", "Photos", "photography", "wallpaper", "self-portrait", "365", "stilllife"],
    Reason.COLOUR: ["blue", "Colours", "colourful", "dark blue", "black and yellow"],
    Reason.STOP_WORD: ["the", "with", "big", "no person", "noperson", "of the"],
    Reason.PRAISE: ["beautiful", "Awesome!", "cute", "the best"],
    Reason.SPAM: ["explore", "abigfave", "anAwesomeShot", "1on1", "P1F1", "topv111", "diamondclassphotographer",
                  "like4like", "followme", "photooftheday", "flickrsbest", "100views"],
    Reason.FOREIGN: ["fiore", "natuur", "lebensmittel", "Frühstück", "wolken", "夕焼け", "keineperson"],
    Reason.MISSPELT: ["cathedrel", "restaurent", "elefant"],
    Reason.UNKNOWN: ["xqzvw", "zz", "dumsers"],
}  # fmt: skip

KEPT = {
    "castle": "castle",
    "Castles": "castle",
    "#sunset": "sunset",
    "ice cream": "ice cream",
    "ice-cream": "ice cream",
    "goldengatebridge": "golden gate bridge",
    "sanfranciscobay": "san francisco bay",
    "GoldenGateBridge": "golden gate bridge",
    "horseriding": "horse riding",
    "wild_flowers": "wild flower",
    "beautiful sunset": "sunset",
    "macro flower": "flower",
    "catsofinstagram": "catsofinstagram",
    "foodphotography of cakes": "cake",
    "at the beach": "beach",
    "cup of coffee": "cup of coffee",
    "green apples": "green apple",
    "london2012": "london",
    "white-tailed": "white tailed",
    "café": "cafe",
    "delicious": "delicious",
    "church’s": "church",
}


@pytest.mark.parametrize(("reason", "tag"), [(reason, tag) for reason, tags in DROPPED.items() for tag in tags])
def test_dropped(cleaner: TagCleaner, reason: Reason, tag: str) -> None:
    found = cleaner.clean(tag)
    assert (found.reason, found.kept, found.clean) == (reason, False, "")
    assert found.tag == tag


@pytest.mark.parametrize(("tag", "clean"), KEPT.items())
def test_kept(cleaner: TagCleaner, tag: str, clean: str) -> None:
    found = cleaner.clean(tag)
    assert (found.clean, found.kept) == (clean, True), found


@pytest.mark.parametrize(
    "tag", ["Paris", "nyc", "newyork", "unitedstates", "brasil", "bmw", "f-16", "John", "Eiffel Tower"]
)
def test_names(cleaner: TagCleaner, tag: str) -> None:
    assert cleaner.clean(tag).reason is Reason.NAME


@pytest.mark.parametrize("tag", ["mp3", "3d printing", "747", "k2", "yellowstone", "goldfish", "blackbird", "redwood"])
def test_what_only_looks_like_something_to_drop(cleaner: TagCleaner, tag: str) -> None:
    assert cleaner.clean(tag).kept


def test_parts_say_what_was_left_out(cleaner: TagCleaner) -> None:
    found = cleaner.clean("beautiful macro flower")
    assert [(part.text, part.reason) for part in found.parts] == [
        ("beautiful", Reason.PRAISE),
        ("macro", Reason.TECHNIQUE),
        ("flower", Reason.KEPT),
    ]


def test_hints(cleaner: TagCleaner) -> None:
    assert cleaner.clean("restaurent").hint == "restaurant"
    assert cleaner.clean("wolken").hint == "de nl"


def test_the_step_that_decided_is_named(cleaner: TagCleaner) -> None:
    names = {step.__name__ for step in STEPS}
    assert len(names) == len(STEPS)
    assert cleaner.clean("d700").step == "pattern"
    assert cleaner.clean("goldengatebridge").step in names


def test_every_reason_says_whether_it_is_kept() -> None:
    assert {reason for reason in Reason if reason.kept} == {Reason.KEPT, Reason.NAME}


def test_a_tag_must_be_a_string(cleaner: TagCleaner) -> None:
    with pytest.raises(SemanticsError, match="must be a string"):
        cleaner.clean(7)  # type: ignore[arg-type]
