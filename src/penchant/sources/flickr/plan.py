"""What is to be collected, and what it will take."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from math import ceil
from typing import TYPE_CHECKING

from penchant.errors import UsageError
from penchant.sources.flickr.client import PER_PAGE
from penchant.sources.flickr.limiter import PER_HOUR
from penchant.sources.flickr.sizes import SIZES, Size, size_named
from penchant.sources.flickr.state import FAVOURITES, OWN

if TYPE_CHECKING:
    from penchant.sources.flickr.state import Collection

NOTICE = "This product uses the Flickr API but is not endorsed or certified by SmugMug, Inc."
"""Flickr's terms want it shown."""

FAVOURITES_BY_DEFAULT = 200
MIN_FAVOURITES = 200
"""The 2018 study took 200 favourites of each user."""

CHECKED_FOR_ONE = 5
"""Queries that find one user at random, a guess: one in four who are looked at has enough favourites, and where to look
takes as much as one query more."""

_PICTURES_A_SECOND = 20


def _640() -> Size:
    return next(size for size in SIZES if size.name == "640")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be collected.

    Attributes:
        users: identifiers ("12037949629@N01"), names or addresses of people.
        random: how many people are chosen at random.
        seed: what chance begins with.
        min_favourites: public favourites that somebody chosen at random must have.
        photos: how many of each person; None for all.
        own: people's own photos in place of their favourites.
        raw_tags: ask for the tags as they were typed, one query a photo.
        pictures: fetch the pictures, and not only their addresses.
        size: the size of the pictures.
        pseudonyms: users have pseudonyms in the table.
    """

    users: tuple[str, ...] = ()
    random: int = 0
    seed: int = 0
    min_favourites: int = MIN_FAVOURITES
    photos: int | None = FAVOURITES_BY_DEFAULT
    own: bool = False
    raw_tags: bool = False
    pictures: bool = True
    size: Size = field(default_factory=_640)
    pseudonyms: bool = False

    def __post_init__(self) -> None:
        if self.random < 0 or self.min_favourites < 0 or (self.photos is not None and self.photos < 1):
            raise UsageError("a number of people or photos must not be negative")

    @property
    def kind(self) -> str:
        """The kind of list that is read."""
        return OWN if self.own else FAVOURITES


def kept_plan(collection: Collection) -> Plan:
    """What the collection was made by, without the people, who are in its lists; the usual plan for a new one."""
    kept = collection.fact("plan")
    if kept is None:
        return Plan()
    values = json.loads(kept)
    return Plan(**{**values, "size": size_named(values["size"])})


def keep_plan(collection: Collection, plan: Plan) -> None:
    """Writes it down for the next call."""
    values = asdict(replace(plan, users=()))
    collection.set_fact("plan", json.dumps({**values, "size": plan.size.name}))


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will take, from where the collection is now; guesses but for people given with a number of photos.

    Attributes:
        people: how many are still to be asked about.
        queries: to Flickr.
        hours: for these, at the limit; the first hour's worth goes as fast as the service answers.
        pictures: to fetch.
        bytes: of these, about.
        guessed: whether how many people chance has to look at, or how many photos they have, is not known.
    """

    people: int
    queries: int
    hours: float
    pictures: int
    bytes: int
    guessed: bool


def estimate(plan: Plan, collection: Collection | None, *, per_hour: int = PER_HOUR) -> Estimate:
    """What is still to do, without asking anybody.

    Args:
        plan: what is to be collected.
        collection: what there is; None for nothing.
        per_hour: the limit of queries.
    """
    known = {} if collection is None else {row.user_id: row for row in collection.lists(kind=plan.kind)}
    names: dict[object, object] = (
        {} if collection is None else {r[0]: r[1] for r in collection.rows("SELECT * FROM names")}
    )
    a_person = FAVOURITES_BY_DEFAULT * 5 if plan.photos is None else plan.photos
    pages = ceil(a_person / PER_PAGE)
    queries = 0 if known else 1  # the licences
    people = photos = 0
    for user in plan.users:
        row = known.get(str(names.get(user, user)))
        queries += user not in names and "@" not in user
        if row is None or (row.state == "open" and row.entries < a_person):
            people += 1
            queries += pages - (0 if row is None else row.page - 1)
            photos += a_person - (0 if row is None else row.entries)
    if plan.random:
        taken = 0 if collection is None else collection.count("SELECT count(*) FROM candidates WHERE state = 'taken'")
        missing = max(0, plan.random - taken)
        people += missing
        queries += missing * (CHECKED_FOR_ONE + pages - 1)
        photos += missing * a_person
    here = pictures_here = raw_here = 0
    if collection is not None:
        here = collection.count("SELECT count(DISTINCT photo_id) FROM entries")
        pictures_here = collection.count("SELECT count(*) FROM files WHERE path IS NOT NULL OR lasting")
        raw_here = collection.count("SELECT count(*) FROM photos WHERE raw_tags IS NOT NULL")
    if plan.raw_tags:
        queries += photos + here - raw_here
    pictures = photos + here - pictures_here if plan.pictures else 0
    return Estimate(
        people=people,
        queries=queries,
        hours=max(0, queries - per_hour) / per_hour + pictures / _PICTURES_A_SECOND / 3600,
        pictures=pictures,
        bytes=pictures * plan.size.bytes,
        guessed=bool(plan.random) or plan.photos is None,
    )
