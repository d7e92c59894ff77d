"""Flickr's data export: `photo_<id>.json` for each of the person's photos, and the pictures in other archives.

    {"id": "31", "name": "Dog", "tags": [{"tag": "beagle"}], "photopage": "https://…", "original": "https://…/31_o.jpg"}

A picture's id stands in its file name (`dog_31_o.jpg`), among other digits: it is the last number that is a known id.
Favourites (`faves_part001.json`) are numbers and pages without pictures or tags.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penchant.sources.exports.documents import Document, Export, Findings, fields, items, only, text
from penchant.sources.holdings import Details, Link, Place, place_of
from penchant.sources.names import split_place
from penchant.text import printable
from penchant.types import Failure

if TYPE_CHECKING:
    from penchant.types import Photo

_DIGITS = re.compile(r"\d+")
_OWN_NAME = re.compile(r"_\d{6,}(_o)?\.\w+$|^\d{6,}_\w+_o\.\w+$")
_FAVES = ("faves", "favorites")
_WITH_FAVE = ("photo_id", "photopage", "url")


def _claims(document: Document) -> bool:
    value = document.value
    if not isinstance(value, dict):
        return False
    if _is_photo(value) or _is_account(value):
        return True
    return any(_is_faves(value.get(key)) for key in _FAVES)


def _is_photo(value: dict[str, Any]) -> bool:
    return text(value.get("id")) is not None and ("photopage" in value or {"count_faves", "original"} <= set(value))


def _is_account(value: dict[str, Any]) -> bool:
    return isinstance(value.get("nsid"), str)


def _is_faves(value: Any) -> bool:
    return isinstance(value, list) and (not value or any(key in fields(value[0]) for key in _WITH_FAVE))


def _read(documents: list[Document], photos: list[Photo]) -> Findings:
    known: dict[str, Details] = {}
    places: dict[str, Document] = {}
    links: list[Link] = []
    owner = None
    for document in documents:
        value = document.value
        if _is_photo(value):
            details = _details(value)
            known.setdefault(details.id or "", details)
            places.setdefault(details.id or "", document)
        elif _is_account(value):
            owner = owner or text(value.get("nsid"))
        else:
            links += [link for key in _FAVES for fave in items(value.get(key)) if (link := _fave(fave))]
    details_of: dict[Place, Details] = {}
    members: set[Place] = set()
    notes: list[Failure] = []
    for photo in photos:
        name = split_place(photo.path, photo.member)[1]
        photo_id = next((digits for digits in reversed(_DIGITS.findall(name)) if digits in known), None)
        if photo_id is not None:
            details_of[place_of(photo)] = known[photo_id]
            members.add(place_of(photo))
        elif known and _OWN_NAME.search(name):
            members.add(place_of(photo))
            notes.append(Failure(photo.photo_id, "no metadata: no photo_….json of the export belongs to it"))
    there = {details.id for details in details_of.values()}
    for photo_id, details in known.items():
        if photo_id not in there:
            reason = f"its picture {printable(photo_id)} is not here; the export may have further archives"
            notes.append(Failure(places[photo_id].side.shown, reason))
            links.append(Link("own", details))
    return Findings(details_of, frozenset(members), links=tuple(links), notes=tuple(notes), owner=owner)


def _details(value: dict[str, Any]) -> Details:
    return Details(
        id=text(value.get("id")),
        title=text(value.get("name")),
        description=text(value.get("description")),
        tags=_tags(value),
        taken=_iso(text(value.get("date_taken"))),
        licence=text(value.get("license")),
        page=text(value.get("photopage")),
        url=text(value.get("original")),
    )


def _tags(value: dict[str, Any]) -> tuple[str, ...]:
    tags = (text(fields(entry).get("tag") or entry) for entry in items(value.get("tags")))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _iso(time: str | None) -> str | None:
    return time.replace(" ", "T", 1) if time else None


def _fave(value: Any) -> Link | None:
    found = fields(value)
    photo_id = text(found.get("photo_id"))
    page = text(found.get("photopage")) or text(found.get("photo_url")) or text(found.get("url"))
    if photo_id is None and page is None:
        return None
    bare = Details(id=photo_id, page=page, title=text(found.get("photo_name")))
    return Link("favourite", replace(bare, favourite=True))


def _keep(value: Any) -> Any:
    if not _is_photo(value):
        return value
    keys = ("id", "name", "description", "date_taken", "license", "photopage", "original", "count_faves")
    return {**only(value, *keys), "tags": list(_tags(value))}


FLICKR = Export("Flickr data export", _claims, _read, _keep)
