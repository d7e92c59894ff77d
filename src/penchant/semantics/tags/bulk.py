"""Many bags of tags at once: what `TagReader.read_bag` says of each, some ten times faster.

Tags are cleaned once each, and the rounds of `disambiguation` are sums over arrays: of each (bag, word), of each of its
senses, and of each domain of these. The domains agree with `read_bag` to rounding; where they are all that is wanted,
as for the profiles of many people, this is the way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from penchant.semantics.disambiguation import FLOOR, KIN, KINSHIP, ROUNDS
from penchant.semantics.tags import company
from penchant.semantics.tags.meaning import KEY
from penchant.semantics.tags.values import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.semantics.disambiguation import WordSense
    from penchant.semantics.tags.reader import TagReader
    from penchant.semantics.tags.values import CleanTag

_BAGS = 1 << 12  # at a time: their words, senses and domains are some 20 MB

REASONS = tuple(Reason)
"""The columns of `Bags.reasons`."""


@dataclass(frozen=True, slots=True, eq=False)
class Bags:
    """What many bags of tags mean.

    Attributes:
        domains: [bags, domains] as `Understanding.domains`: rows sum to 1, or to 0.
        reasons: [bags, reasons] how many tags were kept or dropped for which reason.
        meaning: [bags] how many kept tags have a domain.
    """

    domains: NDArray[np.float64]
    reasons: NDArray[np.int64]
    meaning: NDArray[np.int64]


class _Judged(NamedTuple):
    """A tag alone: why it is kept or dropped, its word (-1: means nothing), and whether company may change that."""

    reason: int
    word: int
    open: bool


def read_bags(
    reader: TagReader, bags: Sequence[Sequence[str]], *, on_progress: Callable[[int], None] | None = None
) -> Bags:
    """What each bag means; a bag is the tags of a photo.

    Args:
        reader: what understands tags.
        bags: of tags.
        on_progress: told how many bags are done.
    """
    batch = _Batch(reader)
    parts = []
    for start in range(0, max(len(bags), 1), _BAGS):
        parts.append(batch.read(bags[start : start + _BAGS]))
        if on_progress is not None:
            on_progress(min(start + _BAGS, len(bags)))
    return Bags(
        np.concatenate([part.domains for part in parts]),
        np.concatenate([part.reasons for part in parts]),
        np.concatenate([part.meaning for part in parts]),
    )


class _Batch:
    """The tables that grow with the tags and words that are met."""

    def __init__(self, reader: TagReader) -> None:
        self._reader = reader
        codes = [domain.code for domain in reader.ontology.taxonomy.domains]
        self._column = {code: place for place, code in enumerate(codes)}
        self._size = len(codes)
        self._kin = np.zeros((self._size, self._size))
        for pair in KIN:
            a, b = sorted(pair)
            if a in self._column and b in self._column:
                self._kin[self._column[a], self._column[b]] = self._kin[self._column[b], self._column[a]] = KINSHIP
        self._reason = {reason: place for place, reason in enumerate(REASONS)}
        self._judged: dict[str, _Judged] = {}
        self._word: dict[str, int] = {}
        self._senses: list[tuple[WordSense, ...]] = []

    def read(self, bags: Sequence[Sequence[str]]) -> Bags:
        reasons = np.zeros((len(bags), len(REASONS)), np.int64)
        bag_of: list[int] = []
        word_of: list[int] = []
        times_of: list[int] = []
        known = self._judged
        flat: list[int] = []
        for row, bag in enumerate(bags):
            judged = [known.get(tag) or self._judge(tag) for tag in bag]
            if any(one.open for one in judged):
                judged = [self._as_judged(clean) for clean in self._reader.clean_bag(bag)]
            base = row * len(REASONS)
            flat += [base + one.reason for one in judged]
            words = Counter([one.word for one in judged if one.word >= 0])
            bag_of += [row] * len(words)
            word_of += words.keys()
            times_of += words.values()
        reasons += np.bincount(np.array(flat, np.int64), minlength=reasons.size).reshape(reasons.shape)
        entries = _Entries(
            np.array(bag_of, np.int64), np.array(word_of, np.int64), np.array(times_of, np.float64), len(bags)
        )
        said = self._said(entries)
        domains = np.zeros((len(bags), self._size))
        np.add.at(domains, entries.bag, said * entries.times[:, None])
        total = domains.sum(axis=1, keepdims=True)
        meaning = np.bincount(entries.bag, entries.times * said.any(axis=1), minlength=len(bags)).astype(np.int64)
        return Bags(domains / np.where(total > 0, total, 1.0), reasons, meaning)

    def _judge(self, tag: str) -> _Judged:
        clean = self._reader.cleaner.clean(tag)
        judged = self._as_judged(clean)
        if company.ambiguous(clean, self._reader.cleaner.know.lists):
            judged = judged._replace(open=True)
        self._judged[tag] = judged
        return judged

    def _as_judged(self, clean: CleanTag) -> _Judged:
        """Of a tag that is settled; a person's name means nothing."""
        word = -1
        if clean.kept and clean.step != "person":
            found = self._word.get(clean.word)
            if found is None:
                senses = self._reader.meanings.senses(clean.word)
                found = len(self._senses) if senses else -1
                if senses:
                    self._senses.append(senses)
                self._word[clean.word] = found
            word = found
        return _Judged(self._reason[clean.reason], word, open=False)

    def _said(self, entries: _Entries) -> NDArray[np.float64]:
        """[entries, domains] the domains of each word in its bag."""
        table = _SenseTable.of(self._senses, self._column)
        count = table.count[entries.word]
        entry = np.repeat(np.arange(len(entries.word)), count)
        sense = np.repeat(table.start[entries.word], count) + _ramp(count)
        # one row for each domain of each sense of each word of each bag
        pairs = table.pairs[sense]
        of = np.repeat(np.arange(len(sense)), pairs)
        place = np.repeat(table.first[sense], pairs) + _ramp(pairs)
        cell = entry[of] * self._size + table.domain[place]
        share = table.share[place]
        shape = (len(entries.word), self._size)

        def spoken(weight: NDArray[np.float64]) -> NDArray[np.float64]:
            sums = np.bincount(cell, weight[of] * share, minlength=shape[0] * shape[1]).astype(np.float64)
            return sums.reshape(shape)

        prior = table.prior[sense]
        weight = prior
        others = (entries.total - entries.times)[:, None]
        for _ in range(ROUNDS):
            own = spoken(weight) * entries.times[:, None]
            context = np.maximum(entries.in_bag(own) - own, 0.0) / np.where(others > 0, others, 1.0)
            felt = context + context @ self._kin
            support = np.bincount(of, share * felt.ravel()[cell], minlength=len(sense))
            heavier = prior * (FLOOR + support)
            total = np.bincount(entry, heavier, minlength=shape[0])[entry]
            settled = np.where(total > 0, heavier / np.where(total > 0, total, 1.0), weight)
            weight = np.where(others[entry, 0] > 0, settled, weight)
        has = pairs > 0
        most = np.zeros(shape[0])
        np.maximum.at(most, entry[has], weight[has])
        speaks = np.where(weight >= KEY * most[entry], weight, 0.0)
        said = spoken(speaks)
        whole = said.sum(axis=1, keepdims=True)
        normal: NDArray[np.float64] = said / np.where(whole > 0, whole, 1.0)
        return normal


class _Entries:
    """The distinct words of each bag: columns, in the order of the bags."""

    def __init__(self, bag: NDArray[np.int64], word: NDArray[np.int64], times: NDArray[np.float64], bags: int) -> None:
        self.bag, self.word, self.times = bag, word, times
        self.total = np.bincount(bag, times, minlength=bags)[bag]
        self._starts = np.searchsorted(bag, np.arange(bags))
        self._filled = np.bincount(bag, minlength=bags) > 0

    def in_bag(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """[entries, domains]: for each entry, the sum over its bag."""
        sums = np.zeros((len(self._starts), values.shape[1]))
        if len(values):
            sums[self._filled] = np.add.reduceat(values, self._starts[self._filled], axis=0)
        return sums[self.bag]


@dataclass(frozen=True, slots=True, eq=False)
class _SenseTable:
    """All senses of all words met, flat: words [start, count] -> senses [prior, first, pairs] -> [domain, share]."""

    start: NDArray[np.int64]
    count: NDArray[np.int64]
    prior: NDArray[np.float64]
    first: NDArray[np.int64]
    pairs: NDArray[np.int64]
    domain: NDArray[np.int64]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, words: Sequence[Sequence[WordSense]], column: dict[str, int]) -> _SenseTable:
        count = np.array([len(senses) for senses in words], np.int64)
        flat = [sense for senses in words for sense in senses]
        pairs = np.array([len(sense.domains) for sense in flat], np.int64)
        both = [pair for sense in flat for pair in sense.domains]
        return cls(
            start=np.cumsum(count) - count,
            count=count,
            prior=np.array([sense.weight for sense in flat], np.float64),
            first=np.cumsum(pairs) - pairs,
            pairs=pairs,
            domain=np.array([column[code] for code, _ in both], np.int64),
            share=np.array([weight for _, weight in both], np.float64),
        )


def _ramp(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, … for each length: [2, 3] → [0, 1, 0, 1, 2]."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)
