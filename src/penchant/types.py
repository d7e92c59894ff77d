"""The values that the stages exchange: frozen, slotted, and without behaviour of their own.

Stages know these values and nothing else of one another. Bulk values (`Predictions`) are columns, not objects,
because a collection may hold a billion photos.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DomainWeights: TypeAlias = tuple[tuple[str, float], ...]
"""Pairs of (domain code, weight), heaviest first, equal weights by code; they sum to 1, or there are none."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture of one person, not yet opened.

    Attributes:
        photo_id: unique within its user; by default the path as it is shown to people.
        path: the file, or the archive that holds it; of a picture that is still to be fetched, its address.
        member: the entry's name inside the archive, or None for a plain file.
        user_id: whose picture it is; None means one person, not named.
        tags: what people typed about it, raw, in their order.
        size: bytes of the file (of the unpacked entry in an archive); 0 for an address.
        stamp: changes when the file changes: its modification time in nanoseconds, or the entry's CRC; for an address,
            a hash of it.
        licence: as the source gives it, or None.
        url: the address that the picture is to be fetched from, or None where it is here.
    """

    photo_id: str
    path: str
    member: str | None = None
    user_id: str | None = None
    tags: tuple[str, ...] = ()
    size: int = 0
    stamp: int = 0
    licence: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be used, and why, in one sentence. `user_id`: whose it is, where that is known."""

    photo_id: str
    error: str
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds: its photos, what it refused, and what it passed over.

    Attributes:
        photos: in a stable order.
        failures: entries that should have been pictures and can't be, and sources that can't be read.
        skipped: files that are not pictures, counted by suffix (".mp4": 7).
        notes: what could not be read about photos that can be used all the same: their tags, not they, are lost.
    """

    photos: tuple[Photo, ...] = ()
    failures: tuple[Failure, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    notes: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelClass:
    """One class of a classifier.

    Attributes:
        index: its place in the classifier's output.
        name: its first name ("tabby").
        synset: its WordNet 3.0 noun synset ("n02123045"), or None where the label set gives none.
        names: all its names, the first included.
    """

    index: int
    name: str
    synset: str | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The classes of a classifier, in the order of its output."""

    name: str
    classes: tuple[LabelClass, ...]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is recorded about the model that made a prediction."""

    name: str
    sha256: str
    label_set: str


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a classifier said of many photos, as columns of equal length n.

    Attributes:
        photo_id: n names, unique within a user.
        user_id: n names or None.
        path: n places as the sources show them.
        size: [n] int64, bytes of each file.
        stamp: [n] int64, `Photo.stamp` when it was read.
        digest: n SHA-256 digests of the picture's bytes, or b"" where they could not be read and may be another time;
            where an address has no picture for good, that of its error.
        error: n sentences, None where the photo was classified.
        label: [n, k] int32, class indices, most probable first; -1 where there is none.
        confidence: [n, k] float32 in [0, 1]; 0 where there is no label.
    """

    photo_id: tuple[str, ...]
    user_id: tuple[str | None, ...]
    path: tuple[str, ...]
    size: NDArray[np.int64]
    stamp: NDArray[np.int64]
    digest: tuple[bytes, ...]
    error: tuple[str | None, ...]
    label: NDArray[np.int32]
    confidence: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.photo_id)


@dataclass(frozen=True, slots=True, eq=False)
class PredictionColumns:
    """What of many predictions decides profiles, without names: small enough to stream by the million.

    Attributes:
        users: the distinct users, in any order.
        owner: [n] int64, each photo's place in `users`.
        digest: [n] uint64, the first eight bytes of the SHA-256 of the picture's bytes; 0 where it failed.
        failed: [n] bool, photos that could not be classified.
        label: [n, k] int32 and confidence: [n, k] float32, as in `Predictions`.
    """

    users: tuple[str | None, ...]
    owner: NDArray[np.int64]
    digest: NDArray[np.uint64]
    failed: NDArray[np.bool_]
    label: NDArray[np.int32]
    confidence: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.owner)


class Sense(msgspec.Struct, frozen=True, gc=False):
    """A word's meaning. A lexicon holds many: a struct costs a fraction of a dataclass, and the collector passes by.

    Attributes:
        synset: the WordNet 3.0 noun synset.
        lemma: the lemma in that synset, as WordNet writes it.
        count: how often the sense was seen in WordNet's tagged texts.
        share: this sense's part of the word's uses, smoothed; a word's shares sum to 1.
        key: whether it is a key sense.
    """

    synset: str
    lemma: str
    count: int
    share: float
    key: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """One label of a taxonomy. `sensitive`: a special category of personal data, or close to one."""

    code: str
    name: str
    sensitive: bool = False


class Aggregation(StrEnum):
    """How predictions add up to a profile."""

    MASS = "mass"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A photo and the label by which it carried a domain.

    Attributes:
        label, confidence: the photo's label that gave this domain the most.
        share: the part of the whole profile that this photo gave to this domain.
        path: where the picture is, as `Photo.path` (and member) show it.
    """

    photo_id: str
    label: str
    synset: str | None
    confidence: float
    share: float
    path: str


@dataclass(frozen=True, slots=True)
class Interest:
    """One domain of a profile.

    Attributes:
        rank: 1 for the largest share.
        share, share_low, share_high: its part of the profile, with the 95 % bootstrap interval over photos.
        lift: share divided by the background's share, or None where no background applies.
        photos: how many photos gave it anything.
        labels: its strongest labels with their part of the domain's weight, largest first.
        evidence: its strongest photos, largest first.
    """

    rank: int
    code: str
    name: str
    share: float
    share_low: float
    share_high: float
    lift: float | None
    sensitive: bool
    photos: int
    labels: tuple[tuple[str, float], ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class WordInterest:
    """One domain, as a person's words speak of it and as their pictures do.

    Attributes:
        rank: 1 for the largest share of the words; 0 where no tag speaks of it.
        share, share_low, share_high: its part of what the tags mean, with the 95 % interval over photos.
        picture_share: its part of the pictures' profile.
        differs: whether the two shares are further apart than their intervals explain.
        photos: how many photos' tags speak of it.
        tags: the clean tags that speak of it most, with their part of the domain's weight, largest first.
    """

    rank: int
    code: str
    name: str
    share: float
    share_low: float
    share_high: float
    picture_share: float
    differs: bool
    sensitive: bool
    photos: int
    tags: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a person's words and their pictures say the same.

    Attributes:
        k: how many first domains are compared.
        shared: codes of the domains among the first k of both, in the words' order.
        f1_at_k: of the pictures' first k domains against the words'.
        rank_biased_overlap: of the two orders, p = 0.8, extrapolated.
        typical_f1_at_k: what the first k domains of a typical collection would score against the words, without a look
            at the pictures; None where no background applies. An agreement no higher than this says nothing.
    """

    k: int
    shared: tuple[str, ...]
    f1_at_k: float
    rank_biased_overlap: float
    typical_f1_at_k: float | None


@dataclass(frozen=True, slots=True)
class TagProfile:
    """What a person's tags say they care about, beside what their pictures say.

    Attributes:
        photos: photos that have tags at all; those with the same bytes count once.
        photos_used: photos whose tags speak of a domain.
        tags, kept, meaning: tags; … that say something about what a picture shows; … that speak of a domain.
        sufficient: whether the words of at least as many photos as the profile asks for were used.
        domains: that either speaks of, those of the words first, largest share first.
        agreement: None where words or pictures speak of no domain.
        dropped: how many tags were dropped, by the reason, commonest first.
    """

    photos: int
    photos_used: int
    tags: int
    kept: int
    meaning: int
    sufficient: bool
    domains: tuple[WordInterest, ...]
    agreement: Agreement | None
    dropped: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoCounts:
    """total = used + failed + duplicates."""

    total: int
    used: int
    failed: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A photo with the same bytes as another, counted once."""

    photo_id: str
    same_as: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What one person's pictures say they care about.

    Attributes:
        sufficient: whether there were at least `minimum_photos` usable photos.
        unassigned: the part of the photos' weight whose labels have no domain.
        words: what the photos' tags say, where they have any and that was asked for.
    """

    user_id: str | None
    photos: PhotoCounts
    model: ModelFacts
    generaliser: str
    taxonomy: str
    aggregation: Aggregation
    minimum_photos: int
    sufficient: bool
    domains: tuple[Interest, ...]
    failures: tuple[Failure, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    unassigned: float = 0.0
    provenance: dict[str, str] = field(default_factory=dict)
    words: TagProfile | None = None
