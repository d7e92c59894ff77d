"""The visitor's own words: tags that they typed, or keywords that stand in their pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penchant.report import wording
from penchant.report.html_words import words_section
from penchant.types import Photo

if TYPE_CHECKING:
    from penchant.report.html_words import Words
    from penchant.types import Profile
    from penchant.web.jobs import Job, JobStore

_MOST_TAGS = 2000


def spoken_photos(job: Job, store: JobStore) -> list[Photo]:
    """What to read tags from: typed ones come first; keywords in the pictures count where nothing was typed.

    Pictures that are "not me" say nothing.
    """
    typed = typed_bags(job.tags)
    if typed:
        return [Photo(f"typed {place}", "", tags=bag) for place, bag in enumerate(typed)]
    removed = set(job.removed_photos)
    return [Photo(name, name, tags=words) for number, name, words in store.keywords(job.id) if number not in removed]


def typed_bags(text: str) -> list[tuple[str, ...]]:
    """Tags as people type them, apart by commas, semicolons or #; the tags of a line explain one another."""
    bags = []
    left = _MOST_TAGS
    for line in text.splitlines():
        words = [word.strip() for word in line.replace("#", ",").replace(";", ",").split(",")]
        bag = tuple(word for word in words if word)[:left]
        left -= len(bag)
        if bag:
            bags.append(bag)
    return bags


def shown_words(job: Job, profile: Profile) -> Words | None:
    """What the page shows of the words; None where there are none."""
    section = words_section(profile)
    if section is None or profile.words is None or not typed_bags(job.tags):
        return section
    words = profile.words
    speak = "speaks" if words.meaning == 1 else "speak"
    return replace(
        section,
        coverage=f"You typed {wording.counted(words.tags, 'tag')}; {words.meaning:,} of them {speak} of a domain.",
        caveats=(),  # they are about tags of pictures
    )
