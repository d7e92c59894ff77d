"""Words and what they can mean: WordNet 3.0, read from the package's compiled file.

A synset is written as ImageNet writes it, "n02123045": `n` and the eight digits of its place in WordNet 3.0. Its
readable name is its first lemma with the number of the sense, "tabby.n.01".
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from zlib import crc32

import numpy as np

from penchant.errors import SemanticsError
from penchant.semantics.lexfile import FILES, INSTANCE, LexiconFile, read_lexicon_file
from penchant.semantics.morphology import inflects, lemmatise, normalise, parse_exceptions, spellings
from penchant.types import Sense

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EMBEDDED = Path(__file__).resolve().parent.parent / "data" / "lexicon" / "wordnet-3.0.lex"
"""The lexicon that comes with the package."""

KEY_RATIO = 0.5
"""A further sense is key if it was seen at least this often for each time that the first was."""

_POS_BITS = {"n": 1, "v": 2, "a": 4, "r": 8}
_TOPIC = 3  # the kind of link that leads to a topic, not to a related noun
_NAME = re.compile(r"(.+)\.n\.(\d{1,2})", re.DOTALL)
_CACHE = 1 << 18
_MANY = 4000  # so many words looked up one by one, and a table of all pays

_T = TypeVar("_T")
_Counted: TypeAlias = tuple[int, str, int]  # a synset's number, the lemma, and how often it was seen


class Lexicon:
    """WordNet 3.0's nouns, and the other parts of speech as far as they lead to nouns.

    Every method is total: what isn't known gives an empty tuple or None. Only an argument of the wrong type is an
    error (SemanticsError). Reading is safe from several threads; what was looked up once is remembered. A lexicon
    can be pickled: it is loaded again from its path.
    """

    def __init__(self, file: LexiconFile) -> None:
        columns = file.columns
        self.file = file
        self.path = file.path
        self._text = file.text
        self._form_start, self._form_hash = columns["form_start"], columns["form_hash"]
        self._form_pos, self._sense_start = columns["form_pos"], columns["sense_start"]
        self._sense_synset, self._sense_count = columns["sense_synset"], columns["sense_count"]
        self._id, self._file = columns["synset_id"], columns["synset_file"]
        self._lemma_start, self._lemma_form = columns["lemma_start"], columns["lemma_form"]
        self._hypernym_start, self._hypernym = columns["hypernym_start"], columns["hypernym"]
        self._topic_source, self._topic_target = columns["topic_source"], columns["topic_target"]
        self._links = tuple(columns[f"link_{name}"] for name in ("form", "synset", "lemma", "kind", "count"))
        self._raw_exceptions = file.exceptions
        self._exceptions: dict[str, dict[str, tuple[str, ...]]] = {}
        self._hyponyms: tuple[list[int], list[int]] | None = None
        self._forms: dict[str, int] | None = None
        self._looked_up = 0
        self._synsets: list[str] | None = None
        self._sense_cache: dict[str, tuple[Sense, ...]] = {}
        self._key_cache: dict[str, tuple[Sense, ...]] = {}
        self._linked_cache: dict[str, tuple[tuple[Sense, ...], tuple[str, ...]]] = {}
        self._numbers: dict[str, int | None] = {}
        self._name_cache: dict[str, str | None] = {}
        self._hypernym_cache: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> Lexicon:
        """Read a compiled lexicon, by default the one in the package.

        Raises:
            SemanticsError: the file can't be read, or is not a lexicon.
        """
        return cls(read_lexicon_file(path or EMBEDDED))

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Lexicon.load, (self.path,)

    def __repr__(self) -> str:
        return f"Lexicon({str(self.path)!r})"

    # ---- words

    def senses(self, word: str) -> tuple[Sense, ...]:
        """What a noun can mean, most frequent first, WordNet's order among equals.

        Case, plural, and the way in which words are joined don't matter. The share of the sense of rank r (from 1)
        that was seen c times is (c + 1/r) / Σ (c + 1/r): an unseen sense keeps a little, the earlier the more.

        A sense is key if it is the first, or was seen at least half as often as the first. Where no sense
        was ever seen, only the first is key. This is the offline counterpart of BabelNet's key concepts.
        """
        found = self._sense_cache.get(word) if isinstance(word, str) else None
        if found is None:
            _check(word)
            found = self._with_shares([sense for lemma in self.lemmatise(word) for sense in self._word_senses(lemma)])
            _remember(self._sense_cache, word, found)
        return found

    def key_senses(self, word: str) -> tuple[Sense, ...]:
        """Those senses of a word that are key (see `senses`)."""
        found = self._key_cache.get(word) if isinstance(word, str) else None
        if found is None:
            found = tuple(sense for sense in self.senses(word) if sense.key)
            _remember(self._key_cache, word, found)
        return found

    def lemmatise(self, word: str, *, pos: str = "n") -> tuple[str, ...]:
        """The lemmas, in lower case, that a word is a form of, as a part of speech (n, v, a, r).

        Raises:
            SemanticsError: the word is not a string, or there is no such part of speech.
        """
        _check(word)
        if pos not in _POS_BITS:
            raise SemanticsError(f"there is no part of speech {pos!r}: use n, v, a or r")
        return self._lemmas_of(normalise(word), pos)

    def _lemmas_of(self, literal: str, pos: str) -> tuple[str, ...]:
        bit = _POS_BITS[pos]
        find, form_pos, exceptions = self._form, self._form_pos, self.exceptions(pos)
        if literal not in exceptions and not inflects(literal, pos):  # then it is a lemma, or another spelling is
            form = find(literal)
            if form is not None and form_pos[form] & bit:
                return (literal,)
            if literal.isalpha() and literal.isascii():
                return ()

        def known(spelling: str) -> bool:
            form = find(spelling)
            return form is not None and bool(form_pos[form] & bit)

        for variant in spellings(literal):
            lemmas = lemmatise(variant, pos, exceptions=exceptions, known=known)
            if lemmas:
                return lemmas
        return ()

    def parts_of_speech(self, word: str) -> tuple[str, ...]:
        """As which parts of speech WordNet knows a word: of "n", "v", "a" and "r", in this order."""
        _check(word)
        return tuple(pos for pos in _POS_BITS if self.lemmatise(word, pos=pos))

    def derived_nouns(self, word: str) -> tuple[Sense, ...]:
        """The nouns behind a verb, adjective or adverb: healthy -> health, to bake -> baker.

        The noun of the most frequent sense comes first. An adjective without a noun of its own is understood
        through the adjective that it is similar to. `count` says how often the word itself was seen in the sense
        that has the noun; shares and keys are as in `senses`.
        """
        return self._linked(word)[0]

    def word_topics(self, word: str) -> tuple[str, ...]:
        """The topics that WordNet gives to a verb, adjective or adverb (to bowl: cricket.n.01), as synsets."""
        return self._linked(word)[1]

    # ---- synsets

    def __contains__(self, synset: object) -> bool:
        return isinstance(synset, str) and self._number(synset) is not None

    def __iter__(self) -> Iterator[str]:
        return (f"n{offset:08d}" for offset in self._id)

    def __len__(self) -> int:
        return len(self._id)

    def lemmas(self, synset: str) -> tuple[str, ...]:
        """The words of a synset as WordNet writes them ("Paris", "hot_dog"), in its order."""
        number = self._number(synset)
        if number is None:
            return ()
        forms = self._lemma_form[self._lemma_start[number] : self._lemma_start[number + 1]]
        return tuple(self.spelling(form) for form in forms)

    def name(self, synset: str) -> str | None:
        """The readable name: "n02123045" -> "tabby.n.01"."""
        found = self._name_cache.get(synset, "") if isinstance(synset, str) else ""
        if found == "":
            number = self._number(synset)
            found = None if number is None else self._readable(number)
            _remember(self._name_cache, synset, found)
        return found

    def synset(self, name: str) -> str | None:
        """The synset of a readable name: "tabby.n.01" -> "n02123045". Any lemma of the synset may name it."""
        _check(name)
        match = _NAME.fullmatch(name)
        form = (self._form(match[1]) or self._form(normalise(match[1]))) if match else None
        if match is None or form is None:
            return None
        start, end = self._sense_start[form], self._sense_start[form + 1]
        sense = start + int(match[2]) - 1
        return self._synset(self._sense_synset[sense]) if start <= sense < end else None

    def parents(self, synset: str) -> tuple[str, ...]:
        """The hypernyms and, after them, the instance hypernyms."""
        kinds, instances = self._parents(synset)
        return kinds + instances if instances else kinds

    def hypernyms(self, synset: str) -> tuple[str, ...]:
        """What a synset is a kind of, in WordNet's order (`@`)."""
        return self._parents(synset)[0]

    def instance_hypernyms(self, synset: str) -> tuple[str, ...]:
        """What a named thing is an instance of (`@i`): Paris -> national_capital.n.01."""
        return self._parents(synset)[1]

    def hyponyms(self, synset: str) -> tuple[str, ...]:
        """The kinds and instances of a synset, by ascending number."""
        number = self._number(synset)
        if number is None:
            return ()
        starts, children = self._hyponym_table()
        return tuple(map(self._synset, children[starts[number] : starts[number + 1]]))

    def topics(self, synset: str) -> tuple[str, ...]:
        """The topics to which WordNet gives a synset (`;c`): client.n.03 -> computer_science.n.01."""
        _check(synset)
        return self._topics.get(synset, ())

    @property
    def topic_sources(self) -> Collection[str]:
        """The synsets that have topics."""
        return self._topics.keys()

    @cached_property
    def _topics(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for source, target in zip(map(self._synset, self._topic_source), self._topic_target, strict=True):
            found[source] = (*found.get(source, ()), self._synset(target))
        return found

    def category(self, synset: str) -> str | None:
        """WordNet's lexicographer file: "animal", "artifact", "food", ..., one of `FILES`."""
        number = self._number(synset)
        return None if number is None else FILES[self._file[number] - 3]

    # ---- inside

    def _number(self, synset: str) -> int | None:
        found = self._numbers.get(synset, -1) if isinstance(synset, str) else -1
        if found == -1:
            found = self._find(synset)
            if self._synsets is None:  # or else all that there are is known
                _remember(self._numbers, synset, found)
        return found

    def _find(self, synset: str) -> int | None:
        _check(synset)
        digits = synset[1:]
        if len(digits) != 8 or synset[0] != "n" or not (digits.isascii() and digits.isdigit()):
            return None
        offset = int(digits)
        number = bisect_left(self._id, offset)
        return number if number < len(self._id) and self._id[number] == offset else None

    def _synset(self, number: int) -> str:
        return f"n{self._id[number]:08d}" if self._synsets is None else self._synsets[number]

    def spelling(self, form: int) -> str:
        """A form as WordNet writes it, by its number."""
        return self._text[self._form_start[form] : self._form_start[form + 1]]

    def _form(self, lower: str) -> int | None:
        """The first of the forms with this lower case: the one that holds the senses."""
        if self._forms is not None:
            return self._forms.get(lower)
        self._looked_up += 1
        if self._looked_up > _MANY:
            self._make_tables()
        if not lower.isascii():
            return None
        code = crc32(lower.encode("ascii"))
        form = bisect_left(self._form_hash, code)
        while form < len(self._form_hash) and self._form_hash[form] == code:
            if self.spelling(form).lower() == lower:
                return form
            form += 1
        return None

    @cached_property
    def lower_forms(self) -> list[str]:
        """All forms in lower case, in the file's order: tables made of them share the strings."""
        text = self._text.lower()
        return [text[start:end] for start, end in pairwise(self._form_start.tolist())]

    @cached_property
    def synsets(self) -> list[str]:
        """All synsets, in the file's order."""
        return [f"n{offset:08d}" for offset in self._id.tolist()]

    @cached_property
    def spaced_forms(self) -> list[str]:
        """As `lower_forms`, the words of one joined by spaces."""
        return [form.replace("_", " ") for form in self.lower_forms]

    def exceptions(self, pos: str) -> dict[str, tuple[str, ...]]:
        """WordNet's irregular forms of a part of speech, with their lemmas."""
        if pos not in self._exceptions:
            self._exceptions[pos] = parse_exceptions(self._raw_exceptions[pos])
        return self._exceptions[pos]

    def _make_tables(self) -> None:
        """What `_form`, `_synset` and `_number` answer, for all words and synsets."""
        synsets = self.synsets
        self._numbers = dict(zip(synsets, range(len(synsets)), strict=True))
        self._synsets = synsets
        lower = self.lower_forms
        self._forms = dict(zip(reversed(lower), range(len(lower) - 1, -1, -1), strict=True))

    def _word_senses(self, lemma: str) -> Iterator[_Counted]:
        form = self._form(lemma)
        if form is None:
            return
        following = form + 1
        alone = following == len(self._form_hash) or self._form_hash[following] != self._form_hash[form]
        spelling = self.spelling(form)
        for sense in range(self._sense_start[form], self._sense_start[following]):
            number = self._sense_synset[sense]
            if not alone:  # perhaps turkey and Turkey
                spellings = [spelling for spelling in self._lemmas_at(number) if spelling.lower() == lemma]
                spelling = lemma if lemma in spellings else spellings[0]
            yield number, spelling, self._sense_count[sense]

    def _linked(self, word: str) -> tuple[tuple[Sense, ...], tuple[str, ...]]:
        """The nouns and the topics of a verb, adjective or adverb."""
        found = self._linked_cache.get(word) if isinstance(word, str) else None
        if found is None:
            _check(word)
            links = list(self._word_links(word))
            nouns = self._with_shares([sense for kind, sense in links if kind != _TOPIC])
            found = nouns, tuple(self._synset(sense[0]) for kind, sense in links if kind == _TOPIC)
            _remember(self._linked_cache, word, found)
        return found

    def _word_links(self, word: str) -> Iterator[tuple[int, _Counted]]:
        forms, synsets, places, kinds, counts = self._links
        seen: set[tuple[int, bool]] = set()
        literal = normalise(word)
        lemmas = dict.fromkeys(lemma for pos in "avr" for lemma in self._lemmas_of(literal, pos))
        for form in filter(None, map(self._form, lemmas)):
            for link in range(bisect_left(forms, form), bisect_right(forms, form)):
                number, kind = synsets[link], kinds[link]
                if (number, kind == _TOPIC) not in seen:
                    seen.add((number, kind == _TOPIC))
                    lemma = self._lemma_form[self._lemma_start[number] + places[link]]
                    yield kind, (number, self.spelling(lemma), counts[link])

    def _with_shares(self, senses: list[_Counted]) -> tuple[Sense, ...]:
        if len(senses) == 1:
            ((number, lemma, count),) = senses
            return (Sense(self._synset(number), lemma, count, share=1.0, key=True),)
        unique: dict[int, _Counted] = {}
        for sense in senses:
            unique.setdefault(sense[0], sense)
        ordered = sorted(unique.values(), key=lambda sense: -sense[2])
        weights = [count + 1 / rank for rank, (_, _, count) in enumerate(ordered, start=1)]
        total = sum(weights)
        least = max(1.0, KEY_RATIO * ordered[0][2]) if ordered else 1.0
        return tuple(
            Sense(self._synset(number), lemma, count, share=weight / total, key=rank == 0 or count >= least)
            for rank, ((number, lemma, count), weight) in enumerate(zip(ordered, weights, strict=True))
        )

    def _lemmas_at(self, number: int) -> list[str]:
        start, end = self._lemma_start[number], self._lemma_start[number + 1]
        return [self.spelling(form) for form in self._lemma_form[start:end]]

    def _readable(self, number: int) -> str:
        lemma = self.spelling(self._lemma_form[self._lemma_start[number]]).lower()
        form = self._form(lemma)
        if form is None:
            raise SemanticsError(f"the lexicon {self.path} has no entry for its lemma {lemma!r}: build it again")
        senses = self._sense_synset[self._sense_start[form] : self._sense_start[form + 1]].tolist()
        return f"{lemma}.n.{senses.index(number) + 1:02d}"

    def _parents(self, synset: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = self._hypernym_cache.get(synset) if isinstance(synset, str) else None
        if found is None:
            number = self._number(synset)
            if number is None:
                return (), ()
            start, end = self._hypernym_start[number], self._hypernym_start[number + 1]
            parents = self._hypernym[start:end]
            found = (
                ((self._synset(parents[0]),), ())
                if end - start == 1 and not parents[0] & INSTANCE
                else (
                    tuple([self._synset(parent) for parent in parents if not parent & INSTANCE]),
                    tuple([self._synset(parent & ~INSTANCE) for parent in parents if parent & INSTANCE]),
                )
            )
            _remember(self._hypernym_cache, synset, found)
        return found

    def _hyponym_table(self) -> tuple[list[int], list[int]]:
        if self._hyponyms is None:
            ends = np.frombuffer(self._hypernym_start, dtype=np.uint32).astype(np.int64)
            parents = np.frombuffer(self._hypernym, dtype=np.uint32) & np.uint32(INSTANCE - 1)
            children = np.repeat(np.arange(len(self._id)), ends[1:] - ends[:-1])[np.argsort(parents, kind="stable")]
            starts = np.searchsorted(np.sort(parents), np.arange(len(self._id) + 1))
            self._hyponyms = starts.tolist(), children.tolist()
        return self._hyponyms


def _check(argument: object) -> None:
    if not isinstance(argument, str):
        raise SemanticsError(f"a word or synset must be a string, not {type(argument).__name__}")


def _remember(cache: dict[str, _T], key: str, value: _T) -> None:
    if len(cache) >= _CACHE:  # an endless stream of tags must not fill the memory
        cache.clear()
    cache[key] = value
