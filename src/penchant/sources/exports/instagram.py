"""Instagram's export: posts that name their pictures, likes and saves that are links, and topics of its own guess.

    posts_1.json            [{"media": [{"uri": "media/posts/201901/x.jpg", "title": "A walk #beagle"}], "title": ""}]
    liked_posts.json        {"likes_media_likes": [{"string_list_data": [{"href": "https://www.instagram.com/p/…"}]}]}
    recommended_topics.json {"topics_your_topics": [{"string_map_data": {"Name": {"value": "Dogs"}}}]}

Its texts are UTF-8 read as Latin-1 ("cafÃ©" for "café"), and the keys inside `string_map_data` are in the account's
language, so that nothing here asks for one by name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from penchant.sources.exports.documents import Document, Export, Findings, fields, items, objects, text
from penchant.sources.exports.hashtags import hashtags
from penchant.sources.formats import PICTURE_SUFFIXES
from penchant.sources.holdings import Details, Link, Place, place_of
from penchant.sources.names import split_place, suffix_of
from penchant.text import printable
from penchant.types import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.types import Photo

_POST = re.compile(r"https?://(?:www\.)?instagram\.com/(?:[\w.]+/)?(?:p|reel|tv)/")
_TOPICS = re.compile(r"topics_your_|inferred_data_|your_topics")
_MEDIA = re.compile(r"(?:^|/)media/")
_MESSAGES = "/messages/"


def mend(value: str) -> str:
    """A text whose UTF-8 was read as Latin-1, read as UTF-8; any other text as it is."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _claims(document: Document) -> bool:
    value = document.value
    if isinstance(value, dict) and any(_TOPICS.match(key) for key in value):
        return True
    return any(_is_media(found) or _links(found) for found, _ in objects(value, deepest=12))


def _is_media(value: dict[str, Any]) -> bool:
    uri = value.get("uri")
    return isinstance(uri, str) and bool(_MEDIA.search(uri)) and "creation_timestamp" in value


def _links(value: dict[str, Any]) -> list[str]:
    return [link for link in value.values() if isinstance(link, str) and _POST.match(link)]


def _read(documents: list[Document], photos: list[Photo]) -> Findings:
    by_name: dict[str, list[tuple[str, Place]]] = defaultdict(list)
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        by_name[name].append((f"{folder}/{name}", place_of(photo)))
    details: dict[Place, Details] = {}
    links: dict[str, Link] = {}
    topics: dict[str, None] = {}
    notes: list[Failure] = []
    roots: set[str] = set()
    for document in documents:
        if _MESSAGES in "/".join(document.side.place):
            continue  # what others have sent
        topics.update(dict.fromkeys(_topics(document.value)))
        for found, around in objects(document.value):
            if _is_media(found) and suffix_of(found["uri"]) in PICTURE_SUFFIXES:
                place = _find(found["uri"], document.side.path, by_name)
                if place is None:
                    reason = f"its picture {printable(found['uri'])} is not here; the export may have further parts"
                    notes.append(Failure(document.side.shown, reason))
                else:
                    details.setdefault(place, _details(found, around))
                    roots.add(_root(place, found["uri"]))
            for page in _links(found):
                links.setdefault(page, Link(_kind(document), Details(page=page)))
    members = {place_of(photo) for photo in photos if _is_within(photo, roots)} | set(details)
    return Findings(
        details,
        frozenset(members),
        links=tuple(links.values()),
        topics=tuple(topics),
        notes=tuple(dict.fromkeys(notes)),
    )


def _find(uri: str, beside: str, by_name: dict[str, list[tuple[str, Place]]]) -> Place | None:
    """The picture whose path ends in the address that the post gives; of several, one of the post's own archive."""
    name = uri.rpartition("/")[2]
    found = [place for whole, place in by_name.get(name, ()) if whole.endswith(f"/{uri}")]
    return next((place for place in found if place[0] == beside), found[0] if found else None)


def _root(place: Place, uri: str) -> str:
    folder, name = split_place(*place)
    return f"{folder}/{name}".removesuffix(uri) + "media/"


def _is_within(photo: Photo, roots: set[str]) -> bool:
    folder, name = split_place(photo.path, photo.member)
    return any(f"{folder}/{name}".startswith(root) for root in roots)


def _details(media: dict[str, Any], around: tuple[dict[str, Any], ...]) -> Details:
    caption = next((said for value in (media, *around) if (said := _said(value.get("title")))), None)
    return Details(description=caption, tags=hashtags(caption), taken=_time(media.get("creation_timestamp")))


def _said(value: Any) -> str | None:
    said = text(value)
    return mend(said) if said else None


def _time(seconds: Any) -> str | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _kind(document: Document) -> str:
    name = document.side.place[1].lower()
    keys = " ".join(document.value) if isinstance(document.value, dict) else ""
    return "saved" if "saved" in name or "saved" in keys else "like" if "like" in f"{name} {keys}" else "link"


def _topics(value: Any) -> Iterator[str]:
    """Each topic is an object with one value, under a key in the account's language."""
    for key, listed in fields(value).items():
        if not _TOPICS.match(key):
            continue
        for item in items(listed):
            values = [_said(fields(cell).get("value")) for cell in fields(fields(item).get("string_map_data")).values()]
            yield from [said for said in values if said][:1]


INSTAGRAM = Export("Instagram export", _claims, _read)
