"""What BabelNet's REST service sends, and what is taken from it. Pure: bytes in, values out.

Only the fields that are used are described; the service sends many more. The documentation is
https://babelnet.org/guide; the examples below are shortened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TypedDict, TypeVar

import msgspec

_WORDNET = re.compile(r"wn:(\d{8}n)")

_T = TypeVar("_T")


class RawSynsetId(TypedDict):
    """One element of the answers of `getSynsetIds` and `getSynsetIdsFromResourceID`."""

    # [{"id": "bn:00289737n", "pos": "NOUN", "source": "BABELNET"}, ...]
    id: str


class RawVersion(TypedDict):
    """The answer of `getVersion`."""

    # {"version": "V5_3"}
    version: str


class RawMessage(TypedDict):
    """An error: with status 200 from older services, with 400 or 403 from newer ones."""

    # {"message": "Your key is not valid or the daily requests limit has been reached. Please visit http://babelnet.org."}
    # {"message": "BabelSynset not found."}
    # {"message": "Wrong parameters."}
    message: str


class RawProperties(TypedDict, total=False):
    """A sense's properties; the WordNet ones only where `type` is "WordNetSense"."""

    # {"fullLemma": "apple", "simpleLemma": "apple", "source": "WN", "senseKey": "", "language": "EN", "pos": "NOUN",
    #  "wordNetSenseNumber": 1, "wordNetOffset": "07739125n", "wordNetSynsetPosition": 1,
    #  "bKeySense": true, "idSense": 142561, ...}
    simpleLemma: str
    language: str
    wordNetSenseNumber: int | None
    bKeySense: bool


class RawSense(TypedDict, total=False):
    """An element of a synset's `senses`."""

    # {"type": "WordNetSense", "properties": {...}}
    properties: RawProperties


class RawOffset(TypedDict, total=False):
    """An element of a synset's `wnOffsets`; newer services add other WordNets."""

    # {"id": "wn:07739125n", "pos": "NOUN", "source": "WN", "version": "WN_30",
    #  "versionMapping": {"WN_31": [{"id": "wn:07755101n", "version": "WN_31", ...}]}}
    # {"id": "oewn:07755101n", "pos": "NOUN", "source": "OEWN", "version": "OEWN", "versionMapping": {}}
    id: str
    version: str | None


class RawSynset(TypedDict, total=False):
    """The answer of `getSynset`."""

    # {"senses": [...], "wnOffsets": [...], "glosses": [...], "mainSense": "WN:EN:apple", "synsetType": "CONCEPT",
    #  "categories": [...], "domains": {"FOOD_AND_DRINK": 1.0}, "bkeyConcepts": true, "filterLangs": ["EN"], ...}
    senses: list[RawSense]
    wnOffsets: list[RawOffset]
    domains: dict[str, float]
    bkeyConcepts: bool


@dataclass(frozen=True, slots=True)
class BabelSense:
    """An English word in a synset.

    Attributes:
        lemma: lower case, words joined by `_`.
        number: which of the word's senses WordNet calls it, from 1; None where the sense is not WordNet's.
        key: whether BabelNet calls it a key sense.
    """

    lemma: str
    number: int | None
    key: bool


@dataclass(frozen=True, slots=True)
class BabelSynset:
    """A synset as far as generalising needs it.

    Attributes:
        id: "bn:00005054n".
        domains: the service's names of domains with their numbers, as it sends them.
        key: whether BabelNet calls it a key concept.
        wordnet: its noun synsets of WordNet 3.0, written as everywhere ("n07739125").
        senses: its English words.
    """

    id: str
    domains: tuple[tuple[str, float], ...]
    key: bool
    wordnet: tuple[str, ...]
    senses: tuple[BabelSense, ...]


class Problem(Enum):
    """What a service's message means."""

    KEY_OR_QUOTA = "key or quota"
    NOT_FOUND = "not found"
    PARAMETERS = "parameters"
    OTHER = "other"


class WireError(Exception):
    """An answer is not what the service documents; for the client to catch."""


def parse_problem(answer: bytes) -> tuple[Problem, str] | None:
    """What an answer says went wrong, with the service's words; None if it is no error message."""
    try:
        message = msgspec.json.decode(answer, type=RawMessage)["message"]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    words = message.lower()
    if "key is not valid" in words or "limit has been reached" in words:
        return Problem.KEY_OR_QUOTA, message
    if "not found" in words:
        return Problem.NOT_FOUND, message
    if "wrong parameters" in words:
        return Problem.PARAMETERS, message
    return Problem.OTHER, message


def is_json(answer: bytes) -> bool:
    """Whether an answer is complete JSON."""
    try:
        msgspec.json.decode(answer, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def parse_version(answer: bytes) -> str:
    """The version of BabelNet behind the service ("V5_3").

    Raises:
        WireError: it is not what the service documents.
    """
    return _decode(answer, RawVersion)["version"]


def parse_synset_ids(answer: bytes) -> tuple[str, ...]:
    """The synsets' names in the service's order, each once.

    Raises:
        WireError: it is not what the service documents.
    """
    return tuple(dict.fromkeys(raw["id"] for raw in _decode(answer, list[RawSynsetId])))


def parse_synset(answer: bytes, *, synset_id: str) -> BabelSynset:
    """A synset, with the name by which it was asked for.

    Raises:
        WireError: it is not what the service documents.
    """
    raw = _decode(answer, RawSynset)
    if "domains" not in raw and "senses" not in raw:
        raise WireError("it has neither senses nor domains")
    offsets = raw.get("wnOffsets", [])
    nouns = [
        match[1]
        for offset in offsets
        if (match := _WORDNET.fullmatch(offset.get("id", ""))) and offset.get("version") in {None, "WN_30"}
    ]
    return BabelSynset(
        id=synset_id,
        domains=tuple(raw.get("domains", {}).items()),
        key=raw.get("bkeyConcepts", False),
        wordnet=tuple(dict.fromkeys(f"n{noun[:-1]}" for noun in nouns)),
        senses=tuple(
            BabelSense(
                lemma=properties.get("simpleLemma", "").lower().replace(" ", "_"),
                number=properties.get("wordNetSenseNumber"),
                key=properties.get("bKeySense", False),
            )
            for properties in (sense.get("properties", {}) for sense in raw.get("senses", []))
            if properties.get("language", "EN") == "EN"
        ),
    )


def _decode(answer: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(answer, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(str(error)) from error
