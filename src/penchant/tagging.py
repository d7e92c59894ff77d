"""Photos and what their tags mean, joined: reference profiles of one person or of many.

    photos ──> semantics.tags (or the study's dictionary) ──> PhotoTags ──> TagProfiles

Two protocols. `default`: a photo's tags are cleaned together and explain one another; a photo gives its domains one
vote in all, whatever the number of its tags. `paper`: the 2018 study's way. Misspelt words, words about the photograph
and stop words are dropped; each remaining word that the dictionary has gives one count to every domain of its key
senses (of its first sense, where none is key: the study leaves that open).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from penchant.profiles.tagged import PhotoTags, TagProfiles, add_up_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from penchant.semantics.ontology import Ontology
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.taxonomy import Taxonomy
    from penchant.types import Photo

Protocol: TypeAlias = Literal["default", "paper"]

_RUN_TOGETHER = "glued"  # goldengatebridge: a word that the study's spelling check would not have known


def tag_profiles(
    photos: Sequence[Photo],
    ontology: Ontology,
    *,
    protocol: Protocol = "default",
    paper: PaperGeneraliser | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> TagProfiles:
    """The reference profile of each user, from the tags of their photos.

    Args:
        photos: of one person or of many.
        ontology: the lexicon and the taxonomy that tags are understood with.
        protocol: see the module.
        paper: whose dictionary the paper protocol asks; by default the ontology's own lexicon.
        on_progress: told how many photos are done.
    """
    read = photo_tags(photos, ontology, protocol=protocol, paper=paper, on_progress=on_progress)
    return add_up_tags([photo.user_id for photo in photos], read)


def photo_tags(
    photos: Sequence[Photo],
    ontology: Ontology,
    *,
    protocol: Protocol = "default",
    paper: PaperGeneraliser | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> PhotoTags:
    """What the tags of each photo mean: rows sum to 1 (default), or count words (paper); arguments as `tag_profiles`.

    A bag of tags, resp. a tag, that stands with several photos is understood once.
    """
    bags = [photo.tags for photo in photos]
    if protocol == "paper":
        return _by_dictionary(bags, ontology, paper, on_progress)
    return _together(bags, ontology, on_progress)


def _together(
    bags: Sequence[tuple[str, ...]], ontology: Ontology, on_progress: Callable[[int], None] | None
) -> PhotoTags:
    from penchant.semantics.tags import TagReader
    from penchant.semantics.tags.bulk import REASONS, read_bags

    place: dict[tuple[str, ...], int] = {}
    rows = np.fromiter((place.setdefault(bag, len(place)) for bag in bags), np.int64, len(bags))
    read = read_bags(TagReader(ontology), list(place), on_progress=on_progress)
    reasons = read.reasons[rows]
    kept = reasons[:, [reason.kept for reason in REASONS]].sum(axis=1)
    counts = np.stack([reasons.sum(axis=1), kept, read.meaning[rows]], axis=1)
    total = dict(zip(REASONS, reasons.sum(axis=0).tolist(), strict=True))
    dropped = Counter({reason.value: count for reason, count in total.items() if count and not reason.kept})
    return _photo_tags(read.domains[rows], counts, dropped)


def _by_dictionary(
    bags: Sequence[tuple[str, ...]],
    ontology: Ontology,
    paper: PaperGeneraliser | None,
    on_progress: Callable[[int], None] | None,
) -> PhotoTags:
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.tags import TagCleaner

    cleaner = TagCleaner(ontology.lexicon)
    dictionary = paper or PaperGeneraliser(ontology)
    column = _columns(dictionary.taxonomy)
    weights = np.zeros((len(bags), len(column)))
    counts = np.zeros((len(bags), 3), np.int64)
    dropped: Counter[str] = Counter()
    known: dict[str, tuple[str | None, tuple[int, ...]]] = {}
    for row, bag in enumerate(bags):
        counts[row, 0] = len(bag)
        for tag in bag:
            found = known.get(tag)
            if found is None:
                clean = cleaner.clean(tag)
                if clean.kept and clean.step != _RUN_TOGETHER:
                    found = None, tuple(column[code] for code, _ in dictionary.word_domains(clean.word))
                else:
                    found = "misspelt" if clean.kept else clean.reason.value, ()
                known[tag] = found
            reason, domains = found
            if reason is not None:
                dropped[reason] += 1
                continue
            counts[row, 1] += 1
            counts[row, 2] += bool(domains)
            for domain in domains:
                weights[row, domain] += 1
        if on_progress is not None and row % 256 == 0:
            on_progress(row)
    return _photo_tags(weights, counts, dropped)


def _columns(taxonomy: Taxonomy) -> dict[str, int]:
    return {domain.code: place for place, domain in enumerate(taxonomy.domains)}


def _photo_tags(weights: NDArray[np.float64], counts: NDArray[np.int64], dropped: Counter[str]) -> PhotoTags:
    return PhotoTags(weights, counts[:, 0], counts[:, 1], counts[:, 2], dict(sorted(dropped.items())))
