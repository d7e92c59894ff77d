"""What Flickr's REST service sends, and what is taken from it. Pure: bytes in, values out.

Only the fields that are used are described; the service sends more. The documentation is
https://www.flickr.com/services/api/; the examples below are shortened. Numbers may come as strings, identifiers as
numbers, and single photos may be odd: such a photo is named and costs only itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

import msgspec

from penchant.sources.flickr.sizes import SIZES, Size
from penchant.text import printable

_T = TypeVar("_T")

_MACHINE_TAG = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*=", re.IGNORECASE)
_GONE = frozenset({1, 2, 5})
_PASSING = frozenset({105, 201})
_REFUSED = frozenset({96, 97, 98, 99, 100})
_IDENTIFIER = re.compile(r"[A-Za-z0-9@_-]{1,64}")


class RawFailure(TypedDict, total=False):
    """What comes, with status 200, when a request can't be answered."""

    # {"stat": "fail", "code": 100, "message": "Invalid API Key (Key has invalid format)"}
    # {"stat": "fail", "code": 1, "message": "User not found"}
    # {"stat": "fail", "code": 0, "message": "Sorry, the Flickr API service is not currently available."}
    stat: str
    code: int
    message: str


class RawPhotos(TypedDict, total=False):
    """The lists of photos: of flickr.favorites.getPublicList, people.getPublicPhotos and photos.search."""

    # {"photos": {"page": 1, "pages": 5, "perpage": 500, "total": "2210", "photo": [{…}, …]}, "stat": "ok"}
    page: int
    pages: int
    total: int
    photo: list[Any]


class RawPhoto(TypedDict, total=False):
    """An element of such a list, with the extras that are asked for.

    Of each size there are three fields, or none.
    """

    # {"id": "53412", "owner": "12037949629@N01", "secret": "a1b2c3", "server": "65535", "farm": 66, "title": "Reef",
    #  "ispublic": 1, "isfriend": 0, "isfamily": 0, "license": "4", "ownername": "Eric", "date_faved": "1465310400",
    #  "tags": "indianocean reef geo:lat=57", "machine_tags": "geo:lat=57", "media": "photo",
    #  "url_z": "https://live.staticflickr.com/65535/53412_a1b2c3_z.jpg", "height_z": 427, "width_z": "640"}
    id: str | int
    owner: str | int
    secret: Any
    server: Any
    title: Any
    license: int | None
    ownername: Any
    date_faved: int | None
    tags: Any
    machine_tags: Any
    media: Any
    count_faves: int | None


class RawPeople(TypedDict, total=False):
    """The answer of flickr.photos.getFavorites: who favourited a photo."""

    # {"photo": {"person": [{"nsid": "39931239@N00", "username": "mikeg", "favedate": "1166689690"}], "id": "1253576",
    #  "page": 1, "pages": 3, "perpage": 10, "total": 27}, "stat": "ok"}
    person: list[Any]


class RawUser(TypedDict, total=False):
    """The answer of flickr.people.findByUsername and urls.lookupUser."""

    # {"user": {"id": "12037949632@N01", "nsid": "12037949632@N01", "username": {"_content": "Stewart"}}, "stat": "ok"}
    id: str
    nsid: str


class RawTags(TypedDict, total=False):
    """The answer of flickr.tags.getListPhoto."""

    # {"photo": {"id": "53412", "tags": {"tag": [{"id": "1-2", "author": "12037949629@N01", "authorname": "Eric",
    #  "raw": "indian ocean", "_content": "indianocean", "machine_tag": 0}]}}, "stat": "ok"}
    tags: dict[str, Any]


class RawLicence(TypedDict):
    """An element of the answer of flickr.photos.licenses.getInfo."""

    # {"licenses": {"license": [{"id": 4, "name": "Attribution License",
    #  "url": "https://creativecommons.org/licenses/by/2.0/"}, …]}, "stat": "ok"}
    id: int
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One size of a photo. `width` and `height` in pixels, None where the service doesn't say."""

    size: Size
    url: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class FlickrPhoto:
    """A photo as a list has it.

    Attributes:
        photo_id: its number, as text.
        owner, owner_name: who uploaded it: the identifier ("12037949629@N01"), and the name that they show.
        title: "" where there is none.
        licence: the service's number, or None.
        tags: in the service's cleaned form ("indianocean"), without machine tags.
        machine_tags: such as "geo:lat=57".
        favourited: seconds since 1970, or None.
        video: whether it is one.
        favourites: how many favourited it, or None where the service doesn't say.
        pictures: the sizes that there are, smallest first.
    """

    photo_id: str
    owner: str
    owner_name: str
    title: str
    licence: int | None
    tags: tuple[str, ...]
    machine_tags: tuple[str, ...]
    favourited: int | None
    video: bool
    favourites: int | None
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `odd`: photos that can't be used, each with the reason; `total`: photos on all pages."""

    page: int
    pages: int
    total: int
    photos: tuple[FlickrPhoto, ...]
    odd: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What a `stat: fail` means.

    Attributes:
        code: the service's number.
        message: its words.
    """

    code: int
    message: str

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code in _PASSING or (self.code == 0 and "not currently available" in self.message)

    @property
    def refused(self) -> bool:
        """Whether the key is refused, so that no other request will be answered either."""
        return self.code in _REFUSED

    @property
    def gone(self) -> bool:
        """Whether the user or the photo isn't there, or isn't public."""
        return self.code in _GONE


class WireError(Exception):
    """An answer is not what the service documents; for the client to catch."""


def parse_answer(body: bytes) -> dict[str, Any] | Problem:
    """The answer as an object, or what went wrong.

    Raises:
        WireError: it isn't JSON, or not an answer of this service.
    """
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not JSON ({error})") from error
    if not isinstance(answer, dict) or answer.get("stat") not in {"ok", "fail"}:
        raise WireError("it doesn't say whether it is one (stat)")
    if answer["stat"] == "ok":
        return answer
    raw = _shaped(answer, RawFailure)
    return Problem(raw.get("code", -1), raw.get("message", "no reason"))


def parse_page(answer: dict[str, Any]) -> Page:
    """A page of a list of photos.

    Raises:
        WireError: it is not what the service documents.
    """
    raw = _shaped(answer.get("photos"), RawPhotos)
    if "photo" not in raw or "total" not in raw:
        raise WireError("it has no list of photos")
    photos, odd = [], []
    for number, element in enumerate(raw["photo"], start=1):
        try:
            photos.append(_photo(element))
        except WireError as error:
            name = element.get("id") if isinstance(element, dict) else None
            odd.append((printable(str(name)) if name else f"photo {number} of page {raw.get('page', 1)}", str(error)))
    return Page(raw.get("page", 1), raw.get("pages", 1), raw["total"], tuple(photos), tuple(odd))


def parse_people(answer: dict[str, Any]) -> tuple[str, ...]:
    """The identifiers of those who favourited a photo, in the service's order."""
    raw = _shaped(answer.get("photo"), RawPeople)
    people = (person.get("nsid") for person in raw.get("person", []) if isinstance(person, dict))
    return tuple(dict.fromkeys(p for p in people if isinstance(p, str) and _IDENTIFIER.fullmatch(p)))


def parse_user(answer: dict[str, Any]) -> str:
    """A user's identifier.

    Raises:
        WireError: there is none.
    """
    raw = _shaped(answer.get("user"), RawUser)
    found = raw.get("nsid") or raw.get("id") or ""
    if not _IDENTIFIER.fullmatch(found):
        raise WireError("it names no user")
    return found


def parse_raw_tags(answer: dict[str, Any]) -> tuple[str, ...]:
    """A photo's tags as they were typed, without machine tags, in their order."""
    raw = _shaped(answer.get("photo"), RawTags)
    tags = raw.get("tags", {}).get("tag", [])
    return tuple(
        text
        for tag in (tags if isinstance(tags, list) else [])
        if isinstance(tag, dict)
        and str(tag.get("machine_tag", 0)) in {"0", "False", ""}
        and (text := printable(str(tag.get("raw") or tag.get("_content") or "")).strip())
    )


def parse_licences(answer: dict[str, Any]) -> dict[int, tuple[str, str]]:
    """The licences by their number: name and address."""
    raw = answer.get("licenses")
    rows = _shaped(raw.get("license") if isinstance(raw, dict) else None, list[RawLicence])
    return {row["id"]: (row["name"], row["url"]) for row in rows}


def _photo(element: Any) -> FlickrPhoto:
    if not isinstance(element, dict):
        raise WireError("it is no object")
    element = {name: value for name, value in element.items() if value != ""}  # an empty number is none
    raw = _shaped(element, RawPhoto)
    photo_id, owner = str(raw.get("id", "")), str(raw.get("owner", ""))
    if not _IDENTIFIER.fullmatch(photo_id) or not _IDENTIFIER.fullmatch(owner):
        raise WireError("it lacks its id or its owner")
    machine = tuple(printable(str(raw.get("machine_tags") or "")).split())
    tags = printable(str(raw.get("tags") or "")).split()
    return FlickrPhoto(
        photo_id=photo_id,
        owner=owner,
        owner_name=_text(raw.get("ownername")),
        title=_text(raw.get("title")),
        licence=raw.get("license"),
        tags=tuple(tag for tag in tags if tag not in machine and not _MACHINE_TAG.match(tag)),
        machine_tags=machine,
        favourited=raw.get("date_faved"),
        video=raw.get("media") == "video",
        favourites=raw.get("count_faves"),
        pictures=_pictures(element) or _standard_picture(raw, photo_id),
    )


def _text(value: object) -> str:
    # Lists have "title": "Reef", single photos "title": {"_content": "Reef"}.
    if isinstance(value, dict):
        value = value.get("_content")
    return printable(str(value)).strip() if value is not None else ""


def _pictures(element: dict[str, Any]) -> tuple[Picture, ...]:
    found = []
    for size in SIZES:
        url = element.get(f"url_{size.letter}")
        if isinstance(url, str) and url.startswith(("https://", "http://")):
            sides = (_number(element.get(f"{side}_{size.letter}")) for side in ("width", "height"))
            found.append(Picture(size, url, *sides))
    return tuple(found)


def _standard_picture(raw: RawPhoto, photo_id: str) -> tuple[Picture, ...]:
    """The size of 500 pixels, which each photo has, by the documented form of its address."""
    server, secret = str(raw.get("server", "")), str(raw.get("secret", ""))
    if not _IDENTIFIER.fullmatch(server) or not _IDENTIFIER.fullmatch(secret):
        return ()
    size = next(size for size in SIZES if size.letter == "m")
    return (Picture(size, f"https://live.staticflickr.com/{server}/{photo_id}_{secret}.jpg", None, None),)


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _shaped(value: object, shape: type[_T]) -> _T:
    try:
        return msgspec.convert(value, shape, strict=False)
    except msgspec.ValidationError as error:
        raise WireError(str(error)) from error
