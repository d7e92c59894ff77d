"""The table of a collection, which `profile`, `experiment` and `fit` take."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from penchant.sources.flickr.licences import licence_name
from penchant.sources.flickr.plan import NOTICE
from penchant.sources.flickr.sizes import nearest
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from penchant.sources.flickr.plan import Plan
    from penchant.sources.flickr.state import Collection, Entry

NAME = "photos.parquet"
SCHEMA_VERSION = 1

PHOTOS = pa.schema(
    {
        "user_id": pa.string(),
        "photo_id": pa.string(),
        "path": pa.string(),
        "url": pa.string(),
        "tags": pa.list_(pa.string()),
        "licence": pa.string(),
        "kind": pa.string(),
        "machine_tags": pa.list_(pa.string()),
        "licence_id": pa.int16(),
        "title": pa.string(),
        "owner": pa.string(),
        "owner_name": pa.string(),
        "page": pa.string(),
        "size": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "favourite_date": pa.timestamp("s", tz="UTC"),
    }
)
"""`path` is relative to the table; without pictures it is empty, and `url` is where the picture is."""

_BATCH = 5_000


def write_table(
    collection: Collection,
    plan: Plan,
    file: BinaryIO,
    *,
    endpoint: str,
    licences: Mapping[int, tuple[str, str]],
    pseudonym: Callable[[str], str] | None = None,
) -> int:
    """Writes the photos that can be used, and gives their number: with pictures those whose picture is here.

    Args:
        collection: what there is.
        plan: what was wanted.
        file: where it goes.
        endpoint: the service's address.
        licences: what the service says of its licences.
        pseudonym: what a user is called in the table.
    """
    facts = {
        "schema_version": str(SCHEMA_VERSION),
        "source": "Flickr",
        "notice": NOTICE,
        "endpoint": endpoint,
        "collected": datetime.now(UTC).isoformat(timespec="seconds"),
        "penchant": __version__,
        "photos_of_each": "all" if plan.photos is None else str(plan.photos),
        "tags": "as typed" if plan.raw_tags else "as Flickr cleans them",
        "size": plan.size.name if plan.pictures else "addresses only",
    }
    if plan.random:
        facts |= {"random": str(plan.random), "seed": str(plan.seed), "min_favourites": str(plan.min_favourites)}
    schema = PHOTOS.with_metadata({f"penchant.{name}": value for name, value in facts.items()})
    written = 0
    rows: list[dict[str, object]] = []
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for entry in collection.entries():
            if plan.pictures and entry.path is None:
                continue
            rows.append(_row(entry, plan, licences, pseudonym))
            if len(rows) >= _BATCH:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                written += len(rows)
                rows.clear()
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return written + len(rows)


def _row(
    entry: Entry, plan: Plan, licences: Mapping[int, tuple[str, str]], pseudonym: Callable[[str], str] | None
) -> dict[str, object]:
    photo = entry.photo
    picture = next((p for p in photo.pictures if p.size.letter == entry.letter), None) if plan.pictures else None
    picture = picture or nearest(photo.pictures, plan.size)
    return {
        "user_id": entry.user_id if pseudonym is None else pseudonym(entry.user_id),
        "photo_id": photo.photo_id,
        "path": entry.path if plan.pictures else None,
        "url": None if picture is None else picture.url,
        "tags": entry.raw_tags if plan.raw_tags and entry.raw_tags is not None else photo.tags,
        "licence": licence_name(photo.licence, licences),
        "kind": entry.kind,
        "machine_tags": photo.machine_tags,
        "licence_id": photo.licence,
        "title": photo.title,
        "owner": photo.owner,
        "owner_name": photo.owner_name,
        "page": f"https://www.flickr.com/photos/{photo.owner}/{photo.photo_id}",
        "size": None if picture is None else picture.size.name,
        "width": None if picture is None else picture.width,
        "height": None if picture is None else picture.height,
        "favourite_date": photo.favourited,
    }
