"""What is known about the photos of a source, beside the photos."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from penchant.types import Listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penchant.types import Photo

Place: TypeAlias = tuple[str, str | None]
"""Where a picture is: its file or archive, and the entry in it."""


@dataclass(frozen=True, slots=True)
class Details:
    """What an export or a photo manager says about one picture.

    Attributes:
        id: its number at the service.
        tags: what people typed, raw.
        keywords: hierarchical keywords, whole ("Animals|Dog|Beagle").
        people: who is on it, by the names that the person gave them.
        taken: when, as ISO 8601 where the source allows.
        page: its page at the service.
        url: where the picture itself can be fetched.
    """

    id: str | None = None
    title: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    favourite: bool | None = None
    taken: str | None = None
    licence: str | None = None
    page: str | None = None
    url: str | None = None


NO_DETAILS = Details()


@dataclass(frozen=True, slots=True)
class Link:
    """A picture that an export names without holding it.

    Attributes:
        kind: why it is named: "favourite", "like", "saved", "own" (the person's, in no archive given), "failed" (a
            download that failed).
    """

    kind: str
    details: Details


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of source that was recognised.

    Attributes:
        name: for people ("Google Takeout").
        pictures: how many pictures belong to it.
        described: for how many of them it says something.
        unit: what it says of them ("metadata").
    """

    name: str
    pictures: int
    described: int
    unit: str = "metadata"


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a source holds.

    Attributes:
        listing: the photos, with their tags, and what could not be used.
        details: what else is known of a picture, by its place.
        kinds: what was recognised; none for plain pictures and tables.
        links: pictures that are named only.
        topics: interests that a service has inferred by itself.
        owner: the person's name or number at the service, where an export says it.
        described: the pictures that a table named, which says by itself what their tags are.
    """

    listing: Listing = field(default_factory=Listing)
    details: Mapping[Place, Details] = field(default_factory=dict)
    kinds: tuple[Kind, ...] = ()
    links: tuple[Link, ...] = ()
    topics: tuple[str, ...] = ()
    owner: str | None = None
    described: frozenset[Place] = frozenset()


def place_of(photo: Photo) -> Place:
    """Where a photo's picture is."""
    return photo.path, photo.member
