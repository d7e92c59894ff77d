"""What an experiment leaves out: every case with its name and its reason, and the counts of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Why(StrEnum):
    """Kinds of exclusions, in the order in which they are told."""

    TABLE_ROWS = "table_rows_refused"
    PHOTOS_FAILED = "photos_failed"
    PHOTOS_DUPLICATE = "photos_duplicate"
    TAGS_NOT_SPLIT = "photos_whose_tags_are_not_split"
    REFERENCE_ROWS = "reference_rows_refused"
    NO_PHOTOS = "users_without_photos"
    FEW_PHOTOS = "users_with_few_photos"
    NO_TAGS = "users_without_tags"
    FEW_TAGS = "users_with_few_tags"
    NO_MEANING = "users_whose_tags_have_no_domain"
    FEW_DOMAINS = "users_with_few_domains"
    NOT_IN_REFERENCE = "users_not_in_reference"
    NOT_IN_TABLE = "reference_users_without_photos"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One thing left out.

    Attributes:
        reason: one sentence.
        photo_id: None where a whole user, or a row of a reference, is meant.
    """

    why: Why
    user_id: str | None
    photo_id: str | None
    reason: str


def counted(exclusions: Iterable[Exclusion]) -> dict[str, int]:
    """How many of each kind, all kinds named."""
    counts = Counter(exclusion.why for exclusion in exclusions)
    return {why.value: counts[why] for why in Why}
