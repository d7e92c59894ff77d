"""Reading a compiled lexicon: the sections of a `.lex` file as columns.

The format is described in `tools/build_lexicon.py`, which writes it. Nothing is parsed: columns are views of the
file's bytes, and only the three kinds of counts are added up to positions, so that loading takes milliseconds.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from penchant.errors import SemanticsError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAGIC = b"PENLEX\x01\n"
INSTANCE = 1 << 31
"""The bit of an entry of `hypernym` that marks an instance hypernym."""

FILES = [
    "Tops",
    "act",
    "animal",
    "artifact",
    "attribute",
    "body",
    "cognition",
    "communication",
    "event",
    "feeling",
    "food",
    "group",
    "location",
    "motive",
    "object",
    "person",
    "phenomenon",
    "plant",
    "possession",
    "process",
    "quantity",
    "relation",
    "shape",
    "state",
    "substance",
    "time",
]
"""WordNet's lexicographer files of nouns; the first is number 3."""

_COLUMNS = [
    "form_length",
    "form_hash",
    "form_pos",
    "form_senses",
    "sense_synset",
    "sense_count",
    "synset_id",
    "synset_file",
    "synset_lemmas",
    "lemma_form",
    "synset_hypernyms",
    "hypernym",
    "topic_source",
    "topic_target",
    "link_form",
    "link_synset",
    "link_lemma",
    "link_kind",
    "link_count",
]

Column: TypeAlias = "memoryview[int]"
"""A column of unsigned integers; indexing gives a Python int."""


@dataclass(frozen=True, slots=True)
class LexiconFile:
    """The sections of one lexicon file, by the names that the format gives them.

    `columns` holds further `form_start`, `sense_start`, `lemma_start` and `hypernym_start`: entry i of a form or
    synset begins at [i] and ends before [i + 1].
    """

    path: Path
    text: str
    columns: dict[str, Column]
    exceptions: dict[str, bytes]


def read_lexicon_file(path: Path) -> LexiconFile:
    """Read and verify a lexicon file.

    Raises:
        SemanticsError: it can't be read, isn't a lexicon, or is damaged.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SemanticsError(f"the lexicon {path} can't be read: {error.strerror or error}") from error
    if not raw.startswith(MAGIC):
        raise SemanticsError(f"{path} is not a lexicon of this version: build it with tools/build_lexicon.py")
    try:
        check, length = struct.unpack_from("<II", raw, len(MAGIC))
        view = memoryview(raw)
        if zlib.crc32(view[len(MAGIC) + 4 :]) != check:
            raise SemanticsError(f"the lexicon {path} is damaged (its checksum is wrong): install it again")
        start = len(MAGIC) + 8
        table = json.loads(raw[start : start + length])["sections"]
        sections = {name: (view[start + length + at :][:size], kind) for name, (at, size, kind) in table.items()}
        columns = {name: _column(*sections[name]) for name in _COLUMNS}
        text = str(sections["text"][0], "ascii")
        exceptions = {pos: bytes(sections[f"exceptions_{pos}"][0]) for pos in "nvar"}
    except (KeyError, IndexError, TypeError, ValueError, struct.error) as error:
        raise SemanticsError(f"the lexicon {path} lacks a section ({error}): build it again") from error
    columns["form_start"] = _starts(columns["form_length"])
    columns["sense_start"] = _starts(columns["form_senses"])
    columns["lemma_start"] = _starts(columns["synset_lemmas"])
    columns["hypernym_start"] = _starts(columns["synset_hypernyms"])
    return LexiconFile(path, text, columns, exceptions)


def capitals(file: LexiconFile) -> NDArray[np.bool_]:
    """[forms] whether a form is written with a capital letter."""
    letters = np.frombuffer(file.text.encode("ascii"), np.uint8)
    before = np.append(0, np.cumsum((letters >= ord("A")) & (letters <= ord("Z")), dtype=np.int32))
    found: NDArray[np.bool_] = np.diff(before[np.asarray(file.columns["form_start"])]) > 0
    return found


def alone(file: LexiconFile) -> NDArray[np.bool_]:
    """[forms] whether no other form has the same lower case, as Turkey and turkey have."""
    same = np.diff(np.asarray(file.columns["form_hash"], np.int64)) == 0
    found: NDArray[np.bool_] = ~(np.append(same, False) | np.append(False, same))
    return found


def single_parents(file: LexiconFile) -> NDArray[np.int64]:
    """[synsets] the number of the only one right above a synset, or its own where there are several or none."""
    starts = np.asarray(file.columns["hypernym_start"], np.int64)
    above = np.arange(len(starts) - 1)
    one = np.diff(starts) == 1
    above[one] = np.asarray(file.columns["hypernym"], np.int64)[starts[:-1][one]] & (INSTANCE - 1)
    return above


def _column(section: memoryview[int], kind: str) -> Column:
    if kind == "u8":
        return section
    wide = np.frombuffer(section, dtype={"u16": "<u2", "u32": "<u4"}[kind])
    return wide.astype(wide.dtype.newbyteorder("="), copy=False).data


def _starts(counts: Column) -> Column:
    starts = np.zeros(len(counts) + 1, dtype=np.uint32)
    np.cumsum(np.frombuffer(counts, dtype=np.uint8), dtype=np.uint32, out=starts[1:])
    return starts.data
