"""File names as a report shows them: without the folders that all pictures share, and without a home folder.

A page may be given to others, and where somebody's home folder is and what it is called is nobody's business.
"""

from __future__ import annotations

import re
from os.path import commonprefix
from typing import TYPE_CHECKING

from penchant.report.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penchant.types import Profile

_ABSOLUTE = re.compile(r"^(?:/|\\\\|[A-Za-z]:[\\/])")
_WINDOWS = re.compile(r"^(?:\\\\|[A-Za-z]:[\\/])")  # elsewhere a backslash belongs to a name, or escapes a byte of it
_HOME = re.compile(
    r"(?:^|(?<=[\s'\"(=:,]))"
    r"(?:/(?:home|Users|media|run/media)/[^/\s]+|/root|[A-Za-z]:[\\/]Users[\\/][^\\/]+)(?=[\\/])"
)
_SHARED_ROOT = re.compile(
    r"^(?:/|/(?:home|Users|media|mnt|run|run/media|tmp|var)/|[A-Za-z]:[\\/](?:Users[\\/])?|\\\\)$"
)


class Names:
    """Shortens the paths of one profile.

    Args:
        places: all paths and photo ids that the report will show.
    """

    def __init__(self, places: Iterable[str]) -> None:
        known = list(dict.fromkeys(places))
        groups = (
            [place for place in known if _ABSOLUTE.match(place)],
            [place for place in known if not _ABSOLUTE.match(place)],
        )
        parents = (_common_parent(group) for group in groups)
        self._parents = tuple(parent for parent in parents if parent and not _SHARED_ROOT.match(parent))

    @classmethod
    def of(cls, profile: Profile) -> Names:
        """The names of everything that a profile speaks of."""
        return cls(
            [
                *(item.path or item.photo_id for domain in profile.domains for item in domain.evidence),
                *(failure.photo_id for failure in profile.failures),
                *(name for pair in profile.duplicates for name in (pair.photo_id, pair.same_as)),
            ]
        )

    def short(self, place: str) -> str:
        """A path or photo id, safe to show."""
        for parent in self._parents:
            if place.startswith(parent) and len(place) > len(parent):
                return visible(place[len(parent) :])
        return visible(_HOME.sub("~", place))

    def within(self, text: str) -> str:
        """A sentence that may quote paths, safe to show."""
        for parent in self._parents:
            if _ABSOLUTE.match(parent):
                text = text.replace(parent, "")
        return visible(_HOME.sub("~", text))


def _common_parent(places: list[str]) -> str:
    prefix = commonprefix(places)  # noqa: RUF071 - cut at a separator below; commonpath knows one system's only
    separators = "/\\" if _WINDOWS.match(prefix) else "/"
    return prefix[: max(prefix.rfind(separator) for separator in separators) + 1]
