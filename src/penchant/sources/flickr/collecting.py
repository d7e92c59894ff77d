"""A collection from its beginning to its table, or from wherever it was.

people ──> lists ──> tags as typed ──> pictures ──> table

What fails costs itself: it is told, and asked for again by the next call unless it failed for good. When Flickr leaves
several requests in a row without an answer, nothing more is asked of it in this call.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from penchant.errors import RefusedError, ServiceError
from penchant.sources.flickr import crawl
from penchant.sources.flickr.people import Chance, resolve
from penchant.sources.flickr.pictures import fetch_pictures, remove_pictures, wanted_pictures
from penchant.sources.flickr.plan import keep_plan
from penchant.sources.flickr.table import NAME, write_table
from penchant.types import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from penchant.sources.fetch import FetchOptions
    from penchant.sources.flickr.client import FlickrClient
    from penchant.sources.flickr.pictures import AtomicFile
    from penchant.sources.flickr.plan import Plan
    from penchant.sources.flickr.state import Collection

    Stage: TypeAlias = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
    """Shows how far a stage is: called with its name and its length, the value given with how much is done."""

_T = TypeVar("_T")

STRIKES = 3
"""So many requests in a row that got no answer in all their tries end the questions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call has come to.

    Attributes:
        table: where it is.
        people: with at least one photo in the collection.
        photos: rows of the table.
        pictures: on disk.
        videos: left out, as they are no pictures.
        removed: photos that turned private or vanished.
        failures: what was left out, and why.
        unfinished: whether the same call would do more, later.
    """

    table: Path
    people: int
    photos: int
    pictures: int
    videos: int
    removed: int
    failures: tuple[Failure, ...]
    unfinished: bool


class Collecting:
    """One call's work on a collection.

    Args:
        plan: what is to be collected.
        collection: where; nobody else may be writing to it.
        client: who is asked.
        fetch: how pictures are fetched.
        atomic_file: a file that appears whole or not at all.
        stage: shows how far it is.
        pseudonym: what users are called in the table.
        now: seconds since 1970, where chance begins.
    """

    def __init__(
        self,
        plan: Plan,
        collection: Collection,
        client: FlickrClient,
        *,
        fetch: FetchOptions,
        atomic_file: AtomicFile,
        stage: Stage,
        now: Callable[[], float],
        pseudonym: Callable[[str], str] | None = None,
    ) -> None:
        self._plan = plan
        self._collection = collection
        self._client = client
        self._fetch = fetch
        self._atomic_file = atomic_file
        self._stage = stage
        self._now = now
        self._pseudonym = pseudonym
        self._failures: list[Failure] = []
        self._strikes = 0
        self._unfinished = False

    def collect(self) -> Outcome:
        """Does what the plan wants and the collection lacks, and writes the table.

        Raises:
            RefusedError: Flickr refuses the key.
            StorageError, UsageError: as the collection does.
        """
        chance = Chance(self._client, self._collection, self._plan, now=self._now) if self._plan.random else None
        keep_plan(self._collection, self._plan)  # which has been found to fit the collection
        licences = self._licences()
        self._people()
        if chance is not None:
            self._people_at_random(chance)
        self._lists()
        if self._plan.raw_tags:
            self._raw_tags()
        remove_pictures(self._collection)  # of photos that vanished meanwhile, or of a call that was cut off
        if self._plan.pictures:
            self._pictures()
        return self._outcome(licences, removed=0)

    def refresh(self) -> Outcome:
        """Removes what turned private or vanished, brings the rest up to date, and writes the table.

        Goes on where an earlier refresh was cut off. Raises as `collect` does.
        """
        licences = self._licences()
        collection = self._collection
        stamp = int(collection.fact("refresh") or 0)
        if not stamp:
            stamp = collection.count("SELECT ifnull(max(checked), 0) + 1 FROM lists")
            collection.set_fact("refresh", str(stamp))
        due = [row for row in collection.lists() if row.state != "absent" and row.entries]
        left = [r for r in due if collection.count("SELECT checked < ? FROM lists WHERE place = ?", (stamp, r.number))]
        removed = 0
        with self._stage("Looking again", len(left)) as show:
            for done, row in enumerate(self._while_answering(left), start=1):
                with self._costs_only(row.user_id):
                    removed += sum(1 for _ in crawl.refresh_list(self._client, collection, row, stamp))
                show(done)
        if not self._unfinished:
            collection.set_fact("refresh", "0")
        remove_pictures(collection)
        return self._outcome(licences, removed=removed)

    # ---- the stages

    def _licences(self) -> dict[int, tuple[str, str]]:
        """What the service says of its licences; asked once a collection."""
        kept = self._collection.fact("licences")
        if kept is None:
            try:
                said = self._client.licences()
            except RefusedError:
                raise
            except ServiceError:  # the names that are built in serve; the next call asks again
                self._strikes += 1
                return {}
            kept = json.dumps([[number, *words] for number, words in said.items()])
            self._collection.set_fact("licences", kept)
        return {number: (name, address) for number, name, address in json.loads(kept)}

    def _people(self) -> None:
        for asked in self._while_answering(self._plan.users):
            with self._costs_only(asked):
                user_id = resolve(self._client, self._collection, asked)
                if user_id is None:
                    self._failures.append(Failure(asked, "Flickr knows no such user"))
                else:
                    self._collection.add_list(user_id, self._plan.kind)

    def _people_at_random(self, chance: Chance) -> None:
        with self._stage("Choosing people", self._plan.random) as show:
            while self._strikes < STRIKES:
                with self._costs_only("people at random"):
                    for user_id in chance.choose():
                        self._strikes = 0
                        if self._plan.own:
                            self._collection.add_list(user_id, self._plan.kind)
                        show(self._chosen())
                    break
        if self._strikes < STRIKES and self._chosen() < self._plan.random:
            found = f"only {self._chosen():,} of {self._plan.random:,} were found: Flickr gives no new candidates"
            self._failures.append(Failure("people at random", found))
        if self._plan.own:  # also of those who were taken just before an earlier call was cut off
            for (taken,) in self._collection.rows("SELECT user_id FROM candidates WHERE state = 'taken'"):
                self._collection.add_list(str(taken), self._plan.kind)

    def _chosen(self) -> int:
        return self._collection.count("SELECT count(*) FROM candidates WHERE state = 'taken'")

    def _lists(self) -> None:
        collection, plan = self._collection, self._plan
        crawl.reopen(collection, plan.photos)
        rows = [row for row in collection.lists(kind=plan.kind) if crawl.is_wanting(row, plan.photos)]
        with self._stage("Photos", len(rows)) as show:
            for done, first in enumerate(self._while_answering(rows), start=1):
                with self._costs_only(first.user_id):
                    row = first
                    while crawl.is_wanting(row, plan.photos):
                        crawl.read_page(self._client, collection, row, plan.photos)
                        row = collection.list_of(row.user_id, plan.kind)
                        self._strikes = 0
                show(done)

    def _raw_tags(self) -> None:
        wanted = crawl.without_raw_tags(self._collection)
        with self._stage("Tags as typed", len(wanted)) as show:
            for done, photo_id in enumerate(self._while_answering(wanted), start=1):
                with self._costs_only(photo_id):
                    crawl.read_raw_tags(self._client, self._collection, photo_id)
                show(done)

    def _pictures(self) -> None:
        wanted = wanted_pictures(self._collection, self._plan.size)
        with self._stage("Pictures", len(wanted)) as show:
            fetched = fetch_pictures(self._collection, wanted, self._fetch, atomic_file=self._atomic_file)
            for done, _ in enumerate(fetched, start=1):
                show(done)

    def _outcome(self, licences: dict[int, tuple[str, str]], *, removed: int) -> Outcome:
        collection, plan = self._collection, self._plan
        with self._atomic_file(collection.folder / NAME) as file:
            photos = write_table(
                collection, plan, file, endpoint=self._client.url, licences=licences, pseudonym=self._pseudonym
            )
        failures = [*self._failures, *_absent(collection), *_odd(collection)]
        passing = 0
        if plan.pictures:
            for photo_id, error, lasting in collection.rows(
                "SELECT photo_id, error, lasting FROM files WHERE error IS NOT NULL ORDER BY photo_id"
            ):
                failures.append(Failure(str(photo_id), f"its picture: {error}"))
                passing += not lasting
        return Outcome(
            table=collection.folder / NAME,
            people=collection.count("SELECT count(DISTINCT l.user_id) FROM lists l JOIN entries e ON e.list = l.place"),
            photos=photos,
            pictures=collection.count("SELECT count(*) FROM files WHERE path IS NOT NULL"),
            videos=collection.count("SELECT count(*) FROM odd WHERE error = 'a video'"),
            removed=removed,
            failures=tuple(failures),
            unfinished=self._unfinished or passing > 0,
        )

    # ---- failures

    def _while_answering(self, wanted: list[_T] | tuple[_T, ...]) -> Iterator[_T]:
        """What is wanted, until Flickr has left too many requests in a row without an answer."""
        for done, element in enumerate(wanted):
            if self._strikes >= STRIKES:
                self._failures.append(
                    Failure(
                        f"{len(wanted) - done:,} more", "not asked for, as Flickr gives no answers: run again later"
                    )
                )
                self._unfinished = True
                return
            yield element

    @contextmanager
    def _costs_only(self, name: str) -> Iterator[None]:
        """A failure in the block is told, and the work goes on; a refused key ends it."""
        try:
            yield
        except RefusedError:
            raise
        except ServiceError as error:
            self._strikes += 1
            self._unfinished = True
            self._failures.append(Failure(name, f"{error}; run again later"))
        else:
            self._strikes = 0


def _absent(collection: Collection) -> Iterator[Failure]:
    for row in collection.lists():
        if row.state == "absent":
            yield Failure(row.user_id, row.error or "Flickr knows no such user")


def _odd(collection: Collection) -> Iterator[Failure]:
    for user_id, name, error in collection.rows(
        "SELECT l.user_id, o.name, o.error FROM odd o JOIN lists l ON l.place = o.list WHERE o.error != 'a video'"
    ):
        yield Failure(str(name), str(error), str(user_id))
