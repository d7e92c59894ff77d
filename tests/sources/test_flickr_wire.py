"""What Flickr sends: documented answers, odd ones, and anything at all."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import UsageError
from penchant.sources.flickr import wire
from penchant.sources.flickr.licences import licence_name
from penchant.sources.flickr.sizes import SIZES, nearest, size_named

PHOTO: dict[str, Any] = {
    "id": "53412", "owner": "12037949629@N01", "secret": "a1b2c3", "server": "65535", "farm": 66, "title": "Reef",
    "ispublic": 1, "isfriend": 0, "isfamily": 0, "license": "4", "ownername": "Eric", "date_faved": "1465310400",
    "tags": "indianocean reef geo:lat=57", "machine_tags": "geo:lat=57", "media": "photo", "count_faves": "12",
    "url_z": "https://live.staticflickr.com/65535/53412_a1b2c3_z.jpg", "height_z": 427, "width_z": "640",
}  # fmt: skip


def page(*photos: object, **head: object) -> wire.Page:
    return wire.parse_page({"photos": {"page": 1, "pages": "3", "total": "1210", "photo": list(photos), **head}})


def test_a_photo_as_documented() -> None:
    found = page(PHOTO)
    assert (found.page, found.pages, found.total, found.odd) == (1, 3, 1210, ())
    photo = found.photos[0]
    assert photo == wire.FlickrPhoto(
        photo_id="53412",
        owner="12037949629@N01",
        owner_name="Eric",
        title="Reef",
        licence=4,
        tags=("indianocean", "reef"),
        machine_tags=("geo:lat=57",),
        favourited=1465310400,
        video=False,
        favourites=12,
        pictures=(wire.Picture(size_named("640"), PHOTO["url_z"], 640, 427),),
    )


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"id": 53412}, "photo_id", "53412"),
        ({"title": {"_content": " Reef "}}, "title", "Reef"),
        ({"title": ""}, "title", ""),
        ({"title": None}, "title", ""),
        ({"title": "a\x1b[2Jb"}, "title", "a\\x1b[2Jb"),
        ({"license": ""}, "licence", None),
        ({"license": 11}, "licence", 11),
        ({"date_faved": ""}, "favourited", None),
        ({"media": "video"}, "video", True),
        ({"tags": ""}, "tags", ()),
        ({"machine_tags": ""}, "machine_tags", ()),
        ({"machine_tags": ""}, "tags", ("indianocean", "reef")),
        ({"tags": "çà 東京 d700"}, "tags", ("çà", "東京", "d700")),
    ],
)
def test_odd_fields(changes: dict[str, Any], field: str, value: object) -> None:
    assert getattr(page({**PHOTO, **changes}).photos[0], field) == value


@pytest.mark.parametrize(
    "odd", [None, [], "x", {}, {**PHOTO, "id": ""}, {**PHOTO, "owner": "../.."}, {**PHOTO, "license": "?"}]
)
def test_an_odd_photo_costs_only_itself(odd: object) -> None:
    found = page(PHOTO, odd)
    assert len(found.photos) == len(found.odd) == 1


def test_a_photo_without_sizes_has_the_standard_one() -> None:
    photo = page({name: value for name, value in PHOTO.items() if not name.endswith("_z")}).photos[0]
    assert [p.url for p in photo.pictures] == ["https://live.staticflickr.com/65535/53412_a1b2c3.jpg"]
    assert page({"id": "1", "owner": "2@N01", "url_z": "javascript:x"}).photos[0].pictures == ()


def test_the_nearest_size() -> None:
    def pictures(*names: str) -> tuple[wire.Picture, ...]:
        return tuple(wire.Picture(size_named(name), name, None, None) for name in names)

    def chosen(wanted: str, *names: str) -> str | None:
        found = nearest(pictures(*names), size_named(wanted))
        return None if found is None else found.url

    assert chosen("640", "100", "640", "1024") == "640"
    assert chosen("640", "100", "500", "1024") == "500"
    assert chosen("640", "100", "320", "800") == "800"
    assert chosen("320", "240", "400") == "400", "of equals, the larger"
    assert chosen("original", "100", "2048") == "2048"
    assert chosen("640") is None
    large = wire.Picture(size_named("original"), "o", 500, 300)
    assert nearest([*pictures("100", "1600"), large], size_named("640")) == large, "an original may be small"
    assert size_named("z") == size_named("640")
    with pytest.raises(
        UsageError, match="no size '641': write the longest side in pixels or original, one of 100, 240"
    ):
        size_named("641")


def test_problems() -> None:
    def problem(code: int, message: str = "x") -> wire.Problem:
        found = wire.parse_answer(json.dumps({"stat": "fail", "code": code, "message": message}).encode())
        assert isinstance(found, wire.Problem)
        return found

    assert problem(100).refused
    assert problem(1).gone
    assert problem(105).passing
    assert problem(201).passing
    assert problem(0, "Sorry, the Flickr API service is not currently available.").passing
    assert not problem(0, "something else").passing
    assert not any((problem(112).passing, problem(112).refused, problem(112).gone))
    assert isinstance(wire.parse_answer(b'{"stat": "fail", "code": "1"}'), wire.Problem)
    for body in (b"", b"<html>", b"[]", b'{"stat": "odd"}', b"\xff", b'jsonFlickrApi({"stat":"ok"})'):
        with pytest.raises(wire.WireError):
            wire.parse_answer(body)


def test_other_answers() -> None:
    people = {"photo": {"person": [{"nsid": "39931239@N00"}, {"nsid": "39931239@N00"}, {"nsid": None}, 7]}}
    assert wire.parse_people(people) == ("39931239@N00",)
    assert wire.parse_user({"user": {"nsid": "1@N01", "username": {"_content": "x"}}}) == "1@N01"
    with pytest.raises(wire.WireError, match="it names no user"):
        wire.parse_user({"user": {"nsid": "a b"}})
    tags = [
        {"raw": "Indian Ocean", "_content": "indianocean", "machine_tag": 0},
        {"raw": "geo:lat=57", "_content": "geo:lat57", "machine_tag": "1"},
        {"_content": "cat", "machine_tag": False},
        "odd",
    ]
    assert wire.parse_raw_tags({"photo": {"tags": {"tag": tags}}}) == ("Indian Ocean", "cat")
    assert wire.parse_raw_tags({"photo": {"tags": {}}}) == ()


def test_licences() -> None:
    said = wire.parse_licences(
        {"licenses": {"license": [{"id": "12", "name": "x", "url": "https://creativecommons.org/licenses/by-sa/4.0/"}]}}
    )
    assert licence_name(12, said) == "CC BY-SA 4.0"
    names = [licence_name(number, {}) for number in range(17)]
    assert len(set(names)) == 17
    assert (names[0], names[4], names[9]) == ("All rights reserved", "CC BY 2.0", "CC0 1.0")
    assert names[11] == "a Creative Commons 4.0 licence (Flickr's 11)"
    assert licence_name(99, {}) == "Flickr's 99"
    assert licence_name(99, {99: ("New", "https://example.com")}) == "New"
    assert licence_name(None, said) is None


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PHOTO, "photos", "photo"]), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["photos", "photo", "user", "licenses", "stat"]), _ANY))
def test_anything_at_all_is_an_answer_or_a_wire_error(answer: dict[str, Any]) -> None:
    for parse in (wire.parse_page, wire.parse_people, wire.parse_user, wire.parse_raw_tags, wire.parse_licences):
        with contextlib.suppress(wire.WireError):
            parse(answer)


@given(st.dictionaries(st.sampled_from(list(PHOTO)), _ANY))
def test_any_photo_is_taken_or_named(changes: dict[str, Any]) -> None:
    found = page({**PHOTO, **changes})
    assert len(found.photos) + len(found.odd) == 1


def test_sizes_are_in_order() -> None:
    assert [size.side for size in SIZES] == sorted(size.side for size in SIZES)
    assert len({size.letter for size in SIZES}) == len(SIZES)
