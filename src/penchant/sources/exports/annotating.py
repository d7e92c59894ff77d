"""From the files laid aside to what is known about the pictures."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import fields as fields_of
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penchant.errors import PictureError
from penchant.sources.exports.documents import Document, Export, Findings
from penchant.sources.exports.flickr import FLICKR
from penchant.sources.exports.img2dataset import IMG2DATASET, failed_downloads
from penchant.sources.exports.instagram import INSTAGRAM
from penchant.sources.exports.sidecars import keywords_beside
from penchant.sources.exports.takeout import TAKEOUT
from penchant.sources.holdings import NO_DETAILS, Details, Holdings, Kind, Place, place_of
from penchant.sources.names import split_place, suffix_of
from penchant.sources.reader import PictureReader
from penchant.text import printable
from penchant.types import Failure, Listing, Photo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penchant.sources.gathering import SideFile
    from penchant.sources.limits import Limits

FORMATS = (TAKEOUT, FLICKR, INSTAGRAM, IMG2DATASET)

EDITED = "replaced by an edited copy"

_LONGEST_JSON = 64_000_000
_NAMES = re.compile(
    r"photo_\d+|faves|account_profile|posts|stories|reels|profile_photos|liked|saved|topics|\.supp|\.jpe?g|\.hei[cf]"
    r"|\.png|.{46}\.json$",
    re.IGNORECASE,
)  # of exports' files that stand in folders without pictures; nobody's caches shall be read through


def annotate(
    listing: Listing, sides: Sequence[SideFile], *, limits: Limits, described: frozenset[Place] = frozenset()
) -> Holdings:
    """What a source holds, with what exports and sidecars in it say about its pictures.

    A file that can't be read or joined to its picture is a note, and costs its picture nothing but what it says.

    Args:
        listing: the photos.
        sides: the files laid aside when they were listed.
        limits: what reading a file may take.
        described: pictures that a table named; nothing is added to what it says.
    """
    if not sides:
        return Holdings(listing, kinds=_datasets(listing.photos), described=described)
    photos = [photo for photo in listing.photos if photo.url is None and place_of(photo) not in described]
    notes: list[Failure] = []
    with PictureReader(limits=limits) as reader:
        claimed = _claimed(sides, photos, reader, notes)
        beside = keywords_beside(sides, photos, reader, notes)
    details: dict[Place, Details] = {}
    kinds: list[Kind] = []
    every: list[Findings] = []
    dropped: set[Place] = set()
    for export, documents in claimed.items():
        found = export.read(documents, photos)
        every.append(found)
        _add(details, found.details.items())
        dropped |= found.dropped
        notes += found.notes
        kept = found.members - found.dropped
        kinds.append(Kind(export.name, len(kept), len(set(found.details) & kept)))
    _add(details, ((place, Details(tags=words.tags, keywords=words.paths)) for place, words in beside.found.items()))
    if beside.found:
        kinds.append(Kind("XMP sidecars", len(beside.found), len(beside.found), "keywords"))
    used = [document.side for documents in claimed.values() for document in documents] + list(beside.used)
    failed, tables = failed_downloads(sides) if IMG2DATASET in claimed else ((), ())
    used += tables
    skipped = Counter(dict(listing.skipped))
    skipped.subtract(Counter(suffix_of(side.place[1]) for side in used))
    skipped[EDITED] += len(dropped)
    listing = Listing(
        tuple(_described(photo, details) for photo in listing.photos if place_of(photo) not in dropped),
        listing.failures,
        tuple(sorted(((s, n) for s, n in skipped.items() if n > 0), key=lambda pair: (-pair[1], pair[0]))),
        (*listing.notes, *dict.fromkeys(notes)),
    )
    return Holdings(
        listing=listing,
        details={place: found for place, found in details.items() if place not in dropped},
        kinds=(*kinds, *_datasets(listing.photos)),
        links=tuple(dict.fromkeys((*(link for found in every for link in found.links), *failed))),
        topics=tuple(dict.fromkeys(topic for found in every for topic in found.topics)),
        owner=next((found.owner for found in every if found.owner), None),
        described=described,
    )


def _claimed(
    sides: Iterable[SideFile], photos: list[Photo], reader: PictureReader, notes: list[Failure]
) -> dict[Export, list[Document]]:
    """The documents of each format that has any."""
    beginnings: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        beginnings[folder].add(name.partition(".")[0])
    claimed: dict[Export, list[Document]] = {}
    elsewhere: list[Failure] = []
    for side in sides:
        folder, name = side.place
        if suffix_of(name) != ".json" or not (folder in beginnings or _NAMES.search(name)):
            continue
        try:
            value = _json(side, reader)
        except PictureError as error:
            beside = name.partition(".")[0] in beginnings.get(folder, ())
            (notes if beside else elsewhere).append(Failure(side.shown, str(error)))
            continue
        document = Document(side, value)
        export = next((export for export in FORMATS if export.claims(document)), None)
        if export is not None:
            claimed.setdefault(export, []).append(Document(side, export.keep(value)))
    if claimed:
        notes += elsewhere  # among an export's files; in a plain folder it is nobody's loss
    return {export: claimed[export] for export in FORMATS if export in claimed}


def _json(side: SideFile, reader: PictureReader) -> Any:
    """What a JSON file holds. Raises PictureError."""
    import msgspec

    if side.size > _LONGEST_JSON:
        raise PictureError("too large for a file about pictures")
    data = reader.read(Photo("", side.path, side.member)).removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        try:
            return json.loads(data)  # slower, and forgives what some writers do: halves of surrogates, NaN
        except (ValueError, RecursionError) as error:
            reason = "nested too deeply" if isinstance(error, RecursionError) else printable(str(error))
            raise PictureError(f"not JSON, or cut off ({reason})") from error


def _add(details: dict[Place, Details], more: Iterable[tuple[Place, Details]]) -> None:
    for place, found in more:
        known = details.get(place)
        details[place] = found if known is None else joined(known, found)


def joined(first: Details, second: Details) -> Details:
    """What two say of the same picture: lists are joined, of the rest the first to say something is believed."""
    values: dict[str, Any] = {}
    for field in fields_of(Details):
        one, other = getattr(first, field.name), getattr(second, field.name)
        values[field.name] = tuple(dict.fromkeys(one + other)) if isinstance(one, tuple) else one or other
    return Details(**values)


def _described(photo: Photo, details: dict[Place, Details]) -> Photo:
    found = details.get(place_of(photo), NO_DETAILS)
    if not (found.tags or found.licence):
        return photo
    tags = tuple(dict.fromkeys((*photo.tags, *found.tags)))
    return replace(photo, tags=tags, licence=photo.licence or found.licence)


def _datasets(photos: Iterable[Photo]) -> tuple[Kind, ...]:
    rows = [photo for photo in photos if photo.member is not None and suffix_of(photo.path) == ".arrow"]
    if not rows:
        return ()
    return (Kind("Hugging Face dataset", len(rows), sum(bool(photo.tags) for photo in rows), "tags or classes"),)
