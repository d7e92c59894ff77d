"""Whose favourites: the people that the user names, and people chosen at random."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

from penchant.errors import AbsentError, RefusedError, ServiceError, UsageError
from penchant.sources.flickr.state import FAVOURITES, ListRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penchant.sources.flickr.client import FlickrClient
    from penchant.sources.flickr.plan import Plan
    from penchant.sources.flickr.state import Collection
    from penchant.sources.flickr.wire import FlickrPhoto, Page

SINCE = 1_104_537_600
"""2005: before it, Flickr had few users."""

RIPE = 30 * 86_400
"""Photos younger than this, in seconds, are left out: they haven't been favourited yet."""

BARREN = 40
"""So many windows without a new candidate end the search."""

_WINDOW = 64  # seconds; halved while more photos were uploaded in it than one answer holds
_PHOTOS_OF_WINDOW = 10
_PEOPLE_OF_PHOTO = 5
_IDENTIFIER = re.compile(r"\d+@N\d+")
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?flickr\.com/\S+", re.IGNORECASE)


def resolve(client: FlickrClient, collection: Collection, asked: str) -> str | None:
    """The identifier of a user who was given by it, by name or by the address of a page; None if there is no such user.

    What was asked once is known from then on.
    """
    asked = asked.strip()
    if _IDENTIFIER.fullmatch(asked):
        return asked
    known = collection.rows("SELECT user_id FROM names WHERE asked = ?", (asked,))
    if known:
        return None if known[0][0] is None else str(known[0][0])
    try:
        if _ADDRESS.fullmatch(asked):
            found = client.user_by_address(asked if "://" in asked else f"https://{asked}")
        else:
            found = client.user_by_name(asked)
    except AbsentError as error:
        values: tuple[str, str | None, str | None] = (asked, None, str(error))
    else:
        values = (asked, found, None)
    with collection.transaction() as database:
        database.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?)", values)
    return values[1]


class Chance:
    """People chosen at random.

    Short times are drawn between 2005 and the collection's beginning; of the photos that were uploaded in one, some are
    drawn, and their owners and some who favourited them become candidates. A candidate is taken if they have enough
    public favourites, which the first page of them says.

    The draws depend on the seed alone, and each answer is kept, so the search goes on where it was.

    Raises:
        UsageError: the collection was begun with another seed, or another minimum.
    """

    def __init__(self, client: FlickrClient, collection: Collection, plan: Plan, *, now: Callable[[], float]) -> None:
        self._client = client
        self._collection = collection
        self._plan = plan
        for option, value in (("seed", plan.seed), ("min-favourites", plan.min_favourites)):
            kept = collection.fact(option)
            if kept is not None and int(kept) != value:
                raise UsageError(
                    f"{collection.folder} was begun with --{option} {kept}: give that, or collect into another folder"
                )
        if collection.fact("seed") is None:
            with collection.transaction() as database:
                database.executemany(
                    "INSERT INTO facts VALUES (?, ?)",
                    [
                        ("chosen_before", str(int(now()))),
                        ("seed", str(plan.seed)),
                        ("min-favourites", str(plan.min_favourites)),
                    ],
                )
        with collection.transaction() as database:
            database.execute("UPDATE candidates SET state = 'open' WHERE state = 'failed'")
        self._until = int(collection.fact("chosen_before") or 0) - RIPE

    def choose(self) -> Iterator[str]:
        """Takes people until the collection holds as many as the plan wants; gives each as they are taken."""
        barren = 0
        while self._taken() < self._plan.random:
            candidate = self._next_candidate()
            if candidate is not None:
                if self._take(candidate):
                    yield candidate
                continue
            before = self._known()
            self._explore()
            barren = 0 if self._known() > before else barren + 1
            if barren >= BARREN:
                return

    def _taken(self) -> int:
        return self._collection.count("SELECT count(*) FROM candidates WHERE state = 'taken'")

    def _known(self) -> int:
        return self._collection.count("SELECT count(*) FROM candidates")

    def _next_candidate(self) -> str | None:
        found = self._collection.rows("SELECT user_id FROM candidates WHERE state = 'open' ORDER BY place LIMIT 1")
        return str(found[0][0]) if found else None

    def _take(self, candidate: str) -> bool:
        state = "absent"
        page: Page | None = None
        try:
            page = self._client.favourites(candidate)
        except AbsentError:
            pass
        except ServiceError as error:
            if not isinstance(error, RefusedError):
                self._set_state(candidate, "failed")  # the next one is looked at first
            raise
        else:
            state = "few" if page.total < self._plan.min_favourites else "taken"
        if page is not None and state == "taken":
            row = ListRow(0, candidate, FAVOURITES, "open", 1, None, None, 0)
            most = 0 if self._plan.own else self._plan.photos
            self._collection.add_page(row, page, most=most, until=snapshot(page), accept=candidate)
            return True
        self._set_state(candidate, state)
        return False

    def _set_state(self, candidate: str, state: str) -> None:
        with self._collection.transaction() as database:
            database.execute("UPDATE candidates SET state = ? WHERE user_id = ?", (state, candidate))

    def _explore(self) -> None:
        """Takes the next step towards new candidates: one query, or a few."""
        collection = self._collection
        found = collection.rows(
            "SELECT number, start, end, photos FROM windows WHERE photos IS NULL OR photos != '[]' "
            "ORDER BY number LIMIT 1"
        )
        if not found:
            number = collection.count("SELECT ifnull(max(number), 0) + 1 FROM windows")
            start = self._draw("window", number).randrange(SINCE, max(SINCE + 1, self._until))
            with collection.transaction() as database:
                database.execute("INSERT INTO windows VALUES (?, ?, ?, NULL)", (number, start, start + _WINDOW))
            self._search(number, start, start + _WINDOW)
            return
        window, begin, end, photos = found[0]
        number = int(str(window))
        if photos is None:
            self._search(number, int(str(begin)), int(str(end)))
        else:
            self._ask_favouriters(number, json.loads(str(photos)))

    def _search(self, number: int, start: int, end: int) -> None:
        """The photos of one window, which is halved until one answer holds all of them: beyond 4,000 the service only
        repeats itself."""
        while True:
            page = self._client.uploaded(start, end)
            if page.pages <= 1 or end - start <= 1:
                break
            middle = (start + end) // 2
            start, end = (start, middle) if self._draw("half", number, start).random() < 0.5 else (middle, end)
            with self._collection.transaction() as database:
                database.execute("UPDATE windows SET start = ?, end = ? WHERE number = ?", (start, end, number))
        photos = sorted(page.photos, key=_by_id)
        drawn = self._draw("photos", number).sample(photos, min(_PHOTOS_OF_WINDOW, len(photos)))
        asked = [photo.photo_id for photo in drawn if photo.favourites != 0]
        self._add(number, [photo.owner for photo in drawn], asked)

    def _ask_favouriters(self, number: int, photos: list[str]) -> None:
        photo_id, *rest = photos
        try:
            people = sorted(self._client.favouriters(photo_id))
        except AbsentError:
            people = []
        except ServiceError as error:
            if not isinstance(error, RefusedError):
                self._add(number, [], rest)  # there are others
            raise
        drawn = self._draw("people", number, photo_id).sample(people, min(_PEOPLE_OF_PHOTO, len(people)))
        self._add(number, drawn, rest)

    def _add(self, number: int, people: list[str], photos: list[str]) -> None:
        with self._collection.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO candidates (user_id, state) SELECT ?, 'open' "
                "WHERE NOT EXISTS (SELECT 1 FROM lists WHERE user_id = ?)",
                [(person, person) for person in people],
            )
            database.execute("UPDATE windows SET photos = ? WHERE number = ?", (json.dumps(photos), number))

    def _draw(self, *what: object) -> random.Random:
        return random.Random(json.dumps([self._plan.seed, *what]))  # noqa: S311 - chance, not secrets


def snapshot(page: Page) -> int | None:
    """The moment of the newest favourite on the first page: later pages are asked for up to it, so that they don't move
    when the user goes on."""
    newest = max((photo.favourited for photo in page.photos if photo.favourited is not None), default=None)
    return None if newest is None else newest + 1  # whether the service counts the moment itself, it doesn't say


def _by_id(photo: FlickrPhoto) -> str:
    return photo.photo_id
