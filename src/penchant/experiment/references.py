"""Reference profiles: what people say themselves, from their tags, from a column of the table, or from a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from penchant.errors import UsageError
from penchant.experiment.exclusions import Exclusion, Why
from penchant.experiment.remembered import find_tags, keep_tags, name_of_tags
from penchant.profiles.tagged import PhotoTags, TagProfiles, add_up_tags
from penchant.recognition import file_sha256
from penchant.sources.columns import FIRST_ROW, read_columns
from penchant.tagging import photo_tags
from penchant.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from penchant.semantics.ontology import Ontology
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.tagging import Protocol
    from penchant.types import Photo


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Reference profiles of the users, whatever they come from.

    Attributes:
        name: for reports ("tags, as the default reads them").
        weights: [users, domains]; a row of zeros for a user of whom nothing is known.
        photos: [photos, domains] what each photo gave, or None where users are known only as a whole.
        tags: [users] how many tags stand behind it, or None.
        words: what became of the tags, for the report.
    """

    name: str
    weights: NDArray[np.float64]
    photos: NDArray[np.float64] | None = None
    tags: NDArray[np.int64] | None = None
    words: Mapping[str, int] = field(default_factory=dict)


def from_tags(
    photos: Sequence[Photo],
    ontology: Ontology,
    *,
    protocol: Protocol,
    paper: PaperGeneraliser | None = None,
    kept_in: Path | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Reference:
    """From the tags of the users' photos; arguments as `tagging.photo_tags`.

    Args:
        kept_in: a folder where answers are kept, and found again; but not BabelNet's, which has a cache of its own.
    """
    name = read = None
    embedded = paper is None or paper.name == "paper"
    if kept_in is not None and (protocol == "default" or embedded):
        way = protocol if protocol == "default" or paper is None else f"{protocol}, keyless: {paper.keyless}"
        name = name_of_tags([photo.tags for photo in photos], file_sha256(ontology.taxonomy.path), way=way)
        read = find_tags(kept_in, name)
    if read is None:
        read = photo_tags(photos, ontology, protocol=protocol, paper=paper, on_progress=on_progress)
        if kept_in is not None and name is not None:
            keep_tags(kept_in, name, read)
    return _of_photos(f"tags, as the {protocol} protocol reads them", photos, read)


def from_column(
    photos: Sequence[Photo],
    cells: Mapping[tuple[str | None, str], tuple[str, ...]],
    ontology: Ontology,
    *,
    column: str,
    protocol: Protocol,
    paper: PaperGeneraliser | None = None,
) -> Reference:
    """From a column of the table in the place of tags.

    A cell holds domains, by code or name, or words, which are then read as tags are; several are a list, or apart by ;.

    Args:
        cells: what the column says of each photo, by user and photo.
        column: its name.
    """
    domains = _named(ontology.taxonomy)
    named = np.zeros((len(photos), len(ontology.taxonomy.domains)))
    words = []
    for row, photo in enumerate(photos):
        rest = []
        for text in cells.get((photo.user_id, photo.photo_id), ()):
            place = domains.get(text.casefold())
            if place is None:
                rest.append(text)
            else:
                named[row, place] += 1
        words.append(replace(photo, tags=tuple(rest)))
    read = photo_tags(words, ontology, protocol=protocol, paper=paper)
    count = named.sum(axis=1).astype(np.int64)
    votes = read.meaning if protocol == "default" else np.ones(len(photos), np.int64)
    weights = named + read.weights * votes[:, None]
    if protocol == "default":
        total = weights.sum(axis=1, keepdims=True)
        weights = weights / np.where(total > 0, total, 1.0)
    both = PhotoTags(weights, read.typed + count, read.kept + count, read.meaning + count, read.dropped)
    return _of_photos(f"the column {column}, as the {protocol} protocol reads tags", photos, both)


def from_file(path: Path, users: Sequence[str | None], taxonomy: Taxonomy) -> tuple[Reference, tuple[Exclusion, ...]]:
    """From a table of profiles: `user_id`, `domain` (its code or name), `weight`; several rows of a domain add up.

    Rows that can't be used are left out and named.

    Raises:
        SourceError: the file can't be read, or lacks a column.
        UsageError: no row of it can be used for these users.
    """
    domains = _named(taxonomy)
    row_of = {user or "": row for row, user in enumerate(users)}
    weights = np.zeros((len(users), len(taxonomy.domains)))
    left_out: list[Exclusion] = []
    strangers: dict[str, None] = {}
    for number, cells in enumerate(read_columns(str(path), ("user_id", "domain", "weight")), start=FIRST_ROW):
        where = f"row {number} of {printable(path.name)}"
        problem = cells if isinstance(cells, str) else None
        user = domain = None
        weight = 1.0
        if not isinstance(cells, str):
            user = _text(cells.get("user_id"))
            domain = domains.get(_text(cells.get("domain")).casefold())
            weight, problem = _weight(cells.get("weight"))
            if domain is None:
                shown = printable(_text(cells.get("domain")))
                problem = f"there is no domain {shown!r} in {taxonomy.name}" if shown else "it names no domain"
            if not user and "" not in row_of:
                problem = "it names no user"
        if problem is not None or domain is None or user is None:
            left_out.append(Exclusion(Why.REFERENCE_ROWS, user or None, None, f"{where}: {problem}"))
        elif user not in row_of:
            strangers[user] = None
        else:
            weights[row_of[user], domain] += weight
    left_out += [Exclusion(Why.NOT_IN_TABLE, user, None, "the table has no photo of this user") for user in strangers]
    if not weights.any():
        first = f": {left_out[0].reason}" if left_out else ""
        raise UsageError(f"--reference {path}: no row of it tells of a user of the table{first}")
    return Reference(printable(path.name), weights), tuple(left_out)


def _of_photos(name: str, photos: Sequence[Photo], read: PhotoTags) -> Reference:
    profiles: TagProfiles = add_up_tags([photo.user_id for photo in photos], read)
    words = {
        "typed": int(read.typed.sum()),
        "kept": int(read.kept.sum()),
        "with_domain": int(read.meaning.sum()),
        **{f"dropped_{reason}": count for reason, count in read.dropped.items()},
        "photos_without_tags": int(np.sum(read.typed == 0)),
    }
    return Reference(name, profiles.weights, photos=read.weights, tags=profiles.tags, words=words)


def _named(taxonomy: Taxonomy) -> dict[str, int]:
    named = {domain.name.casefold(): place for place, domain in enumerate(taxonomy.domains)}
    return {**named, **{domain.code.casefold(): place for place, domain in enumerate(taxonomy.domains)}}


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _weight(value: object) -> tuple[float, str | None]:
    if value is None or value == "":
        return 1.0, None
    try:
        weight = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0, f"its weight is {printable(str(value))!r}, not a number"
    if not 0 <= weight < float("inf"):
        return 0.0, f"its weight is {weight}: weights are 0 or more"
    return weight, None
