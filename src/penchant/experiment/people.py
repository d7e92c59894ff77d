"""The people of an experiment: their photos, what was left out of them, and who is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from penchant.experiment.exclusions import Exclusion, Why
from penchant.profiles.tagged import user_rows
from penchant.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from penchant.experiment.looking import Looked
    from penchant.experiment.plan import Selecting
    from penchant.experiment.references import Reference
    from penchant.types import Listing, Photo


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Users and their photos, in the order of user and photo.

    Attributes:
        users: their names.
        owner: [photos] each one's place in `users`.
    """

    users: tuple[str | None, ...]
    photos: tuple[Photo, ...]
    owner: NDArray[np.int64]

    @staticmethod
    def of(photos: Sequence[Photo]) -> People:
        """The owners of these photos."""
        ordered = tuple(sorted(photos, key=lambda p: (p.user_id is not None, p.user_id or "", p.photo_id)))
        return _people(ordered)

    def select(self, mask: NDArray[np.bool_]) -> People:
        """Those of the photos, and their owners."""
        return _people([photo for photo, kept in zip(self.photos, mask, strict=True) if kept])


def _people(ordered: Sequence[Photo]) -> People:
    users, owner = user_rows([photo.user_id for photo in ordered])
    return People(users, tuple(ordered), owner)


def refused_rows(listing: Listing) -> list[Exclusion]:
    """Rows of the tables that name no usable picture."""
    return [Exclusion(Why.TABLE_ROWS, f.user_id, f.photo_id, f.error) for f in listing.failures]


def unusable(people: People, looked: Sequence[Looked]) -> tuple[NDArray[np.bool_], list[Exclusion]]:
    """[photos]: those that count for every network; and the others, with their reasons."""
    keep = np.logical_and.reduce([one.counted for one in looked])
    left_out = []
    for place in np.flatnonzero(~keep).tolist():
        photo = people.photos[place]
        error = next((one.error[place] for one in looked if place in one.error), None)
        why = Why.PHOTOS_DUPLICATE if error is None else Why.PHOTOS_FAILED
        reason = error or "another photo of this user has the same bytes"
        left_out.append(Exclusion(why, photo.user_id, photo.photo_id, reason))
    return keep, left_out


def not_split(photos: Sequence[Photo]) -> list[Exclusion]:
    """Photos whose only tag looks like many: another separator than the table's was typed, so their words are lost.

    Tags may hold commas ("Paris, France"), so one comma isn't enough.
    """
    left_out = []
    for photo in photos:
        if len(photo.tags) == 1:
            tag = photo.tags[0]
            sign = "|" if "|" in tag else "," if tag.count(",") > 1 else None
            if sign is not None:
                reason = f"its tags are apart by {sign!r}, not by ';', and were read as one: {printable(tag)[:60]!r}"
                left_out.append(Exclusion(Why.TAGS_NOT_SPLIT, photo.user_id, photo.photo_id, reason))
    return left_out


def without_photos(listing: Listing, before: tuple[str | None, ...], after: tuple[str | None, ...]) -> list[Exclusion]:
    """Users of whom no picture is left, among them those of whom none could even be listed."""
    named = {f.user_id for f in listing.failures if f.user_id is not None} | set(before)
    gone = sorted(named - set(after), key=lambda user: user or "")
    return [Exclusion(Why.NO_PHOTOS, user, None, "no picture of this user can be used") for user in gone]


def scored_users(
    people: People, references: Sequence[Reference], selecting: Selecting, *, from_file: bool
) -> tuple[NDArray[np.bool_], list[Exclusion]]:
    """[users]: who is scored; and the others, with the first reason that holds."""
    photos = np.bincount(people.owner, minlength=len(people.users))
    tags = np.max([_tags(one, len(people.users)) for one in references], axis=0)
    domains = np.max([np.sum(one.weights > 0, axis=1) for one in references], axis=0)
    keep = np.ones(len(people.users), np.bool_)
    left_out = []
    for row, user in enumerate(people.users):
        found = _against(int(photos[row]), int(tags[row]), int(domains[row]), selecting, from_file=from_file)
        if found is not None:
            keep[row] = False
            left_out.append(Exclusion(found[0], user, None, found[1]))
    return keep, left_out


def _tags(reference: Reference, users: int) -> NDArray[np.int64]:
    return np.full(users, np.iinfo(np.int64).max) if reference.tags is None else reference.tags


def _against(photos: int, tags: int, domains: int, selecting: Selecting, *, from_file: bool) -> tuple[Why, str] | None:
    if photos < selecting.min_photos:
        return Why.FEW_PHOTOS, f"{photos:,} usable photos, fewer than --min-photos {selecting.min_photos:,}"
    if tags == 0:
        return Why.NO_TAGS, "none of the photos has a tag"
    if tags < selecting.min_tags:
        return Why.FEW_TAGS, f"{tags:,} tags, fewer than --min-tags {selecting.min_tags:,}"
    if domains == 0 and from_file:
        return Why.NOT_IN_REFERENCE, "the reference says nothing of this user"
    if domains == 0:
        return Why.NO_MEANING, f"none of the {tags:,} tags has a domain"
    if domains < selecting.min_domains:
        return (
            Why.FEW_DOMAINS,
            f"{domains:,} domains in the reference, fewer than --min-domains {selecting.min_domains:,}",
        )
    return None
