"""A person's own words against their own pictures: the profile of the tags, beside that of the pictures.

    photos' tags ──> semantics.tags ──> profiles ──> TagProfile ──┐
                                                                  ├──> evaluation ──> Agreement
    Profile (of the pictures) ────────────────────────────────────┘

As the reference profiles of `tagging`, with the tags that carried each domain, and how sure each share is: a photo's
tags explain one another, and a photo gives its domains one vote in all, whatever the number of its tags.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from penchant.evaluation.metrics import f1_at_k, rank_biased_overlap
from penchant.profiles.interval import share_interval
from penchant.profiles.weights import Contributions, rounded
from penchant.types import Agreement, TagProfile, WordInterest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.semantics import Generaliser, Ontology
    from penchant.types import Photo, Profile

COMPARED = 5
_TAGS_KEPT = 8
_RULE_OF_THREE = 3.0  # seen in none of n photos, a share is below 3/n with 95 %


def with_words(
    profiles: Sequence[Profile],
    photos: Sequence[Photo],
    ontology: Ontology,
    *,
    background: NDArray[np.float64] | None = None,
    hide_sensitive: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> tuple[Profile, ...]:
    """The profiles, each with that of its person's tags; without one where nobody typed any.

    Args:
        profiles: one a person.
        photos: all photos behind them.
        ontology: the lexicon, and the taxonomy of the profiles, that tags are understood with.
        background: [domains] shares of a typical collection's pictures, or None where that isn't known.
        hide_sensitive: leave sensitive domains out, of the agreement too.
        on_progress: told how many photos are done.
    """
    tagged: dict[str | None, list[Photo]] = defaultdict(list)
    for photo in photos:
        if photo.tags:
            tagged[photo.user_id].append(photo)
    if not tagged:
        return tuple(profiles)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done)

    spoken = _Spoken(ontology)
    return tuple(
        replace(profile, words=_beside(profile, own, spoken, background, hide_sensitive=hide_sensitive, step=step))
        if (own := tagged.get(profile.user_id))
        else profile
        for profile in profiles
    )


def has_tags(photos: Sequence[Photo]) -> bool:
    """Whether there is anything to compare with."""
    return any(photo.tags for photo in photos)


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """What the tags of one person's photos gave: `given` has the words' places in `words` for labels."""

    given: Contributions
    words: tuple[str, ...]
    photos: int
    tags: int
    kept: int
    meaning: int
    dropped: Counter[str]


class _Spoken:
    """Reads tags, with what is needed for that made once."""

    def __init__(self, ontology: Ontology) -> None:
        from penchant.semantics.tags import TagReader

        self._reader = TagReader(ontology)
        self.domains = tuple(ontology.taxonomy.domains)
        self._column = {domain.code: place for place, domain in enumerate(self.domains)}

    def read(self, photos: Sequence[Photo], step: Callable[[], None]) -> _Words:
        """What the photos' tags gave to domains."""
        place: dict[str, int] = {}
        rows: list[tuple[int, int, int, float]] = []
        tags = kept = meaning = 0
        dropped: Counter[str] = Counter()
        for number, photo in enumerate(photos):
            understood = self._reader.read_bag(photo.tags).tags
            speaking = [tag for tag in understood if tag.domains]
            for tag in speaking:
                word = place.setdefault(tag.clean.clean, len(place))
                rows.extend((number, word, self._column[code], weight / len(speaking)) for code, weight in tag.domains)
            tags += len(understood)
            kept += sum(tag.clean.kept for tag in understood)
            meaning += sum(tag.clean.kept for tag in speaking)
            dropped.update(tag.clean.reason.value for tag in understood if not tag.clean.kept)
            step()
        number_, word_, domain_, weight_ = (np.array(column) for column in zip(*rows, strict=True)) if rows else _NONE
        given = Contributions(
            photo=number_.astype(np.int64),
            label=word_.astype(np.int64),
            domain=domain_.astype(np.int64),
            weight=rounded(weight_.astype(np.float64)),
            lost=0.0,
        )
        return _Words(given, tuple(place), len(photos), tags, kept, meaning, dropped)


_NONE = (np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))


def _beside(
    profile: Profile,
    photos: Sequence[Photo],
    spoken: _Spoken,
    background: NDArray[np.float64] | None,
    *,
    hide_sensitive: bool,
    step: Callable[[], None],
) -> TagProfile:
    words = spoken.read(_each_once(photos, profile), step)
    domains = spoken.domains
    size = len(domains)
    totals = np.bincount(words.given.domain, words.given.weight, minlength=size).astype(np.float64)
    share = totals / totals.sum() if totals.any() else totals
    low, high = share_interval(words.given, np.full(size, 1 / size))
    used = words.given.photos()
    absent = min(1.0, _RULE_OF_THREE / max(used, 1))
    low, high = np.where(totals > 0, low, 0.0), np.where(totals > 0, high, absent)
    seen = _pictures(profile, [domain.code for domain in domains])
    shown = np.array([not (hide_sensitive and domain.sensitive) for domain in domains], bool)
    order = [int(d) for d in np.lexsort((np.arange(size), -seen[0], -share)) if shown[d] and (share[d] or seen[0][d])]
    return TagProfile(
        photos=words.photos,
        photos_used=used,
        tags=words.tags,
        kept=words.kept,
        meaning=words.meaning,
        sufficient=used >= profile.minimum_photos,
        domains=tuple(
            WordInterest(
                rank=rank if share[d] else 0,
                code=domains[d].code,
                name=domains[d].name,
                share=float(share[d]),
                share_low=float(low[d]),
                share_high=float(high[d]),
                picture_share=float(seen[0][d]),
                differs=bool(totals.any() and seen[0].any() and (low[d] > seen[2][d] or high[d] < seen[1][d])),
                sensitive=domains[d].sensitive,
                photos=words.given.photos(d),
                tags=_strongest(words, d),
            )
            for rank, d in enumerate(order, start=1)
        ),
        agreement=_agreement(
            np.where(shown, seen[0], 0.0),
            np.where(shown, share, 0.0),
            None if background is None else np.where(shown, background, 0.0),
            [domain.code for domain in domains],
        ),
        dropped=tuple(sorted(words.dropped.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def _each_once(photos: Sequence[Photo], profile: Profile) -> list[Photo]:
    """Each picture once, with the tags of all its copies: an export has one in every album, and tags in some."""
    original = {pair.photo_id: pair.same_as for pair in profile.duplicates}
    pictures: dict[str, Photo] = {}
    for photo in photos:
        photo_id = original.get(photo.photo_id, photo.photo_id)
        known = pictures.get(photo_id)
        tags = photo.tags if known is None else tuple(dict.fromkeys((*known.tags, *photo.tags)))
        pictures[photo_id] = replace(photo, photo_id=photo_id, tags=tags)
    return list(pictures.values())


def _pictures(profile: Profile, codes: Sequence[str]) -> NDArray[np.float64]:
    """[3, domains]: the pictures' shares, and the ends of their intervals; of domains that no picture shows, too."""
    absent = min(1.0, _RULE_OF_THREE / max(profile.photos.used, 1))
    found = {domain.code: (domain.share, domain.share_low, domain.share_high) for domain in profile.domains}
    return np.array([found.get(code, (0.0, 0.0, absent)) for code in codes]).T.reshape(3, len(codes))


def _strongest(words: _Words, domain: int) -> tuple[tuple[str, float], ...]:
    rows = np.flatnonzero(words.given.domain == domain)
    weight = np.bincount(words.given.label[rows], words.given.weight[rows], minlength=len(words.words))
    order = sorted(np.flatnonzero(weight), key=lambda word: (-weight[word], words.words[word]))
    whole = float(weight.sum())
    return tuple((words.words[word], float(weight[word]) / whole) for word in order[:_TAGS_KEPT])


def _agreement(
    pictures: NDArray[np.float64],
    words: NDArray[np.float64],
    background: NDArray[np.float64] | None,
    codes: Sequence[str],
) -> Agreement | None:
    if not pictures.any() or not words.any():
        return None

    def first(shares: NDArray[np.float64]) -> list[int]:
        return [int(d) for d in np.lexsort((codes_order, -shares))[:COMPARED] if shares[d] > 0]

    # The measures take their columns in the order of the codes: that is how they break ties.
    codes_order = np.argsort(np.argsort(np.array(codes)))
    by_code = np.argsort(np.array(codes))
    mine, theirs = pictures[None, by_code], words[None, by_code]
    typical = None
    if background is not None and background.any():
        typical = float(f1_at_k(background[None, by_code], theirs, k=COMPARED).values[0])
    common = set(first(pictures))
    return Agreement(
        k=COMPARED,
        shared=tuple(codes[d] for d in first(words) if d in common),
        f1_at_k=float(f1_at_k(mine, theirs, k=COMPARED).values[0]),
        rank_biased_overlap=float(rank_biased_overlap(mine, theirs, p=0.8).values[0]),
        typical_f1_at_k=typical,
    )


def ontology_of(generaliser: Generaliser) -> Ontology:
    """What tags are understood with, so that they fall into the same domains as a generaliser's labels."""
    from penchant.semantics import Lexicon, Ontology

    own = getattr(generaliser, "ontology", None)
    if isinstance(own, Ontology) and own.taxonomy is generaliser.taxonomy:
        return own
    return Ontology(Lexicon.load(), generaliser.taxonomy)
