"""What img2dataset and WebDataset write beside a picture: a JSON file of the same stem.

    000000001.jpg  000000001.json {"key": "000000001", "url": "https://…", "caption": "a dog", "status": "success"}

Captions come from web pages; their words were not given to the picture as tags and are not taken for such. A field
`tags` or `keywords` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penchant.sources.exports.documents import Document, Export, Findings, only, text
from penchant.sources.holdings import Details, Link, Place, place_of
from penchant.sources.names import split_place, suffix_of
from penchant.text import printable
from penchant.types import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.sources.gathering import SideFile
    from penchant.types import Photo

_TAGS = ("tags", "keywords")
_SHARD_COLUMNS = ("key", "url", "status")


def _claims(document: Document) -> bool:
    value = document.value
    return isinstance(value, dict) and (_is_sample(document) or any(_tags(value.get(key)) for key in _TAGS))


def _is_sample(document: Document) -> bool:
    """Whether img2dataset wrote it, which does so for every picture."""
    stem = document.side.place[1][: -len(".json")]
    return text(document.value.get("key")) == stem and "url" in document.value


def _read(documents: list[Document], photos: list[Photo]) -> Findings:
    pictures: dict[tuple[str, str], Place] = {}
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        suffix = suffix_of(name)
        pictures.setdefault((folder, name[: -len(suffix)] if suffix else name), place_of(photo))
        pictures.setdefault((folder, name), place_of(photo))  # a.jpg.json, as some downloaders write
    details: dict[Place, Details] = {}
    notes: list[Failure] = []
    folders: set[str] = set()
    for document in documents:
        folder, name = document.side.place
        place = pictures.get((folder, name[: -len(".json")]))
        if place is not None:
            details[place] = _details(document.value)
            if _is_sample(document):
                folders.add(folder)
        elif text(document.value.get("status")) not in (None, "success"):
            why = text(document.value.get("error_message")) or "no reason given"
            notes.append(Failure(document.side.shown, f"its picture could not be downloaded: {printable(why)}"))
        elif _is_sample(document):
            notes.append(Failure(document.side.shown, "its picture is not here"))
    members = set(details)
    for photo in photos:
        if split_place(photo.path, photo.member)[0] in folders and place_of(photo) not in details:
            members.add(place_of(photo))
            notes.append(Failure(photo.photo_id, "no metadata: no JSON file of the same name belongs to it"))
    return Findings(details, frozenset(members), notes=tuple(notes))


def _details(value: dict[str, Any]) -> Details:
    tags = next((found for key in _TAGS if (found := _tags(value.get(key)))), ())
    return Details(
        id=text(value.get("key")),
        title=text(value.get("title")),
        description=text(value.get("caption")),
        tags=tags,
        licence=text(value.get("license") or value.get("licence")),
        url=text(value.get("url")),
    )


def _tags(value: Any) -> tuple[str, ...]:
    parts = value.split(";") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(dict.fromkeys(tag for part in parts if isinstance(part, str) and (tag := text(part))))


def failed_downloads(sides: Sequence[SideFile]) -> tuple[tuple[Link, ...], list[SideFile]]:
    """What the shards' Parquet files name as not downloaded, and those files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    links: list[Link] = []
    used: list[SideFile] = []
    for side in sides:
        if side.member is not None or suffix_of(side.path) != ".parquet":
            continue
        try:
            with pq.ParquetFile(side.path) as file:
                if not set(_SHARD_COLUMNS) <= set(file.schema_arrow.names):
                    continue
                used.append(side)
                for batch in file.iter_batches(columns=list(_SHARD_COLUMNS)):
                    rows = zip(*(batch.column(name).to_pylist() for name in _SHARD_COLUMNS), strict=True)
                    links += [
                        Link("failed", Details(id=text(key), url=text(url)))
                        for key, url, status in rows
                        if status != "success"
                    ]
        except (pa.ArrowException, OSError, ValueError):
            continue  # no table of this kind: it stays among what is passed over
    return tuple(links), used


def _keep(value: Any) -> Any:
    return only(
        value, "key", "url", "caption", "title", "license", "licence", "status", "error_message", "tags", "keywords"
    )


IMG2DATASET = Export("Pictures with JSON (img2dataset)", _claims, _read, _keep)
