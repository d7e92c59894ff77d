"""The values that the formats of exports share, and small readers of what JSON holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from penchant.text import valid_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penchant.sources.gathering import SideFile
    from penchant.sources.holdings import Details, Link, Place
    from penchant.types import Failure, Photo

_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON file that was read."""

    side: SideFile
    value: Any


@dataclass(frozen=True, slots=True)
class Findings:
    """What one format found.

    Attributes:
        details: what it says of pictures, by their place.
        members: the pictures that belong to the export, described or not.
        dropped: pictures that are another's edited copy, and don't count.
        links, topics, notes, owner: as in `Holdings`; notes become those of the listing.
    """

    details: Mapping[Place, Details] = field(default_factory=dict)
    members: frozenset[Place] = frozenset()
    dropped: frozenset[Place] = frozenset()
    links: tuple[Link, ...] = ()
    topics: tuple[str, ...] = ()
    notes: tuple[Failure, ...] = ()
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """A format of exports.

    Attributes:
        name: for people.
        claims: whether a document is this format's.
        read: joins its documents to the pictures.
        keep: what to keep of a claimed document's value until it is read; there may be a hundred thousand of them.
    """

    name: str
    claims: Callable[[Document], bool]
    read: Callable[[list[Document], list[Photo]], Findings]
    keep: Callable[[Any], Any] = lambda value: value


def text(value: Any) -> str | None:
    """A value as trimmed valid text, None where it is empty or no text; numbers are text too, as ids often are."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return valid_text(value).strip() or None if isinstance(value, str) else None


def only(value: Any, *keys: str) -> Any:
    """An object with these keys alone; any other value as it is."""
    return {key: value[key] for key in keys if key in value} if isinstance(value, dict) else value


def items(value: Any) -> list[Any]:
    """A list as it is, nothing for any other value."""
    return value if isinstance(value, list) else []


def fields(value: Any) -> dict[str, Any]:
    """An object as it is, an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def objects(value: Any, *, deepest: int = _DEEPEST) -> Iterator[tuple[dict[str, Any], tuple[dict[str, Any], ...]]]:
    """All objects in a document in their order, each with those around it, the nearest first."""
    pending: list[tuple[Any, tuple[dict[str, Any], ...]]] = [(value, ())]
    while pending:
        here, around = pending.pop()
        if len(around) > deepest:
            continue
        if isinstance(here, dict):
            yield here, around
            pending.extend(
                (inner, (here, *around)) for inner in reversed(here.values()) if isinstance(inner, dict | list)
            )
        elif isinstance(here, list):
            pending.extend((inner, around) for inner in reversed(here) if isinstance(inner, dict | list))
