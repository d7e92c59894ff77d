"""What comes out of cleaning a tag.

There are as many of these values as tags: structs that the collector need not look at cost a fraction of dataclasses.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reason(StrEnum):
    """Why a tag was kept or dropped. The first two are kept, all others dropped."""

    KEPT = "kept"
    """A word, or words, that the lexicon or its supplement knows."""
    NAME = "name"
    """A place, person, company or product: kept."""
    EMPTY = "empty"
    """Nothing but spaces, punctuation or emoji."""
    URL = "url"
    """An address on the web or of mail."""
    MACHINE_TAG = "machine_tag"
    """Written by software for software: `geo:lat=48.1`, `uploaded:by=instagram`."""
    NUMBER = "number"
    """Figures, dates, years, number words, and file names that cameras give."""
    CAMERA = "camera"
    """A camera, lens, film, phone, or a photographer's software."""
    TECHNIQUE = "technique"
    """How the picture was taken or edited."""
    PICTURE_TYPE = "picture_type"
    """What kind of picture it is, or what for."""
    COLOUR = "colour"
    STOP_WORD = "stop_word"
    """A function word, or one too general to say anything."""
    PRAISE = "praise"
    SPAM = "spam"
    """Awards, groups, favours asked, counts of views."""
    FOREIGN = "foreign"
    """A word of another language, or one that the company it keeps makes foreign."""
    MISSPELT = "misspelt"
    """Not known, and one slip away from a known word."""
    UNKNOWN = "unknown"
    """Not known to the lexicon, nor made of known words."""

    @property
    def kept(self) -> bool:
        """Whether tags with this reason are kept."""
        return self is Reason.KEPT or self is Reason.NAME


class Part(msgspec.Struct, frozen=True, gc=False):
    """One word of a tag of several, and what it would be alone."""

    text: str
    reason: Reason


class CleanTag(msgspec.Struct, frozen=True, gc=False):
    """A tag, and what became of it.

    Attributes:
        tag: as it was typed.
        clean: what it became, its words joined by single spaces; empty for a dropped tag.
        word: for looking up its meaning: `clean` before a plural became a singular, and without the colours that only
            qualify it (green apple). Of a dropped tag, the text that was judged.
        kept: whether it says something about what the picture shows.
        reason: why.
        step: the name of the step that decided (`penchant.semantics.tags.steps`).
        parts: the words of a tag of several words; those with a reason that isn't kept were left out of `clean`, or
            stand in it only beside another (the "of" in "cup of coffee").
        hint: the word that a misspelt tag is close to, or the languages of a foreign one.
    """

    tag: str
    clean: str
    word: str
    kept: bool
    reason: Reason
    step: str
    parts: tuple[Part, ...] = ()
    hint: str = ""
