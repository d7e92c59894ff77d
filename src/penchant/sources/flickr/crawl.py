"""The lists, page by page, and the tags as they were typed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from penchant.errors import AbsentError
from penchant.sources.flickr.people import snapshot
from penchant.sources.flickr.state import FAVOURITES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.sources.flickr.client import FlickrClient
    from penchant.sources.flickr.state import Collection, ListRow
    from penchant.sources.flickr.wire import Page


def page_of(client: FlickrClient, row: ListRow, page: int) -> Page:
    """One page of a list."""
    if row.kind == FAVOURITES:
        return client.favourites(row.user_id, page=page, until=row.until)
    return client.own_photos(row.user_id, page=page)


def is_wanting(row: ListRow, most: int | None) -> bool:
    """Whether a list is to be read on: it has never been read to its end, and holds fewer photos than wanted."""
    return row.state == "open" and (most is None or row.entries < most)


def read_page(client: FlickrClient, collection: Collection, row: ListRow, most: int | None) -> None:
    """Asks for the next page of a list and keeps it. A user who isn't there closes the list."""
    try:
        page = page_of(client, row, row.page)
    except AbsentError as error:
        collection.close_list(row, "absent", str(error))
        return
    until = row.until if row.until is not None or row.kind != FAVOURITES else snapshot(page)
    collection.add_page(row, page, most=most, until=until)


def reopen(collection: Collection, most: int | None) -> None:
    """Lists that ended only because no more was wanted are read on when more is."""
    with collection.transaction() as database:
        database.execute(
            "UPDATE lists SET state = 'open' WHERE state = 'enough' "
            "AND (? IS NULL OR (SELECT count(*) FROM entries WHERE list = lists.place) < ?)",
            (most, most),
        )


def without_raw_tags(collection: Collection) -> list[str]:
    """Photos whose tags haven't been asked for as they were typed; those without tags have nothing to ask for."""
    with collection.transaction() as database:
        database.execute("UPDATE photos SET raw_tags = '[]' WHERE raw_tags IS NULL AND tags = '[]'")
    return [str(row[0]) for row in collection.rows("SELECT photo_id FROM photos WHERE raw_tags IS NULL")]


def read_raw_tags(client: FlickrClient, collection: Collection, photo_id: str) -> None:
    """Asks for a photo's tags as they were typed; a photo that has gone is removed."""
    try:
        tags = client.raw_tags(photo_id)
    except AbsentError:
        collection.remove_photos([photo_id])
        return
    with collection.transaction() as database:
        database.execute(
            "UPDATE photos SET raw_tags = ? WHERE photo_id = ?", (json.dumps(tags, ensure_ascii=False), photo_id)
        )


def refresh_list(client: FlickrClient, collection: Collection, row: ListRow, stamp: int) -> Iterator[str]:
    """Goes through a list again: what is no longer in it, and no longer public, is removed; what is there is brought up
    to date. Gives each photo that was removed.

    The same pages are asked for as before (`lists.until`), so a photo that is missing has been taken back by whoever
    favourited it, or is private, or deleted: only the photo itself can say which.
    """
    rows = collection.rows("SELECT photo_id FROM entries WHERE list = ?", (row.number,))
    missing = {str(found[0]) for found in rows}
    number = 1
    try:
        while missing:
            page = page_of(client, row, number)
            collection.update_photos(page.photos)
            missing -= {photo.photo_id for photo in page.photos}
            if number >= page.pages:
                break
            number += 1
    except AbsentError as error:
        collection.remove_entries(row, "absent", str(error))
        yield from sorted(missing)
    else:
        for photo_id in sorted(missing):
            if not client.is_public(photo_id):
                collection.remove_photos([photo_id])
                yield photo_id
    with collection.transaction() as database:
        database.execute("UPDATE lists SET checked = ? WHERE place = ?", (stamp, row.number))
