"""The first step: from what was typed to words that can be looked up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_LENGTH = 200
"""Longer tags are judged by their beginning: nobody types them."""

_QUOTES = str.maketrans(
    {
        **dict.fromkeys("\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}`\N{ACUTE ACCENT}\u201b", "'"),
        **dict.fromkeys("\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\u201e\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Sm", "Zl", "Zp", "Me"})
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_INITIALS = re.compile(r"(?:\b\w\.){2,}")
_BETWEEN = re.compile(r"[\s_+,;|~*\"()\[\]{}!?<>#@^\\/:=.%$€£…·•&]+")
_HYPHENS = re.compile(r"(?:^|(?<=\s))['-]+|['-]+(?=\s|$)")
_GLUE = re.compile(r"[\W_]+")
_GLUE_KEEP = re.compile(r"[^\w./,:+%°]+|_+")
_POSSESSIVE = re.compile(r"'s\b")


@dataclass(slots=True)
class Text:
    """A tag, read.

    Attributes:
        plain: in lower case, its characters unified, its ends stripped of marks; punctuation within kept.
        words: its words joined by single spaces, without punctuation but hyphens and apostrophes within words.
        glued: letters and digits alone, without accents: the key under which the lists have it.
        figure: as `glued`, with the marks that figures need (`f/1.8`).
        camel: the words that capitals within a single word set apart (GoldenGate), or none.
        title: whether every word began with a capital letter.
    """

    plain: str
    words: str
    glued: str
    figure: str
    camel: str
    title: bool


def read(tag: str) -> Text:
    """Unicode normalised, in lower case, quotes and dashes unified, emoji and hash marks taken away."""
    typed = tag[:MAX_LENGTH].strip()
    camel = ""
    if typed.isascii():
        plain = typed.replace("`", "'").lower()
    else:
        typed = _visible(unicodedata.normalize("NFKC", typed).translate(_QUOTES))
        plain = _visible(unicodedata.normalize("NFKC", typed.casefold()).translate(_QUOTES))
    if plain.isalpha() and plain.isascii():
        if typed != plain and not typed.istitle():
            camel = _CAMEL.sub(" ", typed.lstrip("#")).lower()
        return Text(plain, plain, plain, plain, camel if " " in camel else "", typed.istitle())
    if plain.isascii() and plain.replace(" ", "").isalpha() and "  " not in plain:  # words, and nothing else
        joined = plain.replace(" ", "")
        return Text(plain, plain, joined, joined, "", _is_title(typed))
    plain = plain.strip("#\"' \t\r\n_-*~.,;!?()[]{}<>")
    words = _POSSESSIVE.sub("s", _BETWEEN.sub(" ", _INITIALS.sub(_initials, plain.replace("&", " and "))))
    words = " ".join(_HYPHENS.sub(" ", words).split())
    bare = plain if plain.isascii() else without_accents(plain)
    if " " not in words and typed != plain:
        camel = _CAMEL.sub(" ", typed.lstrip("#")).lower()
    return Text(
        plain=plain,
        words=words,
        glued=_GLUE.sub("", bare.replace("&", "and")),
        figure=_GLUE_KEEP.sub("", bare),
        camel=camel if " " in camel and camel.replace(" ", "") == words else "",
        title=_is_title(typed),
    )


def without_accents(text: str) -> str:
    """Letters without their marks: "café" -> "cafe"."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def key(text: str) -> str:
    """The key of a listed word: "close_up" and "Close-Up" -> "closeup"."""
    if text.isascii():
        plain = text.lower().replace(" ", "")
        return plain if plain.isalnum() else _GLUE.sub("", plain)
    return _GLUE.sub("", without_accents(text.casefold()))


def capitalised(words: str) -> str:
    """Every word with a capital letter: such names are known by them."""
    return " ".join(word[:1].upper() + word[1:] for word in words.split())


def _is_title(typed: str) -> bool:
    return typed[:1].isupper() and all(word[:1].isupper() for word in typed.split())


def _visible(text: str) -> str:
    kept = (" " if unicodedata.category(c) in _DROPPED else c for c in text if c not in "\u200d\ufe0f\u00ad")
    return "".join(kept).strip()


def _initials(match: re.Match[str]) -> str:
    return match[0].replace(".", "")
