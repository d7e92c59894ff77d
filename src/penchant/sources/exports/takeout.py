"""Google Takeout's photos: beside each picture a JSON file that says what it is.

    IMG_1.jpg  IMG_1.jpg.supplemental-metadata.json   {"title": "IMG_1.jpg", "description": "", "photoTakenTime": {...}}

A name has 51 characters at most, so that the JSON's is cut anywhere ("….jpg.supplemental-me.json", "….jpg.json",
"…a-long-nam.json"), and a second file of a name gets a counter that stands elsewhere than the picture's:
"IMG_1(1).jpg" belongs to "IMG_1.jpg.supplemental-metadata(1).json". An edited copy ("IMG_1-edited.jpg") has no JSON.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from penchant.sources.exports.documents import Document, Export, Findings, fields, items, only, text
from penchant.sources.exports.hashtags import hashtags
from penchant.sources.holdings import Details, Place, place_of
from penchant.sources.names import split_place, suffix_of
from penchant.text import printable
from penchant.types import Failure

if TYPE_CHECKING:
    from penchant.types import Photo

_WORD = "supplemental-metadata"
_LONGEST = 46  # characters of the JSON's name before ".json"
_COUNTER = re.compile(r"\((\d{1,4})\)$")
_ROOT = "Takeout/"
_EDITED = re.compile(
    r"-(edited|bearbeitet|modifié|editado|ha editado|editada|edytowane|bewerkt|modificato|redigerad|redigert|redigeret"
    r"|muokattu|upraveno|düzenlendi|изменено|編集済み|已修改|수정됨)$"
)
_TIMES = ("photoTakenTime", "creationTime", "geoData", "googlePhotosOrigin")


@dataclass(frozen=True, slots=True)
class _Folder:
    """The pictures of one folder by name: as they stand, as (name without counter, counter), and so without suffix."""

    by_name: dict[str, Place] = field(default_factory=dict)
    counted: dict[tuple[str, str], Place] = field(default_factory=dict)
    stems: dict[tuple[str, str], Place] = field(default_factory=dict)
    sorted_names: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, place: Place) -> None:
        self.by_name.setdefault(name, place)
        whole, counter = _uncounted(name)
        self.counted.setdefault((whole, counter), place)
        self.stems.setdefault((whole.rpartition(".")[0], counter), place)

    def find(self, name: str, title: str | None) -> Place | None:
        """The picture to which a JSON file of that name, without ".json", belongs."""
        stem, counter = _split_counter(name)
        at = len(stem)
        while at > 0:  # "a.jpg.suppl" → ("a.jpg", "suppl"), from the right
            whole, _, rest = stem[:at], stem[at : at + 1], stem[at + 1 :]
            if _WORD.startswith(rest) and (found := self._picture(whole, counter)) is not None:
                return found
            at = stem.rfind(".", 0, at)
        return self._cut(stem, counter, title)

    def _picture(self, name: str, counter: str) -> Place | None:
        found = self.counted.get((name, counter))
        # The counter may also stand where the picture's stands.
        return self.by_name.get(name) if found is None and not counter else found

    def _cut(self, stem: str, counter: str, title: str | None) -> Place | None:
        """A picture whose own name was cut: the one that the JSON's name begins, the only one, or the title's."""
        if len(stem) + len(f"({counter})" if counter else "") < _LONGEST:
            return None
        if not self.sorted_names:
            self.sorted_names.extend(sorted(self.counted))
        names = []
        for name in self.sorted_names[bisect_left(self.sorted_names, (stem, "")) :]:
            if not name[0].startswith(stem):
                break
            if name[1] == counter:
                names.append(name)
        if len(names) > 1 and title is not None:
            names = [name for name in names if title.startswith(name[0].rpartition(".")[0])]
        return self.counted[names[0]] if len(names) == 1 else None


def _split_counter(stem: str) -> tuple[str, str]:
    found = _COUNTER.search(stem)
    return (stem[: found.start()], found[1]) if found else (stem, "")


def _uncounted(name: str) -> tuple[str, str]:
    """("IMG.jpg", "1") of "IMG(1).jpg"."""
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return _split_counter(name)
    stem, counter = _split_counter(stem)
    return f"{stem}.{suffix}", counter


def _claims(document: Document) -> bool:
    value = document.value
    return (
        isinstance(value, dict)
        and isinstance(value.get("title"), str)
        and any(isinstance(value.get(key), dict) for key in _TIMES)
    )


def _read(documents: list[Document], photos: list[Photo]) -> Findings:
    exact: dict[str, _Folder] = defaultdict(_Folder)
    homes: dict[str, _Folder] = defaultdict(_Folder)
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        exact[folder].add(name, place_of(photo))
        homes[_home(folder, photo.member)].add(name, place_of(photo))
    details: dict[Place, Details] = {}
    notes: list[Failure] = []
    here: set[str] = set()
    for document in documents:
        folder, name = document.side.place
        home = _home(folder, document.side.member)
        stem = name[: -len(".json")]
        title = text(document.value.get("title"))
        found = exact[folder].find(stem, title) if folder in exact else None
        if found is None and home in homes:
            found = homes[home].find(stem, title)
        if found is not None:
            details.setdefault(found, _details(document.value))
            here.update((folder, home))
        elif _is_picture(title):
            notes.append(Failure(document.side.shown, _missing(title)))
    members: set[Place] = set()
    dropped: set[Place] = set()
    for photo in photos:
        folder, name = split_place(photo.path, photo.member)
        if folder not in here and _home(folder, photo.member) not in here:
            continue
        members.add(place_of(photo))
        if place_of(photo) in details:
            continue
        original = _original(exact[folder], name) or _original(homes[_home(folder, photo.member)], name)
        if original in details:
            details[place_of(photo)] = details[original]
            dropped.add(original)  # the person's own choice is the edited one
        else:
            notes.append(Failure(photo.photo_id, "no metadata: no JSON file of the export belongs to it"))
    return Findings(details, frozenset(members), frozenset(dropped), notes=tuple(notes))


def _original(folder: _Folder, name: str) -> Place | None:
    """The picture of which this one is an edited copy."""
    whole, counter = _uncounted(name)
    stem = whole.rpartition(".")[0]
    found = _EDITED.search(stem)
    # By the stem, because a HEIC's edited copy is a JPEG.
    return folder.stems.get((stem[: found.start()], counter)) if found else None


def _home(folder: str, member: str | None) -> str:
    """A folder by its place in the export, which is the same in all of the export's archives."""
    start = folder.rfind(_ROOT)
    if start >= 0:
        return folder[start + len(_ROOT) :]
    return folder if member is None else member.replace("\\", "/").rpartition("/")[0]


def _is_picture(title: str | None) -> bool:
    from penchant.sources.formats import PICTURE_SUFFIXES

    return title is not None and suffix_of(title) in PICTURE_SUFFIXES


def _missing(title: str | None) -> str:
    return f"its picture {printable(title or '')} is not here; the export may have further archives"


def _details(value: dict[str, Any]) -> Details:
    description = text(value.get("description"))
    people = [name for person in items(value.get("people")) if (name := text(fields(person).get("name")))]
    return Details(
        title=text(value.get("title")),
        description=description,
        tags=hashtags(description),
        people=tuple(dict.fromkeys(people)),
        favourite=value.get("favorited") is True,  # absent where it is false
        taken=_time(fields(value.get("photoTakenTime")).get("timestamp")),
        page=text(value.get("url")),
    )


def _time(seconds: Any) -> str | None:
    """Seconds since 1970, as text, as ISO 8601."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).isoformat()
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _keep(value: Any) -> Any:
    return only(value, "title", "description", "people", "favorited", "photoTakenTime", "url")


TAKEOUT = Export("Google Takeout", _claims, _read, _keep)
